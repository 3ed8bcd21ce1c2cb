import type { Revision, StreamName } from '../../domain/entities.ts';

/** Words of a head; the units of the name follow, two to a word. */
const HIGH = 0;
const LOW = 1;
const REVISION = 2;
const TAIL_EPOCH = 3;
const TAIL_ENTRY = 4;
const NAME_LENGTH = 5;
const FIXED_WORDS = 6;
const TYPICAL_WORDS = 18;
const NONE = -1;

/**
 * A hash table from stream names to where they end, packed into two arrays, each head beside its name. Exact, for
 * names are compared. A third of the time of a `Map` of strings where most look-ups miss the cache (measured), and
 * nothing for the garbage collector to visit. Open addressing with linear probing, at most half full. A head is told by
 * its place.
 */
export class HeadTable {
  count = 0;
  #slots: Int32Array;
  #heads: Int32Array;
  /** The same memory as `#heads`. */
  #units: Uint16Array;
  #end = 0;

  /** `capacity`: streams that fit before it grows, a power of two. */
  constructor(capacity: number) {
    this.#slots = new Int32Array(4 * capacity);
    this.#heads = new Int32Array(TYPICAL_WORDS * capacity);
    this.#units = new Uint16Array(this.#heads.buffer);
  }

  get capacity(): number {
    return this.#slots.length / 4;
  }

  /** The place of a stream's head, -1 where it has none. The hash is the caller's: 32 bits twice. */
  find(stream: StreamName, high: number, low: number): number {
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    for (let slot = high & mask; ; slot = (slot + 1) & mask) {
      const head = (slots[2 * slot + 1] ?? 0) - 1;
      if (head < 0) return NONE;
      if (slots[2 * slot] === (low | 0) && this.#isNamed(head, stream)) return head;
    }
  }

  /** Adds a stream that is not in the table. */
  add(stream: StreamName, high: number, low: number, revision: Revision): number {
    if (this.count === this.capacity) this.#growSlots();
    const head = this.#end;
    const end = head + wordsOf(stream.length);
    if (end > this.#heads.length) this.#growHeads(end);
    this.#heads[head + HIGH] = high;
    this.#heads[head + LOW] = low;
    this.#heads[head + REVISION] = revision;
    this.#heads[head + TAIL_EPOCH] = NONE;
    this.#heads[head + NAME_LENGTH] = stream.length;
    const start = 2 * (head + FIXED_WORDS);
    for (let unit = 0; unit < stream.length; unit++) this.#units[start + unit] = stream.charCodeAt(unit);
    this.#end = end;
    this.count++;
    this.#occupy(head);
    return head;
  }

  high(head: number): number {
    return (this.#heads[head + HIGH] ?? 0) >>> 0;
  }

  low(head: number): number {
    return (this.#heads[head + LOW] ?? 0) >>> 0;
  }

  revision(head: number): Revision {
    return this.#heads[head + REVISION] ?? NONE;
  }

  setRevision(head: number, revision: Revision): void {
    this.#heads[head + REVISION] = revision;
  }

  /** The newest entry of the stream in the tail table, -1 where it has none in that epoch. */
  tailEntry(head: number, epoch: number): number {
    return this.#heads[head + TAIL_EPOCH] === epoch ? (this.#heads[head + TAIL_ENTRY] ?? NONE) : NONE;
  }

  setTailEntry(head: number, epoch: number, entry: number): void {
    this.#heads[head + TAIL_EPOCH] = epoch;
    this.#heads[head + TAIL_ENTRY] = entry;
  }

  #isNamed(head: number, stream: StreamName): boolean {
    if (this.#heads[head + NAME_LENGTH] !== stream.length) return false;
    const start = 2 * (head + FIXED_WORDS);
    for (let unit = 0; unit < stream.length; unit++) {
      if (this.#units[start + unit] !== stream.charCodeAt(unit)) return false;
    }
    return true;
  }

  #occupy(head: number): void {
    const mask = this.#slots.length / 2 - 1;
    let slot = this.high(head) & mask;
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    this.#slots[2 * slot] = this.low(head);
    this.#slots[2 * slot + 1] = head + 1;
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let head = 0; head < this.#end; head += wordsOf(this.#heads[head + NAME_LENGTH] ?? 0)) this.#occupy(head);
  }

  #growHeads(wordCount: number): void {
    const larger = new Int32Array(Math.max(2 * this.#heads.length, wordCount));
    larger.set(this.#heads);
    this.#heads = larger;
    this.#units = new Uint16Array(larger.buffer);
  }
}

function wordsOf(nameLength: number): number {
  return FIXED_WORDS + ((nameLength + 1) >>> 1);
}
