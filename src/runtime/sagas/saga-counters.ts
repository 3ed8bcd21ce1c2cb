import { ATTEMPT_OUTCOMES, type AttemptOutcome, type SagaAdvanced } from '../../domain/sagas.ts';
import type { SagaStatistics } from '../../ports/saga-door.ts';
import type { SagaRow } from '../../ports/saga-index.ts';
import type { SagaHandle } from './saga-handle.ts';

type Counts = Record<string, number>;

/** What is counted by kind of saga, and attempts. */
type ByKindStatistics = Pick<
  SagaStatistics,
  'openByKind' | 'escalatedByKind' | 'oldestSecondsByKind' | 'endedByKind' | 'doneSecondsByKind' | 'attemptsByOutcome'
>;

/** Counts what the metrics page tells of sagas. */
export class SagaCounters {
  readonly #ended: Counts = {};
  readonly #doneSeconds: Counts = {};
  readonly #attempts: Counts = Object.fromEntries(ATTEMPT_OUTCOMES.map((outcome) => [outcome, 0]));

  attempted(outcome: AttemptOutcome): void {
    add(this.#attempts, outcome, 1);
  }

  /** A step was taken that led to this row. */
  advanced(row: SagaRow, fact: SagaAdvanced): void {
    if (row.isOpen || (fact.changes.length === 0 && fact.event === '')) return;
    add(this.#ended, row.kind, 1);
    add(this.#doneSeconds, row.kind, (row.updatedAtMs - row.openedAtMs) / 1e3);
  }

  /** O(open sagas). */
  report(handles: Iterable<SagaHandle>, nowMs: number): ByKindStatistics {
    const openByKind: Counts = {};
    const escalatedByKind: Counts = {};
    const oldestSecondsByKind: Counts = {};
    for (const { row } of handles) {
      if (row?.isOpen !== true) continue;
      add(openByKind, row.kind, 1);
      if (row.isEscalated) add(escalatedByKind, row.kind, 1);
      const ageS = Math.max(0, nowMs - row.openedAtMs) / 1e3;
      oldestSecondsByKind[row.kind] = Math.max(oldestSecondsByKind[row.kind] ?? 0, ageS);
    }
    return {
      openByKind,
      escalatedByKind,
      oldestSecondsByKind,
      endedByKind: { ...this.#ended },
      doneSecondsByKind: { ...this.#doneSeconds },
      attemptsByOutcome: { ...this.#attempts },
    };
  }
}

function add(counts: Counts, name: string, count: number): void {
  counts[name] = (counts[name] ?? 0) + count;
}
