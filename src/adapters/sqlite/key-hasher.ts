/** What a key of the index names: the two kinds never share a hash, even for the same text. */
export const RECORD_KEY = 0;
export const STREAM_KEY = 1;

/** The bits of a low hash that an index entry keeps. */
export function storedLow(low: number): number {
  return low & 0xffff;
}

/** Multiplies and shifts until every input bit has touched every output bit (the finalizer of MurmurHash3). */
export function mixBits(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * Hashes record ids and stream names to 64 bits: `high` (32 bits, the sort order of the index) and `low` (32 bits, of
 * which the index keeps the lower 16 as a filter). Two FNV-1a style lanes with their own multipliers, mixed at the end.
 * Seeded by the log, so that a name chosen to collide in one log does not in another. The result is left in the fields
 * to spare an object per key.
 */
export class KeyHasher {
  high = 0;
  low = 0;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Hashes one text. O(length). */
  hash(kind: number, text: string): void {
    let first = this.#seed ^ (0x811c9dc5 + kind);
    let second = Math.imul(this.#seed, 0x9e3779b1) ^ (0x2545f491 + kind);
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      first = Math.imul(first ^ unit, 0x01000193);
      second = Math.imul(second ^ unit, 0x5bd1e995);
      second = (second << 13) | (second >>> 19);
    }
    this.low = mixBits(second ^ text.length);
    this.high = mixBits(first ^ second);
  }
}
