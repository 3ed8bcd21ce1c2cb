import { mixBits } from './key-hasher.ts';

const WORDS_PER_BLOCK = 16;
const BIT_MASK = WORDS_PER_BLOCK * 32 - 1;
const BITS_PER_KEY = 11;
const PROBES_PER_WORD = 3;

/** Zeroed words that two threads can read. */
export function sharedWords(count: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(count * Uint32Array.BYTES_PER_ELEMENT));
}

/**
 * A blocked Bloom filter (Putze, Sanders and Singler, 2007): all six bits of a key lie in one 64-byte block, so a probe
 * touches one cache line. At 11 bits a key about one absent key in a hundred is taken for present; a present one is
 * never missed. The bits are shared memory, so that another thread can ask without a copy.
 */
export class BloomFilter {
  readonly words: Uint32Array;
  readonly #blockCount: number;

  constructor(words: Uint32Array) {
    this.words = words;
    this.#blockCount = words.length / WORDS_PER_BLOCK;
  }

  /** An empty filter with room for `keyCount` keys. */
  static forKeys(keyCount: number): BloomFilter {
    const blockCount = Math.max(1, Math.ceil((keyCount * BITS_PER_KEY) / (BIT_MASK + 1)));
    return new BloomFilter(sharedWords(blockCount * WORDS_PER_BLOCK));
  }

  /** Marks a key as present. */
  add(high: number, low: number): void {
    const start = this.#blockOf(high);
    const first = mixBits(high ^ Math.imul(low + 1, 0x9e3779b1));
    this.#mark(start, first);
    this.#mark(start, mixBits(first ^ 0x7f4a7c15));
  }

  /** False: the key was never added. True: it probably was. */
  has(high: number, low: number): boolean {
    const start = this.#blockOf(high);
    const first = mixBits(high ^ Math.imul(low + 1, 0x9e3779b1));
    return this.#marked(start, first) && this.#marked(start, mixBits(first ^ 0x7f4a7c15));
  }

  #mark(start: number, hash: number): void {
    for (let probe = 0, bits = hash; probe < PROBES_PER_WORD; probe++, bits >>>= 9) {
      const word = start + ((bits & BIT_MASK) >>> 5);
      this.words[word] = (this.words[word] ?? 0) | (1 << (bits & 31));
    }
  }

  #marked(start: number, hash: number): boolean {
    for (let probe = 0, bits = hash; probe < PROBES_PER_WORD; probe++, bits >>>= 9) {
      if (((this.words[start + ((bits & BIT_MASK) >>> 5)] ?? 0) & (1 << (bits & 31))) === 0) return false;
    }
    return true;
  }

  #blockOf(high: number): number {
    return Math.floor((high * this.#blockCount) / 4294967296) * WORDS_PER_BLOCK;
  }
}
