import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { bytesIn, numberIn } from './row.ts';

/** Words of an entry: the high hash; the low hash and the high part of the position; the low part of the position. */
export const WORDS_PER_ENTRY = 3;
/** Two such rows fill a page of the file. */
export const ENTRIES_PER_PAGE = 336;
/** Pages and summary parts of a segment are numbered from `segment * NUMBERS_PER_SEGMENT` on. */
export const NUMBERS_PER_SEGMENT = 2 ** 24;
const CACHED_PAGES = 256;

/** The index is damaged. It can be built anew from the records; until then a look-up would not be safe. */
export class IndexDamage extends Error {}

/**
 * Rows of 32-bit words with a checksum, in the byte order of the machine (every platform that Node supports but one,
 * s390x, is little-endian). Errors: IndexDamage for a row that is missing or not what was written.
 */
export class PageStore {
  readonly #table: string;
  readonly #read: StatementSync;
  readonly #write: StatementSync;
  readonly #sweep: StatementSync;
  readonly #cache = new Map<number, Uint32Array>();
  /** All that was ever written through this object. */
  writtenBytes = 0;

  constructor(connection: DatabaseSync, table: 'index_pages' | 'index_summaries') {
    const key = table === 'index_pages' ? 'page' : 'part';
    this.#table = table;
    this.#read = connection.prepare(`SELECT content, checksum FROM ${table} WHERE ${key} = ?`);
    this.#write = connection.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?)`);
    this.#sweep = connection.prepare(`DELETE FROM ${table} WHERE ${key} >= ? AND ${key} < ?`);
  }

  /** The words of a row. The last few rows read are kept. */
  read(number: number): Uint32Array {
    const cached = this.#cache.get(number);
    if (cached !== undefined) return cached;
    const words = this.readOnce(number);
    if (this.#cache.size >= CACHED_PAGES) this.#cache.clear();
    this.#cache.set(number, words);
    return words;
  }

  /** The words of a row, for one who will not come back to it. */
  readOnce(number: number): Uint32Array {
    const row = this.#read.get(number);
    const content = row === undefined ? undefined : bytesIn(row, 'content');
    if (row === undefined || content === undefined || crc32(content, number >>> 0) !== numberIn(row, 'checksum')) {
      throw new IndexDamage(`row ${number} of ${this.#table}`);
    }
    const isAligned = content.byteOffset % Uint32Array.BYTES_PER_ELEMENT === 0;
    const bytes = isAligned ? content : content.slice();
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Uint32Array.BYTES_PER_ELEMENT);
  }

  /** Stores words under a number. They are copied. */
  write(number: number, words: Uint32Array): void {
    const copy = words.slice();
    const bytes = new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength);
    this.#write.run(number, bytes, crc32(bytes, number >>> 0));
    this.#cache.delete(number);
    this.writtenBytes += bytes.length;
  }

  /** Deletes the rows from a number on and before another. */
  sweep(from: number, before: number): void {
    this.#sweep.run(from, before);
    this.#cache.clear();
  }
}
