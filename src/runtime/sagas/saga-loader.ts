import { decodeFact } from '../../codec/mod.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { SagaState } from '../../domain/saga-state.ts';
import { type SagaAdvanced, sagaRecordId, sagaStreamOf } from '../../domain/sagas.ts';
import type { EventLog, StoredRecord } from '../../ports/event-log.ts';
import type { SagaDefinition } from '../../ports/saga.ts';
import type { SagaChart } from './saga-chart.ts';
import { foldSaga, unbornSaga } from './saga-folding.ts';
import { SAGA_SNAPSHOT_SCHEMA, stateIn } from './saga-snapshot.ts';

/** A kind of saga, ready to run. */
export type SagaKind = { readonly definition: SagaDefinition; readonly chart: SagaChart };

/** The saga that a record of the log is a step of. Throws RECORD_UNREADABLE where it is none. */
export function sagaFactOf(record: StoredRecord): SagaAdvanced {
  const fact = decodeFact(record.type, record.body);
  if (fact.type === 'SagaAdvanced') return fact;
  throw new PalisadeError('RECORD_UNREADABLE', `Cannot fold a ${fact.type} into a saga as it is no step of one.`);
}

/**
 * A saga folded from its stream: from its newest snapshot, so that a history costs a bounded number of steps. One that
 * was never started is told without a look at the log's files. Rejects with LOG_ errors, or RECORD_UNREADABLE.
 */
export async function loadSaga(
  log: Pick<EventLog, 'mayHaveRecord' | 'readImage'>,
  { definition, chart }: SagaKind,
  id: string,
): Promise<SagaState> {
  const { kind } = definition;
  const stream = sagaStreamOf(kind, id);
  const unborn = unbornSaga(kind, id);
  if (!log.mayHaveRecord(sagaRecordId(kind, id, 0))) return unborn;
  const image = await log.readImage(stream, SAGA_SNAPSHOT_SCHEMA);
  const fold = (state: SagaState, record: StoredRecord): SagaState => foldRecord(state, record, definition, chart);
  const kept = image.snapshot === null ? unborn : stateIn(image.snapshot);
  if (kept !== null) return image.records.reduce(fold, kept);
  return (await log.readImage(stream, NO_SNAPSHOT)).records.reduce(fold, unborn);
}

/** The sagas about an entity that were started, those of the kinds that concern it. Rejects as `loadSaga` does. */
export async function sagasAbout(
  log: EventLog,
  kinds: Iterable<SagaKind>,
  concern: string,
  id: string,
): Promise<readonly SagaState[]> {
  const concerned = [...kinds].filter(({ definition }) => definition.concerns === concern);
  const states = await Promise.all(concerned.map((kind) => loadSaga(log, kind, id)));
  return states.filter(({ run }) => run > 0);
}

/** A schema that no snapshot has: with it the log answers the whole stream. */
const NO_SNAPSHOT = 'none';

/** The saga after one record of its stream, which another kind may have put there. */
export function foldRecord(
  state: SagaState,
  record: StoredRecord,
  definition: SagaDefinition,
  chart: SagaChart,
): SagaState {
  const fact = sagaFactOf(record);
  const stream = sagaStreamOf(state.kind, state.id);
  const revision = record.streams.find((entry) => entry.stream === stream)?.revision ?? state.revision + 1;
  const fenceRevision = record.streams.find((entry) => entry.stream !== stream)?.revision ?? state.fenceRevision;
  if (fact.saga === state.kind) return { ...foldSaga(state, fact, revision, record.position), fenceRevision };
  const event = definition.absorb?.(fact) ?? null;
  const status = (event === null ? null : chart.next(state.status, event)) ?? state.status;
  return { ...state, status, revision, updatedAtMs: Date.parse(fact.recordedAt) };
}
