import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import type { Position } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import { type LogDatabase, openDatabase } from './database.ts';
import { IndexDigest } from './index-digest.ts';
import { KeyHasher, RECORD_KEY, STREAM_KEY, storedLow } from './key-hasher.ts';
import { LOG_FILE } from './log-file.ts';
import { IndexDamage, NUMBERS_PER_SEGMENT, WORDS_PER_ENTRY } from './page-store.ts';
import { RecordAudit } from './record-audit.ts';
import { RecordTable } from './record-table.ts';
import { numberIn } from './row.ts';
import { positionOf, type Segment } from './segment.ts';
import { SegmentCatalog } from './segment-catalog.ts';
import { snapshotIn } from './snapshot-table.ts';
import { readFault } from './sqlite-faults.ts';

const PROBLEMS_KEPT = 100;
const RECORDS_PER_TURN = 2000;

/** Where the log is, and who wants to know how far the check is. */
export type VerifyOptions = {
  readonly directory: string;
  /** Called a few times a second with the records checked so far, and how many there are. */
  readonly onProgress?: (doneCount: number, totalCount: number) => void;
};

/** One thing that is wrong. Records are the truth; an index is built anew, a snapshot made again. */
export type VerifyProblem = {
  readonly kind: 'record' | 'index' | 'snapshot';
  /** Of the record it is about; null where it is about none. */
  readonly position: Position | null;
  readonly message: string;
};

/** What a check found. The log is whole where `problemCount` is 0; the first 100 problems are told. */
export type VerifyReport = {
  readonly headPosition: Position;
  readonly recordCount: number;
  readonly streamCount: number;
  readonly segmentCount: number;
  readonly snapshotCount: number;
  readonly problemCount: number;
  readonly problems: readonly VerifyProblem[];
};

/**
 * Checks a log that nobody has open: every checksum, positions and revisions without gaps, unique ids, the index
 * against the records, the snapshots. Changes no record. Errors as of opening it, LOG_LOCKED first of all. O(records),
 * about 30 s per million; memory O(ids and streams).
 */
export async function verifySqliteEventLog(options: VerifyOptions): Promise<VerifyReport> {
  const path = join(resolve(options.directory), LOG_FILE);
  if (!existsSync(path) && !existsSync(`${path}-wal`)) {
    const message = `Cannot check the event log as there is none: ${path}. Name the folder of a log.`;
    throw new PalisadeError('LOG_UNUSABLE', message);
  }
  const database = openDatabase(options.directory);
  try {
    return await new LogVerifier(database).run(options.onProgress ?? (() => {}));
  } catch (error) {
    throw readFault(database.path, error);
  } finally {
    database.close();
  }
}

class LogVerifier {
  readonly #database: LogDatabase;
  readonly #records: RecordTable;
  readonly #catalog: SegmentCatalog;
  readonly #hasher: KeyHasher;
  readonly #audit = new RecordAudit();
  readonly #problems: VerifyProblem[] = [];
  #problemCount = 0;
  #recordCount = 0;

  constructor(database: LogDatabase) {
    const { connection, path, hashSeed } = database;
    this.#database = database;
    this.#records = new RecordTable(connection, path);
    this.#catalog = new SegmentCatalog(connection);
    this.#hasher = new KeyHasher(hashSeed);
  }

  async run(onProgress: (doneCount: number, totalCount: number) => void): Promise<VerifyReport> {
    const head = this.#records.head();
    this.#guard('index', () => this.#catalog.load());
    await this.#checkRecords(head, onProgress);
    if (this.#catalog.toPosition > head) this.#report('record', head + 1, `The records after ${head} are missing`);
    return {
      headPosition: head,
      recordCount: this.#recordCount,
      streamCount: this.#audit.streamCount,
      segmentCount: this.#catalog.segments.length,
      snapshotCount: this.#checkSnapshots(),
      problemCount: this.#problemCount,
      problems: this.#problems,
    };
  }

  /** Walks the records, and each index segment when its last record has been seen. */
  async #checkRecords(head: Position, onProgress: (doneCount: number, totalCount: number) => void): Promise<void> {
    const read = this.#database.connection.prepare('SELECT * FROM records WHERE position = ?');
    const segments = [...this.#catalog.segments];
    let digest = new IndexDigest();
    for (let position = 1; position <= head; position++) {
      const record = this.#readRecord(read, position);
      if (record !== null) this.#checkRecord(record, digest);
      if (segments[0]?.facts.toPosition === position) {
        const segment = segments.shift();
        if (segment !== undefined) this.#guard('index', () => this.#checkSegment(segment, digest));
        digest = new IndexDigest();
      }
      if (position % RECORDS_PER_TURN !== 0 && position !== head) continue;
      onProgress(position, head);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #readRecord(read: StatementSync, position: Position): StoredRecord | null {
    try {
      const row = read.get(position);
      if (row === undefined) throw this.#records.damageAt(position);
      return this.#records.decode(row, position);
    } catch (error) {
      const fault = readFault(this.#database.path, error);
      if (fault.code !== 'LOG_CORRUPT') throw fault;
      this.#report('record', position, fault.message);
      return null;
    }
  }

  #checkRecord(record: StoredRecord, digest: IndexDigest): void {
    this.#recordCount++;
    for (const message of this.#audit.add(record)) this.#report('record', record.position, message);
    this.#hasher.hash(RECORD_KEY, record.recordId);
    digest.add(this.#hasher.high, storedLow(this.#hasher.low), record.position);
    for (const { stream } of record.streams) {
      this.#hasher.hash(STREAM_KEY, stream);
      digest.add(this.#hasher.high, storedLow(this.#hasher.low), record.position);
    }
  }

  #checkSegment({ facts, fences, filter }: Segment, wanted: IndexDigest): void {
    const found = new IndexDigest();
    let lastHigh = 0;
    for (let page = 0; page < facts.pageCount; page++) {
      const words = this.#catalog.pages.readOnce(facts.segment * NUMBERS_PER_SEGMENT + page);
      if (words[0] !== fences[page]) throw new IndexDamage(`fence ${page} of segment ${facts.segment}`);
      for (let at = 0; at < words.length; at += WORDS_PER_ENTRY) {
        const high = words[at] ?? 0;
        const middle = words[at + 1] ?? 0;
        if (high < lastHigh) throw new IndexDamage(`the order of page ${page} of segment ${facts.segment}`);
        if (!filter.has(high, middle >>> 16)) throw new IndexDamage(`the filter of segment ${facts.segment}`);
        found.add(high, middle >>> 16, positionOf(middle, words[at + 2] ?? 0));
        lastHigh = high;
      }
    }
    if (found.equals(wanted) && found.entryCount === facts.entryCount) return;
    throw new IndexDamage(`segment ${facts.segment}: its entries are not those of its records`);
  }

  #checkSnapshots(): number {
    let count = 0;
    this.#guard('snapshot', () => {
      for (const row of this.#database.connection.prepare('SELECT * FROM snapshots').iterate()) {
        count++;
        const snapshot = snapshotIn(row);
        if (snapshot === null)
          this.#report('snapshot', null, `The snapshot with key ${numberIn(row, 'key')} is damaged`);
        else if (snapshot.revision > this.#audit.revisionOf(snapshot.stream)) {
          this.#report('snapshot', null, `The snapshot of ${snapshot.stream} is ahead of it: ${snapshot.revision}`);
        }
      }
    });
    return count;
  }

  #guard(kind: 'index' | 'snapshot', check: () => void): void {
    try {
      check();
    } catch (error) {
      if (error instanceof IndexDamage) this.#report(kind, null, `The index is damaged: ${error.message}`);
      else this.#report(kind, null, readFault(this.#database.path, error).message);
    }
  }

  #report(kind: VerifyProblem['kind'], position: Position | null, message: string): void {
    this.#problemCount++;
    if (this.#problems.length < PROBLEMS_KEPT) this.#problems.push({ kind, position, message });
  }
}
