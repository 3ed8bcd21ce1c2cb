import { encodeFact } from '../../codec/mod.ts';
import { NO_STREAM, type Position } from '../../domain/entities.ts';
import { type SagaAdvanced, sagaRecordId, sagaStreamOf } from '../../domain/sagas.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { SagaIndex, SagaRow } from '../../ports/saga-index.ts';
import { rowOf, rowOfFact } from './saga-handle.ts';
import { loadSaga, type SagaKind, sagaFactOf } from './saga-loader.ts';

const PAGE_RECORDS = 1_000;

/** Where the sagas stand at the end of the log. */
export type CaughtUp = {
  /** The open sagas, and those that ended since the index was written. */
  readonly rows: readonly SagaRow[];
  /** Rows that the index does not have yet. */
  readonly changed: readonly SagaRow[];
  /** Every fact up to here was taken into account: where to go on. */
  readonly followedPosition: Position;
};

/**
 * Brings the index up to the end of the log: O(open sagas, and records since it was written). Without an index the
 * whole log is read, and the records of the sagas tell how far it had been followed. The first time of all, what was
 * decided before counts as seen: sagas are for what comes, and a record says so.
 */
export async function catchUp(
  log: EventLog,
  index: SagaIndex,
  kinds: ReadonlyMap<string, SagaKind>,
  nowMs: number,
): Promise<CaughtUp> {
  const image = await index.load();
  const rows = new Map(image.rows.map((row) => [`${row.kind}\n${row.id}`, row]));
  const changed = new Map<string, SagaRow>();
  const fenced = new Set<string>();
  let followedPosition = image.position;
  let after = image.position;
  let isFirst = image.position === 0;
  for (;;) {
    const records = await log.readAll(after, PAGE_RECORDS);
    for (const record of records) {
      after = record.position;
      if (record.type !== 'SagaAdvanced') continue;
      const fact = sagaFactOf(record);
      const stream = sagaStreamOf(fact.saga, fact.sagaId);
      const revision = record.streams.find((entry) => entry.stream === stream)?.revision ?? 0;
      followedPosition = Math.max(followedPosition, fact.followedPosition);
      isFirst = false;
      if (!kinds.has(fact.saga)) continue;
      changed.set(`${fact.saga}\n${fact.sagaId}`, rowOfFact(fact, revision, record.position));
      const fencedBy = kinds.get(fact.saga)?.definition.fencedBy;
      if (fencedBy !== undefined && record.streams.length > 1) fenced.add(`${fencedBy}\n${fact.sagaId}`);
    }
    if (records.length < PAGE_RECORDS) break;
  }
  for (const name of fenced) {
    const [kind = '', ...id] = name.split('\n');
    const known = kinds.get(kind);
    if (known !== undefined) changed.set(name, rowOf(await loadSaga(log, known, id.join('\n'))));
  }
  for (const [name, row] of changed) rows.set(name, row);
  if (isFirst) followedPosition = await markBeginning(log, after, nowMs);
  return { rows: [...rows.values()], changed: [...changed.values()], followedPosition };
}

/** Puts down in the log from where on sagas are started; it holds whatever becomes of an index. */
async function markBeginning(log: EventLog, followedPosition: Position, nowMs: number): Promise<Position> {
  const fact: SagaAdvanced = {
    type: 'SagaAdvanced',
    saga: 'runner',
    sagaId: 'runner',
    run: 1,
    recordedAt: new Date(nowMs).toISOString(),
    stimulus: { type: 'timer', name: 'beginning' },
    event: '',
    status: 'following',
    data: {},
    effects: [],
    changes: [],
    timers: [],
    undoing: null,
    escalation: '',
    followedPosition,
    summary: {
      isOpen: false,
      openedAtMs: nowMs,
      triggerCount: 0,
      attempts: 0,
      isEscalated: false,
      dueAtMs: null,
      dueAfterMs: 0,
      pending: [],
    },
  };
  await log.append({
    recordId: sagaRecordId('runner', 'runner', 0),
    type: fact.type,
    body: encodeFact(fact),
    streams: [{ stream: sagaStreamOf('runner', 'runner'), expectedRevision: NO_STREAM }],
  });
  return followedPosition;
}
