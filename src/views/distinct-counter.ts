import { hash53 } from '../domain/hash.ts';
import { DISTINCT_VALUES_MAX } from '../domain/limits.ts';
import type { RowValue } from '../domain/views.ts';

const INDEX_BITS = 12;
const REGISTERS = 2 ** INDEX_BITS;
/** Bits of the hash behind the index: 53 - 12. */
const RANK_BITS = 41;
/** P. Flajolet and others, HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm, 2007. */
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

/** A register is stored as one letter from here on: ranks reach 42, which is Z. */
const FIRST_LETTER = 48;

/** What a counter is stored as: every value with its count, or the registers beyond the bound. */
export type EncodedDistinct =
  | { readonly values: readonly (readonly [number, number])[] }
  | { readonly registers: string };

/**
 * Counts different values: exactly up to `DISTINCT_VALUES_MAX`, beyond it with a HyperLogLog sketch of 4096 registers,
 * whose standard error is 1.6 %. Which of the two it is depends on the values alone, not on their order. A value can be
 * taken out again while the count is exact; a sketch keeps what it has seen.
 */
export class DistinctCounter {
  #counts: Map<number, number> | null = new Map();
  #registers: Uint8Array | null = null;

  add(value: RowValue): void {
    this.#addHash(hash53(typeof value === 'string' ? `s${value}` : `v${value}`), 1);
  }

  remove(value: RowValue): void {
    if (this.#counts === null) return;
    const hash = hash53(typeof value === 'string' ? `s${value}` : `v${value}`);
    const left = (this.#counts.get(hash) ?? 0) - 1;
    if (left > 0) this.#counts.set(hash, left);
    else this.#counts.delete(hash);
  }

  merge(other: DistinctCounter): void {
    if (other.#counts !== null) {
      for (const [hash, count] of other.#counts) this.#addHash(hash, count);
      return;
    }
    const theirs = other.#registers ?? new Uint8Array(REGISTERS);
    const own = this.#toRegisters();
    for (let index = 0; index < REGISTERS; index++) own[index] = Math.max(own[index] ?? 0, theirs[index] ?? 0);
  }

  get value(): number {
    if (this.#counts !== null) return this.#counts.size;
    let harmonic = 0;
    let empty = 0;
    for (const register of this.#registers ?? []) {
      harmonic += 2 ** -register;
      if (register === 0) empty += 1;
    }
    const estimate = (ALPHA * REGISTERS * REGISTERS) / harmonic;
    // Few registers in use: counting the empty ones is more exact (linear counting).
    const isSmall = estimate <= 2.5 * REGISTERS && empty > 0;
    return Math.round(isSmall ? REGISTERS * Math.log(REGISTERS / empty) : estimate);
  }

  encode(): EncodedDistinct {
    if (this.#counts !== null) return { values: [...this.#counts].sort(([left], [right]) => left - right) };
    return { registers: String.fromCharCode(...[...(this.#registers ?? [])].map((rank) => FIRST_LETTER + rank)) };
  }

  static decode(encoded: EncodedDistinct): DistinctCounter {
    const counter = new DistinctCounter();
    if ('values' in encoded) counter.#counts = new Map(encoded.values);
    else {
      counter.#counts = null;
      const { registers } = encoded;
      counter.#registers = Uint8Array.from({ length: REGISTERS }, (_, at) => registers.charCodeAt(at) - FIRST_LETTER);
    }
    return counter;
  }

  #addHash(hash: number, count: number): void {
    if (this.#counts !== null) {
      this.#counts.set(hash, (this.#counts.get(hash) ?? 0) + count);
      if (this.#counts.size > DISTINCT_VALUES_MAX) this.#toRegisters();
      return;
    }
    if (this.#registers !== null) note(this.#registers, hash);
  }

  #toRegisters(): Uint8Array {
    if (this.#registers !== null) return this.#registers;
    const registers = new Uint8Array(REGISTERS);
    for (const hash of this.#counts?.keys() ?? []) note(registers, hash);
    this.#counts = null;
    this.#registers = registers;
    return registers;
  }
}

function note(registers: Uint8Array, hash: number): void {
  const index = hash % REGISTERS;
  const rest = Math.floor(hash / REGISTERS);
  // Leading zeros of the rest as a 41-bit number, and one.
  const rank = rest === 0 ? RANK_BITS + 1 : RANK_BITS - Math.floor(Math.log2(rest));
  if (rank > (registers[index] ?? 0)) registers[index] = rank;
}
