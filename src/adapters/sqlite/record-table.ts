import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { Position } from '../../domain/entities.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import { numberIn, type Row, textIn } from './row.ts';
import { damageFault } from './sqlite-faults.ts';

const COLUMNS = 6;
/** Rows per INSERT: saves a third of the CPU time of a row at a time; more saves nothing further (measured). */
const ROWS_PER_INSERT = 8;
/** The body comes as the bytes of a text. */
const PLACES = '(?, ?, ?, ?, CAST(? AS TEXT), ?)';

/** The records: one row each, with a checksum over every field, and nothing else on the commit path. */
export class RecordTable {
  readonly #path: string;
  readonly #insertOne: StatementSync;
  readonly #insertMany: StatementSync;
  readonly #read: StatementSync;
  readonly #readAfter: StatementSync;
  readonly #head: StatementSync;
  #waiting: (string | number | Uint8Array)[] = [];

  constructor(connection: DatabaseSync, path: string) {
    const places = Array(ROWS_PER_INSERT).fill(PLACES).join(', ');
    this.#path = path;
    this.#insertOne = connection.prepare(`INSERT INTO records VALUES ${PLACES}`);
    this.#insertMany = connection.prepare(`INSERT INTO records VALUES ${places}`);
    this.#read = connection.prepare('SELECT * FROM records WHERE position = ?');
    this.#readAfter = connection.prepare('SELECT * FROM records WHERE position > ? ORDER BY position LIMIT ?');
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

  /** Up to `maxCount` records after a position. Errors: LOG_CORRUPT, also for a gap. */
  readAfter(position: Position, maxCount: number, head: Position): StoredRecord[] {
    const rows = this.#readAfter.all(position, maxCount);
    const expected = Math.min(maxCount, head - position);
    if (rows.length < expected) throw this.damageAt(this.#firstGap(rows, position));
    return rows.map((row, index) => this.decode(row, position + 1 + index));
  }

  /** A row as a record. Errors: LOG_CORRUPT where it is not the row that was written at the position. */
  decode(row: Row, position: Position): StoredRecord {
    const recordId = textIn(row, 'record_id');
    const type = textIn(row, 'type');
    const encoded = textIn(row, 'streams');
    const body = textIn(row, 'body');
    if (recordId === undefined || type === undefined || encoded === undefined || body === undefined) {
      throw this.damageAt(position);
    }
    const isSound = checksumOf(position, recordId, type, encoded, body) === numberIn(row, 'checksum');
    const streams = isSound ? decodeStreams(encoded) : null;
    if (streams === null || numberIn(row, 'position') !== position) throw this.damageAt(position);
    return { position, recordId, type, body, streams };
  }

  /** The error for the record at a position. */
  damageAt(position: Position): Error {
    return damageFault(this.#path, `the record at position ${position}`, { position });
  }

  #firstGap(rows: readonly Row[], after: Position): Position {
    const index = rows.findIndex((row, each) => numberIn(row, 'position') !== after + 1 + each);
    return after + 1 + (index === -1 ? rows.length : index);
  }
}

/** CRC-32 over all fields; the lengths keep one field's text from passing for another's. */
function checksumOf(
  position: Position,
  recordId: string,
  type: string,
  streams: string,
  body: string | Uint8Array,
): number {
  const lengths = `${position} ${recordId.length} ${type.length} ${streams.length} `;
  return crc32(body, crc32(lengths + recordId + type + streams));
}

/** Streams and their revisions as a flat JSON array: readable by SQLite's JSON functions. */
export function encodeStreams(streams: readonly (string | number)[]): string {
  return JSON.stringify(streams);
}

function decodeStreams(text: string): StoredRecord['streams'] | null {
  const flat: unknown = JSON.parse(text);
  if (!Array.isArray(flat)) return null;
  const streams: { stream: string; revision: number }[] = [];
  for (let index = 0; index < flat.length; index += 2) {
    const stream: unknown = flat[index];
    const revision: unknown = flat[index + 1];
    if (typeof stream !== 'string' || typeof revision !== 'number') return null;
    streams.push({ stream, revision });
  }
  return streams;
}
