import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Position } from '../../domain/entities.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import { checksumOf, RecordRows } from './record-rows.ts';
import { numberIn } from './row.ts';

const COLUMNS = 6;
/** Rows per INSERT: saves a third of the CPU time of a row at a time; more saves nothing further (measured). */
const ROWS_PER_INSERT = 8;
/** The body comes as the bytes of a text. */
const PLACES = '(?, ?, ?, ?, CAST(? AS TEXT), ?)';

/** The records: one row each, with a checksum over every field, and nothing else on the commit path. */
export class RecordTable extends RecordRows {
  readonly #insertOne: StatementSync;
  readonly #insertMany: StatementSync;
  readonly #read: StatementSync;
  readonly #head: StatementSync;
  #waiting: (string | number | Uint8Array)[] = [];

  constructor(connection: DatabaseSync, path: string) {
    super(connection, path);
    const places = Array(ROWS_PER_INSERT).fill(PLACES).join(', ');
    this.#insertOne = connection.prepare(`INSERT INTO records VALUES ${PLACES}`);
    this.#insertMany = connection.prepare(`INSERT INTO records VALUES ${places}`);
    this.#read = connection.prepare('SELECT * FROM records WHERE position = ?');
    this.#head = connection.prepare('SELECT max(position) AS head FROM records');
  }

  /** Position of the last record, 0 where there is none. */
  head(): Position {
    const row = this.#head.get();
    return row === undefined || row.head === null ? 0 : numberIn(row, 'head');
  }

  /**
   * Adds a row to the open transaction, at the latest with `insertRest`. `streams`: as `encodeStreams` writes it;
   * `body`: UTF-8.
   */
  insert(position: Position, recordId: string, type: string, streams: string, body: Uint8Array): void {
    const checksum = checksumOf(position, recordId, type, streams, body);
    this.#waiting.push(position, recordId, type, streams, body, checksum);
    if (this.#waiting.length < COLUMNS * ROWS_PER_INSERT) return;
    this.#insertMany.run(...this.#waiting);
    this.#waiting.length = 0;
  }

  /** Adds the rows that wait for company. */
  insertRest(): void {
    for (let from = 0; from < this.#waiting.length; from += COLUMNS) {
      this.#insertOne.run(...this.#waiting.slice(from, from + COLUMNS));
    }
    this.#waiting.length = 0;
  }

  /** The record at a position that has one. Errors: LOG_CORRUPT with details.position. */
  read(position: Position): StoredRecord {
    if (this.#waiting.length > 0) this.insertRest();
    const row = this.#read.get(position);
    if (row === undefined) throw this.damageAt(position);
    return this.decode(row, position);
  }
}

/** Streams and their revisions as a flat JSON array: readable by SQLite's JSON functions. */
export function encodeStreams(streams: readonly (string | number)[]): string {
  return JSON.stringify(streams);
}
