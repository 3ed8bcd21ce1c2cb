import { encodeSagaState, parseSagaState } from '../../codec/mod.ts';
import type { SagaState } from '../../domain/saga-state.ts';
import { sagaStreamOf } from '../../domain/sagas.ts';
import type { StoredSnapshot } from '../../ports/event-log.ts';

/** What the bytes of a snapshot mean: another name for every change of the state or of how records are folded. */
export const SAGA_SNAPSHOT_SCHEMA = 'saga-1';
/** Steps after which a saga's snapshot is renewed: what a look at a saga has to fold at most. */
const SNAPSHOT_EVERY_STEPS = 64;

/** Whether the state after a durable step is to be kept. */
export function isSnapshotDue(before: SagaState, after: SagaState): boolean {
  return (
    Math.floor((after.revision + 1) / SNAPSHOT_EVERY_STEPS) > Math.floor((before.revision + 1) / SNAPSHOT_EVERY_STEPS)
  );
}

/** The state as the log keeps it. */
export function snapshotOf(state: SagaState): StoredSnapshot {
  const stream = sagaStreamOf(state.kind, state.id);
  const bytes = new TextEncoder().encode(encodeSagaState(state));
  return { stream, revision: state.revision, schema: SAGA_SNAPSHOT_SCHEMA, state: bytes };
}

/** The state in a snapshot; null where it cannot be used. */
export function stateIn(snapshot: StoredSnapshot): SagaState | null {
  return parseSagaState(new TextDecoder().decode(snapshot.state));
}
