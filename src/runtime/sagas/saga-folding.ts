import { NO_STREAM, type Position, type Revision } from '../../domain/entities.ts';
import type { SagaState } from '../../domain/saga-state.ts';
import type { SagaAdvanced, SagaCause, SagaSummary } from '../../domain/sagas.ts';

/** How many causes without a position are remembered, to tell a repeat of one. */
const REFERENCES_KEPT = 32;

/** A saga before its first step. */
export function unbornSaga(kind: string, id: string): SagaState {
  return {
    kind,
    id,
    run: 0,
    status: '',
    isOpen: false,
    revision: NO_STREAM,
    fenceRevision: NO_STREAM,
    openedAtMs: 0,
    updatedAtMs: 0,
    data: {},
    effects: new Map(),
    timers: new Map(),
    undoing: null,
    triggerCount: 0,
    attempts: 0,
    isEscalated: false,
    causePosition: 0,
    references: [],
  };
}

/** Whether a cause was taken into account before. */
export function isHeard(state: SagaState, cause: SagaCause): boolean {
  return cause.position > 0 ? cause.position <= state.causePosition : state.references.includes(cause.reference);
}

/** The saga after one of its records. Pure; O(effects and timers of the run). `position` is 0 where not yet known. */
export function foldSaga(before: SagaState, fact: SagaAdvanced, revision: Revision, position: Position): SagaState {
  const isNewRun = fact.run !== before.run;
  const updatedAtMs = Date.parse(fact.recordedAt);
  const effects = new Map(isNewRun ? [] : before.effects);
  for (const effect of fact.effects) {
    effects.set(effect.step, {
      effect,
      state: 'pending',
      attempts: 0,
      retryAtMs: updatedAtMs,
      requestedAtMs: updatedAtMs,
      position,
    });
  }
  for (const { step, state, attempts, retryAtMs } of fact.changes) {
    const progress = effects.get(step);
    if (progress !== undefined) effects.set(step, { ...progress, state, attempts, retryAtMs });
  }
  const timers = new Map(isNewRun ? [] : before.timers);
  for (const { name, dueAtMs, afterMs } of fact.timers) {
    if (dueAtMs === null) timers.delete(name);
    else timers.set(name, { dueAtMs, afterMs });
  }
  const cause = causeOf(fact);
  const hasPosition = cause !== null && cause.position > 0;
  const { isOpen, openedAtMs, triggerCount, attempts, isEscalated } = fact.summary;
  return {
    kind: before.kind,
    id: before.id,
    run: fact.run,
    status: fact.status,
    isOpen,
    revision,
    fenceRevision: before.fenceRevision,
    openedAtMs,
    updatedAtMs,
    data: isNewRun ? fact.data : { ...before.data, ...fact.data },
    effects,
    timers,
    undoing: fact.undoing,
    triggerCount,
    attempts,
    isEscalated,
    causePosition: hasPosition ? Math.max(before.causePosition, cause.position) : before.causePosition,
    references:
      cause === null || hasPosition
        ? before.references
        : [...before.references, cause.reference].slice(-REFERENCES_KEPT),
  };
}

function causeOf({ stimulus }: SagaAdvanced): SagaCause | null {
  return stimulus.type === 'trigger' || stimulus.type === 'superseded' ? stimulus.cause : null;
}

/** What the index keeps of a saga. */
export function summaryOf(state: SagaState): SagaSummary {
  let dueAtMs: number | null = null;
  let dueAfterMs = 0;
  for (const timer of state.timers.values()) {
    if (dueAtMs !== null && dueAtMs <= timer.dueAtMs) continue;
    ({ dueAtMs, afterMs: dueAfterMs } = timer);
  }
  const pending = [...state.effects.values()]
    .filter((progress) => progress.state === 'pending' || progress.state === 'accepted')
    .map(({ effect, retryAtMs, position }) => ({
      step: effect.step,
      endpoint: effect.endpoint,
      retryAtMs,
      position,
    }));
  const { isOpen, openedAtMs, triggerCount, attempts, isEscalated } = state;
  return { isOpen, openedAtMs, triggerCount, attempts, isEscalated, dueAtMs, dueAfterMs, pending };
}
