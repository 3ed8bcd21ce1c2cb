import { hash53 } from '../domain/hash.ts';

/**
 * Seeded source of randomness: sfc32 (Chris Doty-Humphrey, PractRand, public domain), 128 bits of state, period of at
 * least 2^32. A seed and a stream name give one sequence, so that one part of the simulation can change without
 * moving the numbers of another.
 */
export class RandomSource {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number, stream: string) {
    const mixed = hash53(`${seed}/${stream}`);
    this.a = seed | 0;
    this.b = (mixed / 4294967296) | 0;
    this.c = mixed | 0;
    for (let round = 0; round < 12; round++) this.next();
  }

  /** Uniform in [0, 1) with 32 bits. */
  next(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    this.c |= 0;
    return (sum >>> 0) / 4294967296;
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Whole number in [low, high], both ends included. */
  integer(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.next());
  }

  /** Standard normal by Box and Muller's transform; one of the pair is dropped to keep the state small. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** Log-normal with this median and this standard deviation of the logarithm. */
  logNormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.normal());
  }

  /** Exponential waiting time with this mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** One item, each as likely. Throws on an empty list: a caller's mistake. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(items.length * this.next())];
    if (item === undefined) throw new RangeError('Cannot pick as the list is empty: 0 items. Pass at least one.');
    return item;
  }

  /** `count` different items in random order; all of them when there are fewer. O(count) draws where count is small. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    if (count * 2 >= items.length) return this.shuffled(items).slice(0, count);
    const chosen = new Set<Item>();
    while (chosen.size < count) chosen.add(this.pick(items));
    return [...chosen];
  }

  /** Place in a list of cumulative weights whose last one is the total. O(n), for short lists. */
  pickWeighted(cumulative: readonly number[]): number {
    const target = this.next() * (cumulative.at(-1) ?? 0);
    for (let index = 0; index < cumulative.length; index++) {
      if (target < (cumulative[index] ?? 0)) return index;
    }
    return cumulative.length - 1;
  }

  /** Text of lower-case letters and digits that starts with a letter, so that it can never look like a card number. */
  token(length: number): string {
    let text = String.fromCharCode(97 + this.integer(0, 25));
    while (text.length < length) text += Math.floor(36 * this.next()).toString(36);
    return text;
  }

  private shuffled<Item>(items: readonly Item[]): Item[] {
    const keyed = items.map((item) => ({ item, key: this.next() }));
    keyed.sort((left, right) => left.key - right.key);
    return keyed.map((entry) => entry.item);
  }
}
