import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { StreamName } from '../../domain/entities.ts';
import type { StoredSnapshot } from '../../ports/event-log.ts';
import { type KeyHasher, STREAM_KEY, storedLow } from './key-hasher.ts';
import { bytesIn, numberIn, type Row, textIn } from './row.ts';

/** Snapshots written at a time: about 1 ms. */
const SLICE = 48;

/**
 * The newest snapshot of each stream, under a hash of its name: of two streams with one hash the later written stays.
 * What does not read back as it was written counts as absent, for a snapshot can always be made again.
 */
export class SnapshotTable {
  readonly #hasher: KeyHasher;
  readonly #read: StatementSync;
  readonly #write: StatementSync;
  readonly #waiting = new Map<StreamName, StoredSnapshot>();

  constructor(connection: DatabaseSync, hasher: KeyHasher) {
    this.#hasher = hasher;
    this.#read = connection.prepare('SELECT * FROM snapshots WHERE key = ?');
    this.#write = connection.prepare('INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?)');
  }

  /** Takes a snapshot; it is stored with a later slice. */
  put(snapshot: StoredSnapshot): void {
    this.#waiting.set(snapshot.stream, snapshot);
  }

  get hasWork(): boolean {
    return this.#waiting.size > 0;
  }

  /** Stores a bounded number of those taken, in the caller's transaction; answers their bytes. */
  writeSlice(): number {
    let count = 0;
    let bytes = 0;
    for (const [stream, snapshot] of this.#waiting) {
      if (count++ === SLICE) break;
      const { revision, schema, state } = snapshot;
      this.#write.run(this.#keyOf(stream), stream, revision, schema, state, checksumOf(snapshot));
      this.#waiting.delete(stream);
      bytes += state.length;
    }
    return bytes;
  }

  /** The snapshot of a stream in this schema, or null. */
  read(stream: StreamName, schema: string): StoredSnapshot | null {
    const waiting = this.#waiting.get(stream);
    if (waiting !== undefined) return waiting.schema === schema ? waiting : null;
    const row = this.#read.get(this.#keyOf(stream));
    const snapshot = row === undefined ? null : snapshotIn(row);
    return snapshot?.stream === stream && snapshot.schema === schema ? snapshot : null;
  }

  #keyOf(stream: StreamName): number {
    this.#hasher.hash(STREAM_KEY, stream);
    return this.#hasher.high * 65536 + storedLow(this.#hasher.low);
  }
}

/** The snapshot in a row, or null where the row is damaged. */
export function snapshotIn(row: Row): StoredSnapshot | null {
  const stream = textIn(row, 'stream');
  const schema = textIn(row, 'schema');
  const state = bytesIn(row, 'state');
  if (stream === undefined || schema === undefined || state === undefined) return null;
  const snapshot = { stream, revision: numberIn(row, 'revision'), schema, state };
  return checksumOf(snapshot) === numberIn(row, 'checksum') ? snapshot : null;
}

function checksumOf({ stream, revision, schema, state }: StoredSnapshot): number {
  return crc32(state, crc32(`${revision} ${stream.length} ${stream}${schema}`));
}
