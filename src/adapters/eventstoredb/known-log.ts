import type { Position, Revision, StreamName } from '../../domain/entities.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import type { EventStoreConnection } from './connection.ts';
import type { EntityStreams } from './entity-streams.ts';
import { hashOfId, IdTable } from './id-table.ts';
import { RecentMap } from './recent-map.ts';
import { type JournalRecord, journalRecord } from './record-events.ts';
import type { UnindexedRecords } from './unindexed-records.ts';

const RECENT_RECORDS = 8192;
/** Events of the journal that are asked for at once. */
const PAGE_EVENTS = 512;
const HASH_OF_NONE = 1;

/** Hears of records of others in their order, and who wrote the last of them. */
export type OnForeign = (records: readonly StoredRecord[], lastWriter: string) => void;

/** What this process knows of the log: its head, its ids, and where its streams stand. */
export class KnownLog {
  readonly ids = new IdTable();
  /** Hashes of the ids that are in no stored segment yet, by position. */
  readonly newHashes: number[] = [];
  readonly #connection: EventStoreConnection;
  readonly #journal: string;
  readonly #streams: EntityStreams;
  readonly #unindexed: UnindexedRecords;
  readonly #recent = new RecentMap<string, StoredRecord>(RECENT_RECORDS);
  readonly #heads: RecentMap<StreamName, Revision>;
  #head: Position = 0;
  /** Position up to which every record was in its streams when the log was opened. */
  #indexedBefore: Position = 0;

  constructor(
    parts: {
      readonly connection: EventStoreConnection;
      readonly journal: string;
      readonly streams: EntityStreams;
      readonly unindexed: UnindexedRecords;
    },
    knownRevisionLimit: number,
  ) {
    this.#connection = parts.connection;
    this.#journal = parts.journal;
    this.#streams = parts.streams;
    this.#unindexed = parts.unindexed;
    this.#heads = new RecentMap(knownRevisionLimit);
  }

  /** Position of the newest record that this process knows. */
  get head(): Position {
    return this.#head;
  }

  /** Takes the ids of a stored segment: positions that follow the head, whose records are not looked at. */
  takeIds(hashes: Iterable<number>): void {
    for (const hash of hashes) this.ids.add(hash, ++this.#head);
  }

  /** Takes the record after the head, which `writer` wrote. */
  take(record: StoredRecord, writer: string): void {
    // Retention may have taken what lay between.
    while (this.#head + 1 < record.position) {
      this.#head++;
      this.newHashes.push(HASH_OF_NONE);
    }
    this.#head = record.position;
    const hash = hashOfId(record.recordId);
    this.ids.add(hash, record.position);
    this.newHashes.push(hash);
    this.#recent.set(record.recordId, record);
    for (const { stream, revision } of record.streams) this.#heads.set(stream, revision);
    if (record.position > this.#indexedBefore) this.#unindexed.add(record, writer, Date.now());
  }

  /** Reads the records after a position whose ids are known already: they may be missing in their streams. */
  async readUnindexed(indexed: Position): Promise<void> {
    this.#indexedBefore = indexed;
    for (let after = indexed; after < this.#head; ) {
      const count = Math.min(PAGE_EVENTS, this.#head - after);
      const page = await this.#connection.read(this.#journal, { revision: BigInt(after) }, count);
      for (const { event } of page ?? []) {
        if (event === undefined) continue;
        const { record, writer } = journalRecord(event);
        this.#unindexed.add(record, writer, 0);
      }
      if (page === null || page.length < count) return;
      after += count;
    }
  }

  /** Takes what others wrote after the head. `onRecords` hears of it. */
  takeForeign(found: readonly JournalRecord[], onRecords: OnForeign): void {
    if (found.length === 0) return;
    for (const { record, writer } of found) this.take(record, writer);
    onRecords(
      found.map(({ record }) => record),
      found.at(-1)?.writer ?? '',
    );
  }

  /** Reads what others wrote after the head. `onRecords` hears of it. Rejects as `read` of a connection does. */
  async catchUp(onRecords: OnForeign): Promise<void> {
    for (;;) {
      const page = await this.#connection.read(this.#journal, { revision: BigInt(this.#head) }, PAGE_EVENTS);
      const found = (page ?? []).flatMap(({ event }) => (event === undefined ? [] : [journalRecord(event)]));
      this.takeForeign(found, onRecords);
      if (found.length < PAGE_EVENTS) return;
    }
  }

  /** Makes sure that `revisionOf` knows a stream. */
  async learn(stream: StreamName): Promise<void> {
    if (this.knownRevisionOf(stream) !== null) return;
    const { indexedRevision } = await this.#streams.place(stream);
    this.saw(stream, indexedRevision);
  }

  /** Takes note of a revision that a stream has. */
  saw(stream: StreamName, revision: Revision): void {
    const known = this.knownRevisionOf(stream) ?? -1;
    this.#heads.set(stream, Math.max(known, revision));
  }

  /** Last revision of a stream; null where this process does not know. */
  knownRevisionOf(stream: StreamName): Revision | null {
    return this.#heads.get(stream) ?? this.#unindexed.revisionOf(stream);
  }

  /** The record with this id, where it is among the newest. */
  recent(recordId: string): StoredRecord | null {
    return this.#recent.get(recordId) ?? null;
  }

  mayHaveRecord(recordId: string): boolean {
    return this.ids.has(hashOfId(recordId));
  }

  /** The record with this id, or null. Rejects as `read` of a connection does. */
  async find(recordId: string): Promise<StoredRecord | null> {
    const recent = this.recent(recordId);
    if (recent !== null) return recent;
    for (const position of this.ids.positionsOf(hashOfId(recordId))) {
      const page = await this.#connection.read(this.#journal, { revision: BigInt(position - 1) }, 1);
      const event = page?.[0]?.event;
      const record = event === undefined ? null : journalRecord(event).record;
      if (record?.recordId === recordId && record.position === position) return record;
    }
    return null;
  }

  /** Up to `maxCount` records after a position, as far as the head. */
  async readAll(after: Position, maxCount: number): Promise<readonly StoredRecord[]> {
    const count = Math.min(maxCount, this.#head - after);
    if (count <= 0) return [];
    const page = await this.#connection.read(this.#journal, { revision: BigInt(Math.max(0, after)) }, count);
    return (page ?? []).flatMap(({ event }) => (event === undefined ? [] : [journalRecord(event).record]));
  }
}
