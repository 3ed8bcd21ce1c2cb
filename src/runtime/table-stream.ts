import { decodeFact, encodeFact, epochMsOf } from '../codec/mod.ts';
import { NO_STREAM, type Revision } from '../domain/entities.ts';
import { isPalisadeError, PalisadeError } from '../domain/errors.ts';
import type { TableRow } from '../domain/events.ts';
import type { TableRowRecorded } from '../domain/records.ts';
import { tableStreamOf } from '../domain/tables.ts';
import type { EventLog, StoredRecord } from '../ports/event-log.ts';
import { type AsOfTable, rowValues } from '../tables/mod.ts';

const PAGE_RECORDS = 1000;

/** Times that a row is appended anew after another writer won, before the caller is told. */
const CONFLICT_RETRIES_MAX = 5;

/** The row of a record of a table's stream. Throws RECORD_UNREADABLE where it holds none. */
export function rowRecordOf(record: StoredRecord): TableRowRecorded {
  const fact = decodeFact(record.type, record.body);
  if (fact.type === 'TableRowRecorded') return fact;
  throw new PalisadeError('RECORD_UNREADABLE', `Cannot use a ${fact.type} as a row of a table. Report this.`);
}

/**
 * The stream of one table: appends its rows, many under way at a time, and lets them count in the tables that follow it
 * once they are durable, in the order of the stream.
 */
export class TableStream {
  readonly #log: EventLog;
  readonly #stream: string;
  readonly #followers = new Set<AsOfTable>();
  readonly #underWay = new Set<Promise<unknown>>();
  /** Rows that are durable, where one before them is not known to be. */
  readonly #durable = new Map<Revision, TableRow>();
  #isLoaded = false;
  #confirmed: Revision = NO_STREAM;
  #expected: Revision = NO_STREAM;
  #isBroken = false;
  #recovery: Promise<void> | null = null;

  constructor(log: EventLog, name: string) {
    this.#log = log;
    this.#stream = tableStreamOf(name);
  }

  /** Rows that are not known to be durable yet. */
  get underWayCount(): number {
    return this.#underWay.size;
  }

  /** Reads the stream into a new table, which then follows it. O(rows ever recorded). Rejects with LOG_ errors. */
  async follow(table: AsOfTable): Promise<void> {
    let page = this.#readPage(table.revision + 1);
    for (;;) {
      const records = await page;
      // The log reads the next page while this one is decoded.
      if (records.length === PAGE_RECORDS) page = this.#readPage(table.revision + 1 + PAGE_RECORDS);
      for (const record of records) applyTo(table, table.revision + 1, rowRecordOf(record).row);
      if (records.length === PAGE_RECORDS) continue;
      if (table.revision >= this.#confirmed) break;
      page = this.#readPage(table.revision + 1);
    }
    if (!this.#isLoaded) {
      this.#isLoaded = true;
      this.#confirmed = table.revision;
      this.#expected = table.revision;
    }
    this.#followers.add(table);
  }

  /** Ends what `follow` began. */
  leave(table: AsOfTable): void {
    this.#followers.delete(table);
  }

  /** Up to `maxCount` rows from a revision on, oldest first, of those that count. */
  async read(fromRevision: Revision, maxCount: number): Promise<readonly (readonly [Revision, TableRowRecorded])[]> {
    const records = await this.#log.readStream(this.#stream, fromRevision, maxCount);
    return records
      .map((record, index) => [fromRevision + index, rowRecordOf(record)] as const)
      .filter(([revision]) => revision <= this.#confirmed);
  }

  /**
   * Appends a row; it counts when this resolves. Rejects with LOG_RECORD_EXISTS where the id was used before,
   * ACTOR_CONFLICT where other writers keep winning, or another LOG_ error.
   */
  async append(recordId: string, row: TableRow, recordedAt: string): Promise<void> {
    const fact: TableRowRecorded = { type: 'TableRowRecorded', row, recordedAt };
    const record = { recordId, type: fact.type, body: encodeFact(fact) };
    for (let attempt = 0; ; attempt++) {
      while (this.#isBroken) await this.#recover();
      this.#expected += 1;
      const revision = this.#expected;
      const streams = [{ stream: this.#stream, expectedRevision: revision - 1 }];
      const appended = this.#log.append({ ...record, streams });
      this.#underWay.add(appended);
      try {
        await appended;
        this.#confirm(revision, row);
        return;
      } catch (error) {
        this.#isBroken = true;
        if (!isPalisadeError(error, 'LOG_REVISION_CONFLICT')) throw error;
        if (attempt >= CONFLICT_RETRIES_MAX) throw conflictOf(attempt + 1, error);
      } finally {
        this.#underWay.delete(appended);
      }
    }
  }

  #readPage(fromRevision: Revision): Promise<readonly StoredRecord[]> {
    return this.#log.readStream(this.#stream, fromRevision, PAGE_RECORDS);
  }

  #confirm(revision: Revision, row: TableRow): void {
    this.#durable.set(revision, row);
    for (let next = this.#durable.get(this.#confirmed + 1); next !== undefined; ) {
      this.#confirmed += 1;
      this.#durable.delete(this.#confirmed);
      for (const table of this.#followers) applyTo(table, this.#confirmed, next);
      next = this.#durable.get(this.#confirmed + 1);
    }
  }

  /** Goes on from what the log holds, once it is known what became of every row that is under way. */
  #recover(): Promise<void> {
    this.#recovery ??= this.#readOn().finally(() => {
      this.#recovery = null;
    });
    return this.#recovery;
  }

  async #readOn(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled([...this.#underWay]);
    this.#durable.clear();
    for (;;) {
      const records = await this.#readPage(this.#confirmed + 1);
      for (const record of records) this.#confirm(this.#confirmed + 1, rowRecordOf(record).row);
      if (records.length < PAGE_RECORDS) break;
    }
    this.#expected = this.#confirmed;
    this.#isBroken = false;
  }
}

/** A table that was read from the log may have a row before its append is answered. */
function applyTo(table: AsOfTable, revision: Revision, row: TableRow): void {
  if (revision <= table.revision) return;
  const values = row.columns === undefined ? null : rowValues(table.spec, row.columns);
  table.apply(row.key, { atMs: epochMsOf(row.occurredAt), revision, values });
}

function conflictOf(attempts: number, cause: unknown): PalisadeError {
  const message = `Cannot record the row as another writer won ${attempts} times. Try again.`;
  return new PalisadeError('ACTOR_CONFLICT', message, { cause });
}
