import type { Random } from '../../src/ports/random.ts';

/** Chosen by weight: what, and how often beside the others. */
export type Weighted<Item> = readonly (readonly [Item, number])[];

/** Seeded randomness: mulberry32 (Tommy Ettinger, public domain), 32 bits of state. The seed decides everything. */
export class SeededRandom implements Random {
  readonly #name: string;
  #state: number;
  #ids = 0;

  constructor(seed: number) {
    this.#name = `${seed}`;
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0;
    for (let round = 0; round < 4; round++) this.next();
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  id(): string {
    return `${this.#name}-${this.#ids++}`;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Whole number from low to high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** One of the items; throws where there are none. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new Error('Cannot pick from nothing.');
    return item;
  }

  /** One of the items, by weight. */
  weighted<Item>(choices: Weighted<Item>): Item {
    const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.next() * total;
    for (const [item, weight] of choices) {
      left -= weight;
      if (left < 0) return item;
    }
    throw new Error('Cannot choose from nothing.');
  }
}
