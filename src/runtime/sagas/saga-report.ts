import type { SagaState } from '../../domain/saga-state.ts';
import { effectIdOf, sagaRecordId, sagaStreamOf } from '../../domain/sagas.ts';
import type { EventLog, StoredRecord } from '../../ports/event-log.ts';
import type { FollowUp, SagaEffectReport, SagaReport, SagaStepReport } from '../../ports/saga-door.ts';
import { isUnsettled } from './saga-draft.ts';
import { rowOf } from './saga-handle.ts';
import { loadSaga, type SagaKind, sagaFactOf, sagasAbout } from './saga-loader.ts';

/** Steps of a history that are told, the newest ones. */
const HISTORY_MAX = 500;

/** One saga in full, from its stream; null where it was never started, or no kind has the name. O(steps). */
export async function reportSaga(
  log: EventLog,
  kinds: ReadonlyMap<string, SagaKind>,
  name: string,
  id: string,
): Promise<SagaReport | null> {
  const kind = kinds.get(name);
  if (kind === undefined || !log.mayHaveRecord(sagaRecordId(name, id, 0))) return null;
  const state = await loadSaga(log, kind, id);
  if (state.run === 0) return null;
  const stream = sagaStreamOf(name, id);
  const from = Math.max(0, state.revision + 1 - HISTORY_MAX);
  const records = await log.readStream(stream, from, HISTORY_MAX);
  return {
    row: rowOf(state),
    data: state.data,
    effects: [...state.effects.values()].map((progress) => effectReport(state, progress)),
    timers: [...state.timers].map(([timer, { dueAtMs }]) => ({ name: timer, dueAt: new Date(dueAtMs).toISOString() })),
    history: records.map((record) => stepReport(record, stream)),
    diagram: kind.chart.diagram(state.status),
  };
}

/** The sagas that a payment has asked for, as their streams have them. Rejects as `loadSaga` does. */
export async function followUpsOn(
  log: EventLog,
  kinds: ReadonlyMap<string, SagaKind>,
  transactionId: string,
): Promise<readonly FollowUp[]> {
  const states = await sagasAbout(log, kinds.values(), 'transaction', transactionId);
  return states.map((state) => ({ row: rowOf(state), data: state.data }));
}

function effectReport(
  { kind, id, run }: SagaState,
  progress: SagaState['effects'] extends ReadonlyMap<string, infer Progress> ? Progress : never,
): SagaEffectReport {
  const { effect, state, attempts, retryAtMs } = progress;
  const isWaiting = isUnsettled(state) && retryAtMs !== null;
  return {
    step: effect.step,
    effectId: effectIdOf(kind, id, run, effect.step),
    endpoint: effect.endpoint,
    type: effect.type,
    state,
    attempts,
    nextAttemptAt: isWaiting ? new Date(retryAtMs).toISOString() : null,
  };
}

function stepReport(record: StoredRecord, stream: string): SagaStepReport {
  const fact = sagaFactOf(record);
  return {
    position: record.position,
    revision: record.streams.find((entry) => entry.stream === stream)?.revision ?? 0,
    run: fact.run,
    at: fact.recordedAt,
    stimulus: fact.stimulus,
    events: fact.event,
    status: fact.status,
    requested: fact.effects.map(({ step }) => step),
    escalation: fact.escalation,
  };
}
