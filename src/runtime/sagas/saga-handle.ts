import type { SagaState } from '../../domain/saga-state.ts';
import type { SagaAdvanced, SagaStimulus } from '../../domain/sagas.ts';
import type { SagaRow } from '../../ports/saga-index.ts';
import { summaryOf } from './saga-folding.ts';

/** A stimulus that waits for its turn, and who is told what came of it. */
export type QueuedStimulus = {
  /** Null only looks at the stream anew. */
  stimulus: SagaStimulus | null;
  /** Earliest time to take it, ms since the epoch: what gathers waits for more. */
  notBeforeMs: number;
  readonly settled: ((outcome: StimulusOutcome) => void)[];
};

export type StimulusOutcome =
  | { readonly type: 'recorded'; readonly row: SagaRow }
  | { readonly type: 'nothing'; readonly row: SagaRow | null }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'failed'; readonly error: Error };

/** One open saga, or one that something came for. Its state may have left memory; the row is always there. */
export class SagaHandle {
  readonly kind: string;
  readonly id: string;
  row: SagaRow | null;
  state: SagaState | null = null;
  /** The state after a step that is not durable yet, and whose effects go out already; null where there is none. */
  ahead: SagaState | null = null;
  queue: QueuedStimulus[] = [];
  isBusy = false;
  /** When something of it is next due, as it stands among the deadlines. */
  dueAtMs: number | null = null;
  /** When its own next deadline is; infinite for never. */
  timerAtMs: number = Number.POSITIVE_INFINITY;
  /** Until when it is left alone after a step that failed. */
  restUntilMs = 0;
  /** Of its place among the deadlines: an older one is no longer meant. */
  dueVersion = 0;

  constructor(kind: string, id: string, row: SagaRow | null) {
    this.kind = kind;
    this.id = id;
    this.row = row;
  }
}

/**
 * Joins a trigger to one that waits already, so that a storm is few records. False where none waits, or where it came
 * from outside the log: such a one is told by its reference.
 */
export function gather(
  handle: SagaHandle,
  stimulus: SagaStimulus | null,
  settled: (outcome: StimulusOutcome) => void,
): boolean {
  if (stimulus?.type !== 'trigger' || stimulus.cause.position === 0) return false;
  for (const waiting of handle.queue) {
    const first = waiting.stimulus;
    if (first?.type !== 'trigger' || first.cause.position === 0) continue;
    waiting.stimulus = { ...stimulus, count: first.count + stimulus.count };
    waiting.settled.push(settled);
    return true;
  }
  return false;
}

/** The row of a saga. */
export function rowOf(state: SagaState): SagaRow {
  const { kind, id, run, status, revision, updatedAtMs, isOpen } = state;
  return { kind, id, run, status, revision, updatedAtMs, ...summaryOf(state), isOpen };
}

/** The row that a record makes, without the state before it; `position` is that of the record. */
export function rowOfFact(fact: SagaAdvanced, revision: number, position: number): SagaRow {
  const { saga: kind, sagaId: id, run, status, summary } = fact;
  const pending = summary.pending.map((each) => (each.position === 0 ? { ...each, position } : each));
  return { kind, id, run, status, revision, updatedAtMs: Date.parse(fact.recordedAt), ...summary, pending };
}
