import type { Position } from '../../domain/entities.ts';
import type { HeadTable } from './head-table.ts';
import { type KeyHasher, RECORD_KEY, storedLow } from './key-hasher.ts';
import type { SegmentWriter } from './segment-writer.ts';

const NONE = -1;
const FIRST_CAPACITY = 4096;

/**
 * The keys of the records that are stored but not in an index segment yet, in memory. Exact: ids are kept as they are,
 * and the entries of a stream are linked from its head, newest first.
 */
export class TailTable {
  recordCount = 0;
  #epoch = 0;
  #entryCount = 0;
  #streamCount = 0;
  #high = new Uint32Array(FIRST_CAPACITY);
  #low = new Uint16Array(FIRST_CAPACITY);
  #positions = new Float64Array(FIRST_CAPACITY);
  #previous = new Int32Array(FIRST_CAPACITY);
  #records = new Map<string, Position>();
  readonly #hasher: KeyHasher;

  constructor(hasher: KeyHasher) {
    this.#hasher = hasher;
  }

  /** Every key as high and low hash, in turn; a stream's as often as it has records here. */
  keys(): Uint32Array {
    const keys = new Uint32Array(2 * this.#entryCount);
    for (let entry = 0; entry < this.#entryCount; entry++) {
      keys[2 * entry] = this.#high[entry] ?? 0;
      keys[2 * entry + 1] = this.#low[entry] ?? 0;
    }
    return keys;
  }

  /** Takes the keys of one record: its id, and the heads of its streams. Positions come in ascending order. */
  add(position: Position, recordId: string, heads: HeadTable, streams: readonly number[]): void {
    this.recordCount++;
    this.#records.set(recordId, position);
    this.#hasher.hash(RECORD_KEY, recordId);
    this.#push(position, this.#hasher.high, this.#hasher.low, NONE);
    for (const head of streams) {
      const previous = heads.tailEntry(head, this.#epoch);
      if (previous === NONE) this.#streamCount++;
      const entry = this.#push(position, heads.high(head), heads.low(head), previous);
      heads.setTailEntry(head, this.#epoch, entry);
    }
  }

  /** Position of the record with this id, if it is here. */
  positionOf(recordId: string): Position | undefined {
    return this.#records.get(recordId);
  }

  /** Positions of the stream with this head, newest first. */
  *positionsBackward(heads: HeadTable, head: number): Generator<Position> {
    let entry = head === NONE ? NONE : heads.tailEntry(head, this.#epoch);
    while (entry !== NONE) {
      yield this.#positions[entry] ?? 0;
      entry = this.#previous[entry] ?? NONE;
    }
  }

  /** Number of keys. */
  get keyCount(): number {
    return this.#records.size + this.#streamCount;
  }

  /** Writes every entry in the order of the index. O(n log n), sorted natively as 64-bit integers. */
  writeTo(writer: SegmentWriter): void {
    const order = new BigUint64Array(this.#entryCount);
    const words = new Uint32Array(order.buffer);
    for (let entry = 0; entry < this.#entryCount; entry++) {
      words[2 * entry] = entry;
      words[2 * entry + 1] = this.#high[entry] ?? 0;
    }
    order.sort();
    for (let index = 0; index < words.length; index += 2) {
      const entry = words[index] ?? 0;
      writer.add(this.#high[entry] ?? 0, this.#low[entry] ?? 0, this.#positions[entry] ?? 0);
    }
  }

  /** Empties the table; keeps its room. */
  clear(): void {
    this.recordCount = 0;
    this.#epoch++;
    this.#entryCount = 0;
    this.#streamCount = 0;
    this.#records = new Map();
  }

  #push(position: Position, high: number, low: number, previous: number): number {
    const entry = this.#entryCount++;
    if (entry === this.#high.length) this.#grow();
    this.#high[entry] = high;
    this.#low[entry] = storedLow(low);
    this.#positions[entry] = position;
    this.#previous[entry] = previous;
    return entry;
  }

  #grow(): void {
    const capacity = this.#high.length * 2;
    this.#high = copyInto(new Uint32Array(capacity), this.#high);
    this.#low = copyInto(new Uint16Array(capacity), this.#low);
    this.#positions = copyInto(new Float64Array(capacity), this.#positions);
    this.#previous = copyInto(new Int32Array(capacity), this.#previous);
  }
}

function copyInto<Words extends { set(source: ArrayLike<number>): void }>(
  target: Words,
  source: ArrayLike<number>,
): Words {
  target.set(source);
  return target;
}
