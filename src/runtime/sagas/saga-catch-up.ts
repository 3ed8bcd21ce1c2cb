import { encodeFact } from '../../codec/mod.ts';
import { NO_STREAM, type Position } from '../../domain/entities.ts';
import { type SagaAdvanced, sagaRecordId, sagaStreamOf } from '../../domain/sagas.ts';
import type { EventLog, StoredRecord } from '../../ports/event-log.ts';
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
  /** Every record up to here is in the rows. */
  readonly readPosition: Position;
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
  const changes = new SagaChanges(kinds);
  let after = image.position;
  for (;;) {
    const records = await log.readAll(after, PAGE_RECORDS);
    changes.see(records);
    after = records.at(-1)?.position ?? after;
    if (records.length < PAGE_RECORDS) break;
  }
  const changed = await changes.take(log);
  for (const row of changed) rows.set(`${row.kind}\n${row.id}`, row);
  let followedPosition = Math.max(image.position, changes.followedPosition);
  if (image.position === 0 && changes.isEmpty) followedPosition = await markBeginning(log, after, nowMs);
  return { rows: [...rows.values()], changed, followedPosition, readPosition: after };
}

/** The rows that records of the log change, gathered from whoever wrote them. */
export class SagaChanges {
  readonly #kinds: ReadonlyMap<string, SagaKind>;
  readonly #changed = new Map<string, SagaRow>();
  /** Sagas whose stream another kind wrote to as well. */
  readonly #fenced = new Map<string, { readonly kind: SagaKind; readonly id: string }>();
  /** How far the log had been followed by what the records say. */
  followedPosition: Position = 0;
  /** Whether no record of a saga was seen. */
  isEmpty = true;

  constructor(kinds: ReadonlyMap<string, SagaKind>) {
    this.#kinds = kinds;
  }

  /** Takes records in, in the order of the log. Throws RECORD_UNREADABLE. */
  see(records: readonly StoredRecord[]): void {
    for (const record of records) if (record.type === 'SagaAdvanced') this.#see(record);
  }

  /** The rows that have changed since the last call. Rejects with LOG_ errors. */
  async take(log: EventLog): Promise<readonly SagaRow[]> {
    const fenced = [...this.#fenced.values()];
    this.#fenced.clear();
    for (const { kind, id } of fenced) {
      this.#changed.set(`${kind.definition.kind}\n${id}`, rowOf(await loadSaga(log, kind, id)));
    }
    const rows = [...this.#changed.values()];
    this.#changed.clear();
    return rows;
  }

  #see(record: StoredRecord): void {
    const fact = sagaFactOf(record);
    const { saga, sagaId: id } = fact;
    this.followedPosition = Math.max(this.followedPosition, fact.followedPosition);
    this.isEmpty = false;
    const definition = this.#kinds.get(saga)?.definition;
    if (definition === undefined) return;
    const stream = sagaStreamOf(saga, id);
    const revision = record.streams.find((entry) => entry.stream === stream)?.revision ?? 0;
    this.#changed.set(`${saga}\n${id}`, rowOfFact(fact, revision, record.position));
    const { fencedBy } = definition;
    const kind = fencedBy === undefined || record.streams.length < 2 ? undefined : this.#kinds.get(fencedBy);
    if (kind !== undefined) this.#fenced.set(`${fencedBy}\n${id}`, { kind, id });
  }
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
