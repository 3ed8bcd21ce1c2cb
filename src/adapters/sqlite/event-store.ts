import type { StatementSync } from 'node:sqlite';
import { NO_STREAM, type Position, type Revision, type StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { StoredRecord, StoredSnapshot, StreamImage } from '../../ports/event-log.ts';
import type { LogDatabase } from './database.ts';
import { baselessError, conflictError, type Draft, existsError, isSame, revisionIn } from './draft.ts';
import { draftsIn } from './draft-batch.ts';
import { KeyHasher } from './key-hasher.ts';
import { type AppendException, type CommitReport, type DraftBatch, imageOf } from './messages.ts';
import { IndexDamage } from './page-store.ts';
import { RecordIndex } from './record-index.ts';
import { encodeStreams, RecordTable } from './record-table.ts';
import { RefusedStreams } from './refused-streams.ts';
import { SegmentCatalog } from './segment-catalog.ts';
import { SnapshotTable } from './snapshot-table.ts';
import { damageFault, readFault, writeFault } from './sqlite-faults.ts';
import { StreamHeads } from './stream-heads.ts';

const LOAD_BATCH = 1024;
/** Entries that the index moves per slice at least: about half a millisecond. */
const SLICE_ENTRIES = 8192;
/** Entries to move per new record: seven keys through a handful of levels, with room to catch up. */
const ENTRIES_PER_RECORD = 64;
/** Bytes in the write-ahead log before it is folded into the main file: a few milliseconds of work. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;
/** A commit's share of pages that are written whole for a few bytes in them. */
const COMMIT_BYTES = 3 * 8192;
/** A record's bytes beside its body. */
const RECORD_BYTES = 256;

/** The log itself, synchronous: one instance owns one open file. Lives in the worker thread. */
export class EventStore {
  readonly index: RecordIndex;
  readonly #database: LogDatabase;
  readonly #records: RecordTable;
  readonly #snapshots: SnapshotTable;
  readonly #catalog: SegmentCatalog;
  readonly #heads: StreamHeads;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #refused = new RefusedStreams();
  #draftCount = 0;
  #head: Position = 0;
  #walBytes = 0;
  #sliceEntries = SLICE_ENTRIES;

  /** Loads what a restart needs: the filters, and the records that are not in a segment. Errors: LOG_CORRUPT. */
  constructor(database: LogDatabase, tailLimit: number, knownRevisionLimit: number) {
    const { connection, path, hashSeed } = database;
    const hasher = new KeyHasher(hashSeed);
    this.#database = database;
    this.#records = new RecordTable(connection, path);
    this.#snapshots = new SnapshotTable(connection, hasher);
    this.#catalog = new SegmentCatalog(connection);
    this.#heads = new StreamHeads(hasher, knownRevisionLimit);
    this.index = new RecordIndex(this.#catalog, hasher, this.#heads, tailLimit);
    this.#begin = connection.prepare('BEGIN IMMEDIATE');
    this.#commit = connection.prepare('COMMIT');
    this.#head = this.#records.head();
    this.#load(tailLimit);
  }

  get head(): Position {
    return this.#head;
  }

  /**
   * Stores the drafts that may be stored, in order, in one transaction, durable on return. Errors: LOG_FAILED, after
   * which nothing may be called but `close`.
   */
  commit(batches: readonly DraftBatch[]): CommitReport {
    const firstPosition = this.#head + 1;
    const exceptions: AppendException[] = [];
    let ordinal = 0;
    try {
      this.#begin.run();
      for (const batch of batches) {
        this.#refused.forget(batch.answeredCount);
        for (const draft of draftsIn(batch)) {
          const exception = this.#takeSafely(draft, ordinal++);
          if (exception !== null) exceptions.push(exception);
        }
      }
      this.#records.insertRest();
      const startMs = performance.now();
      this.#commit.run();
      const commitMs = performance.now() - startMs;
      this.#walBytes += COMMIT_BYTES;
      this.#sliceEntries = Math.max(SLICE_ENTRIES, ENTRIES_PER_RECORD * ordinal);
      return { draftCount: ordinal, firstPosition, exceptions, commitMs };
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  /** The record with this id, or null. Errors: LOG_CORRUPT; LOG_FAILED where the file cannot be read. */
  readRecord(recordId: string): StoredRecord | null {
    return this.#reading(() => this.#find(recordId));
  }

  /** Up to `maxCount` records of a stream from a revision on. Errors: as above. */
  readStream(stream: StreamName, from: Revision, maxCount: number): readonly StoredRecord[] {
    return this.#reading(() => {
      const count = Math.min(maxCount, this.#revisionOf(stream) - from + 1);
      return count > 0 ? this.#readForward(stream, from, count) : [];
    });
  }

  /** The newest snapshot of the schema and up to `maxCount` records after it. Errors: as above. */
  readImage(stream: StreamName, schema: string, maxCount: number): StreamImage {
    return this.#reading(() => {
      const revision = this.#revisionOf(stream);
      if (revision === NO_STREAM) return { snapshot: null, records: [], revision };
      const stored = this.#snapshots.read(stream, schema);
      const snapshot = stored !== null && stored.revision <= revision ? stored : null;
      const from = (snapshot?.revision ?? NO_STREAM) + 1;
      const count = revision - from + 1;
      if (count === 0) return { snapshot, records: [], revision };
      const isShort = count <= maxCount;
      const records = isShort ? this.#readBackward(stream, revision, count) : this.#readForward(stream, from, maxCount);
      return { snapshot, records, revision };
    });
  }

  /** Up to `maxCount` records after a position. Errors: as above. */
  readAll(after: Position, maxCount: number): readonly StoredRecord[] {
    return this.#reading(() => this.#records.readAfter(after, Math.min(maxCount, this.#head - after), this.#head));
  }

  /** Takes a snapshot; the background work stores it. */
  putSnapshot(snapshot: StoredSnapshot): void {
    this.#snapshots.put(snapshot);
  }

  get hasBackgroundWork(): boolean {
    return this.#snapshots.hasWork || this.index.hasWork || this.#walBytes >= CHECKPOINT_BYTES;
  }

  /**
   * A bounded piece of the work that no caller waits for: index, snapshots, checkpoint. Not synced: the next commit's
   * fsync covers it, and losing it costs nothing but to do it again. Errors: LOG_FAILED.
   */
  workInBackground(): void {
    try {
      if (this.#snapshots.hasWork || this.index.hasWork) {
        const writtenBytes = this.#catalog.writtenBytes;
        this.#unsynced(() => {
          this.#walBytes += this.#snapshots.writeSlice();
          this.index.work(this.#sliceEntries);
        });
        this.#walBytes += this.#catalog.writtenBytes - writtenBytes + COMMIT_BYTES;
      }
      if (this.#walBytes >= CHECKPOINT_BYTES) {
        this.#database.connection.exec('PRAGMA wal_checkpoint(PASSIVE)');
        this.#walBytes = 0;
      }
    } catch (error) {
      throw this.#failureOf(error);
    }
  }

  /** Stores waiting snapshots and lets go of the file. */
  close(): void {
    while (this.#snapshots.hasWork) this.#unsynced(() => this.#snapshots.writeSlice());
    this.#database.close();
  }

  #unsynced(work: () => void): void {
    const { connection } = this.#database;
    connection.exec('PRAGMA synchronous=NORMAL');
    this.#begin.run();
    work();
    this.#commit.run();
    connection.exec('PRAGMA synchronous=FULL');
  }

  /** Takes a draft; a damaged record in its way refuses this draft alone. */
  #takeSafely(draft: Draft, ordinal: number): AppendException | null {
    const draftNumber = this.#draftCount++;
    const verdict = this.#verdictOn(draft);
    if (verdict === null) return null;
    if (typeof verdict === 'number') return { ordinal, kind: 'repeated', position: verdict };
    this.#refused.add(draft.names, draftNumber);
    return { ordinal, kind: 'refused', error: imageOf(verdict) };
  }

  #verdictOn(draft: Draft): Position | PalisadeError | null {
    try {
      return this.#take(draft);
    } catch (error) {
      const fault = this.#faultOf(error);
      if (fault.code !== 'LOG_CORRUPT') throw error;
      return fault;
    }
  }

  /** Null: stored. A position: was stored before. An error: refused. */
  #take(draft: Draft): Position | PalisadeError | null {
    const { recordId, names, expected, answeredCount } = draft;
    const first = this.#find(recordId);
    if (first !== null) return isSame(first, draft) ? first.position : existsError(recordId, first.position);
    const heads: number[] = [];
    for (let index = 0; index < names.length; index++) {
      const stream = names[index] ?? '';
      const wanted = expected[index] ?? NO_STREAM;
      const head = this.#headOf(stream);
      const actual = head === -1 ? NO_STREAM : this.#heads.young.revision(head);
      if (actual !== wanted) return conflictError(recordId, stream, wanted, actual);
      if (names.indexOf(stream) < index) return conflictError(recordId, stream, wanted, actual + 1);
      if (this.#refused.has(stream, answeredCount)) return baselessError(recordId, stream, actual);
      heads.push(head);
    }
    this.#store(draft, heads);
    return null;
  }

  /** Stores a draft that passed; `heads` has -1 for a new stream. */
  #store({ recordId, type, body, names, expected }: Draft, heads: number[]): void {
    const position = this.#head + 1;
    const encoded: (string | number)[] = [];
    for (let index = 0; index < names.length; index++) {
      const stream = names[index] ?? '';
      const revision = (expected[index] ?? NO_STREAM) + 1;
      if (heads[index] === -1) heads[index] = this.#heads.add(stream, revision);
      else this.#heads.young.setRevision(heads[index] ?? 0, revision);
      encoded.push(stream, revision);
    }
    this.#records.insert(position, recordId, type, encodeStreams(encoded), body);
    this.index.tail.add(position, recordId, this.#heads.young, heads);
    this.#walBytes += body.length + RECORD_BYTES;
    this.#head = position;
  }

  #find(recordId: string): StoredRecord | null {
    if (!this.index.mayHaveRecord(recordId)) return null;
    for (const position of this.index.positionsOfRecord(recordId)) {
      const record = this.#records.read(position);
      if (record.recordId === recordId) return record;
    }
    return null;
  }

  /** The number of a stream's head, -1 where there is no such stream. */
  #headOf(stream: StreamName): number {
    const known = this.#heads.find(stream);
    if (known !== -1 || !this.index.mayHaveStream(stream)) return known;
    for (const position of this.index.positionsBackward(stream)) {
      const revision = revisionIn(this.#records.read(position), stream);
      if (revision !== NO_STREAM) return this.#heads.add(stream, revision);
    }
    return -1;
  }

  #revisionOf(stream: StreamName): Revision {
    const head = this.#headOf(stream);
    return head === -1 ? NO_STREAM : this.#heads.young.revision(head);
  }

  /** The newest `count` records of a stream, oldest first. */
  #readBackward(stream: StreamName, newest: Revision, count: number): StoredRecord[] {
    const records: StoredRecord[] = [];
    for (const position of this.index.positionsBackward(stream)) {
      const record = this.#records.read(position);
      const revision = revisionIn(record, stream);
      if (revision === NO_STREAM) continue;
      if (revision !== newest - records.length) break;
      if (records.push(record) === count) return records.reverse();
    }
    throw this.#missing(stream, newest - records.length);
  }

  #readForward(stream: StreamName, from: Revision, count: number): StoredRecord[] {
    const records: StoredRecord[] = [];
    for (const position of this.index.positionsForward(stream, from)) {
      const record = this.#records.read(position);
      const revision = revisionIn(record, stream);
      if (revision < from) continue;
      if (revision !== from + records.length) break;
      if (records.push(record) === count) return records;
    }
    throw this.#missing(stream, from + records.length);
  }

  #missing(stream: StreamName, revision: Revision): Error {
    return new IndexDamage(`the entry of revision ${revision} of stream ${stream}`);
  }

  #reading<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      throw this.#faultOf(error);
    }
  }

  /** The error that ends all writing, once the transaction it happened in is given up. */
  #failureOf(error: unknown): PalisadeError {
    const { connection, path } = this.#database;
    if (connection.isTransaction) connection.exec('ROLLBACK');
    if (!(error instanceof IndexDamage)) return writeFault(path, error);
    return new PalisadeError('LOG_FAILED', this.#reportDamage(error).message);
  }

  /** The error of one read. */
  #faultOf(error: unknown): PalisadeError {
    return error instanceof IndexDamage ? this.#reportDamage(error) : readFault(this.#database.path, error);
  }

  /** Asks the next start to build the index anew. */
  #reportDamage(damage: IndexDamage): PalisadeError {
    const { connection, path } = this.#database;
    connection.exec("INSERT OR REPLACE INTO settings VALUES ('rebuild_index', 1)");
    return new PalisadeError(
      'LOG_CORRUPT',
      `Cannot use the event log as ${damage.message} in its index is damaged or missing: ${path}. ` +
        'Start again: the index is then built anew from the records, which takes a second per 100 thousand.',
    );
  }

  #load(tailLimit: number): void {
    const { connection, path } = this.#database;
    const rebuild = connection.prepare("SELECT value FROM settings WHERE name = 'rebuild_index'").get();
    if (rebuild !== undefined || !this.#loadCatalog()) {
      this.#unsynced(() => {
        this.#catalog.clear();
        connection.exec("DELETE FROM settings WHERE name = 'rebuild_index'");
      });
    }
    if (this.#catalog.toPosition > this.#head) {
      throw damageFault(path, `the record at position ${this.#head + 1}`, { position: this.#head + 1 });
    }
    for (let position = this.#catalog.toPosition; position < this.#head; ) {
      for (const record of this.#records.readAfter(position, LOAD_BATCH, this.#head)) {
        const heads = record.streams.map(({ stream, revision }) => this.#moveHead(stream, revision));
        this.index.tail.add(record.position, record.recordId, this.#heads.young, heads);
        position = record.position;
      }
      if (this.index.tail.recordCount >= tailLimit) this.#unsynced(() => this.index.flushTail());
    }
  }

  #moveHead(stream: StreamName, revision: Revision): number {
    const head = this.#heads.find(stream);
    if (head === -1) return this.#heads.add(stream, revision);
    this.#heads.young.setRevision(head, revision);
    return head;
  }

  /** False where the stored index does not add up. */
  #loadCatalog(): boolean {
    try {
      this.#catalog.load();
      return true;
    } catch (error) {
      if (error instanceof IndexDamage) return false;
      throw error;
    }
  }
}
