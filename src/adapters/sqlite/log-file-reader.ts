import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Position } from '../../domain/entities.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import { BUSY_MS } from './busy-time.ts';
import { LOG_FILE } from './log-file.ts';
import { RecordRows } from './record-rows.ts';
import { readFault } from './sqlite-faults.ts';

/** Pages are read once, and forgotten with the next commit of the log. */
const CACHE_KIBIBYTES = 1024;

/** Reads the records of a log that this process has open, on another thread than the one that writes it. */
export interface RecordReader {
  /**
   * Up to `maxCount` records after a position and not after `head`, which is durable. Errors: LOG_CORRUPT; LOG_FAILED
   * where the file cannot be read.
   */
  readAfter(position: Position, maxCount: number, head: Position): readonly StoredRecord[];
  close(): void;
}

/**
 * Opens the embedded log of a directory to read it only, beside the one who writes it: to be closed before that one is.
 * Each read is a transaction of its own, so that none holds back for long what the writer wants to clear away. Errors:
 * LOG_CORRUPT, LOG_FAILED.
 */
export function openRecordReader(directory: string): RecordReader {
  const path = join(resolve(directory), LOG_FILE);
  let connection: DatabaseSync | null = null;
  try {
    connection = new DatabaseSync(path, { readOnly: true });
    connection.exec(`PRAGMA busy_timeout=${BUSY_MS}; PRAGMA query_only=ON; PRAGMA cache_size=-${CACHE_KIBIBYTES}`);
    return new SqliteRecordReader(connection, path);
  } catch (error) {
    connection?.close();
    throw readFault(path, error);
  }
}

class SqliteRecordReader implements RecordReader {
  readonly #connection: DatabaseSync;
  readonly #path: string;
  readonly #rows: RecordRows;

  constructor(connection: DatabaseSync, path: string) {
    this.#connection = connection;
    this.#path = path;
    this.#rows = new RecordRows(connection, path);
  }

  readAfter(position: Position, maxCount: number, head: Position): readonly StoredRecord[] {
    const count = Math.min(maxCount, head - position);
    if (count <= 0) return [];
    try {
      return this.#rows.readAfter(position, count, head);
    } catch (error) {
      throw readFault(this.#path, error);
    }
  }

  close(): void {
    this.#connection.close();
  }
}
