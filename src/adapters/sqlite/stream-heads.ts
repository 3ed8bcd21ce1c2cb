import type { Revision, StreamName } from '../../domain/entities.ts';
import { HeadTable } from './head-table.ts';
import { type KeyHasher, STREAM_KEY } from './key-hasher.ts';

const FIRST_CAPACITY = 1024;

/**
 * The heads of the streams used last, in two generations: the older one is dropped whole when the younger is full.
 * Nearly least recently used, at the price of one or two look-ups. A stream with records in the tail table always has
 * its head in the younger, for generations change only while that table is empty.
 */
export class StreamHeads {
  /** Numbers of heads mean this table, until `retire`. */
  young = new HeadTable(FIRST_CAPACITY);
  #old = new HeadTable(1);
  readonly #hasher: KeyHasher;
  readonly #limit: number;

  /** Keeps between `limit` and about `3 * limit` streams. */
  constructor(hasher: KeyHasher, limit: number) {
    this.#hasher = hasher;
    this.#limit = limit;
  }

  /** The number of a stream's head, -1 where none is kept. */
  find(stream: StreamName): number {
    this.#hasher.hash(STREAM_KEY, stream);
    const { high, low } = this.#hasher;
    const head = this.young.find(stream, high, low);
    if (head !== -1 || this.#old.count === 0) return head;
    const older = this.#old.find(stream, high, low);
    return older === -1 ? -1 : this.young.add(stream, high, low, this.#old.revision(older));
  }

  /** Adds a stream that `find` does not find. */
  add(stream: StreamName, revision: Revision): number {
    this.#hasher.hash(STREAM_KEY, stream);
    return this.young.add(stream, this.#hasher.high, this.#hasher.low, revision);
  }

  /** Whether the tail table has to be emptied for the sake of memory. */
  get isOverfull(): boolean {
    return this.young.count >= 2 * this.#limit;
  }

  /** Called when the tail table is empty. */
  retire(): void {
    if (this.young.count < this.#limit) return;
    this.#old = this.young;
    this.young = new HeadTable(this.#old.capacity);
  }
}
