import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { Position } from '../../domain/entities.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import { numberIn, type Row, textIn } from './row.ts';
import { damageFault } from './sqlite-faults.ts';

/** The records of a log as any connection reads them, each against its checksum. */
export class RecordRows {
  readonly #path: string;
  readonly #readAfter: StatementSync;

  constructor(connection: DatabaseSync, path: string) {
    this.#path = path;
    this.#readAfter = connection.prepare('SELECT * FROM records WHERE position > ? ORDER BY position LIMIT ?');
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
export function checksumOf(
  position: Position,
  recordId: string,
  type: string,
  streams: string,
  body: string | Uint8Array,
): number {
  const lengths = `${position} ${recordId.length} ${type.length} ${streams.length} `;
  return crc32(body, crc32(lengths + recordId + type + streams));
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
