/**
 * Sums of squares as two slots: high * 2^44 + low. An amount is below 2^44 (`AMOUNT_MINOR_MAX`), so that each square
 * gives integers below 2^44 to both, and 512 of them add up without rounding: what leaves takes away exactly what it
 * brought, and the order of events does not matter. Panes only add, so that rounding in them stays relative.
 */
const HALF = 2 ** 22;
const BASE = 2 ** 44;
const EXACT_MAX = 2 ** 53;

/** Adds (sign 1) or takes away (sign -1) the square of an integer at slots `slot` and `slot + 1`. O(1). */
export function addSquare(slab: Float64Array, slot: number, number: number, sign: number): void {
  const size = Math.abs(number);
  if (size < HALF) {
    addParts(slab, slot, 0, sign * size * size);
    return;
  }
  const upper = Math.floor(size / HALF);
  const lower = size - upper * HALF;
  const cross = 2 * upper * lower;
  const crossUpper = Math.floor(cross / HALF);
  let high = upper * upper + crossUpper;
  let low = (cross - crossUpper * HALF) * HALF + lower * lower;
  if (low >= BASE) {
    low -= BASE;
    high += 1;
  }
  addParts(slab, slot, sign * high, sign * low);
}

/** Adds a pair of parts to the pair at slots `slot` and `slot + 1`. O(1). */
export function addParts(slab: Float64Array, slot: number, high: number, low: number): void {
  slab[slot] = (slab[slot] ?? 0) + high;
  slab[slot + 1] = (slab[slot + 1] ?? 0) + low;
}

/**
 * Population standard deviation of `count` integers from their sum and their sum of squares, 0 when there are none.
 * Computes count * squares - sum^2 exactly where it fits a double, and else with twice the precision (error-free
 * product and sum of Dekker and Knuth), so that large equal amounts do not drown small differences.
 */
export function deviationOf(count: number, sum: number, high: number, low: number): number {
  if (count < 2) return 0;
  const scaled = count * low;
  if (high === 0 && scaled <= EXACT_MAX) return Math.sqrt(scaled - sum * sum) / count;
  const fine = new TwofoldSum();
  fine.addProduct(count, high, BASE);
  fine.addProduct(sum, sum, -1);
  fine.addProduct(count, low, 1);
  return Math.sqrt(Math.max(0, fine.value())) / count;
}

/** 2^27 + 1, which cuts a double into two halves whose products are exact. */
const SPLITTER = 134217729;

class TwofoldSum {
  #main = 0;
  #rest = 0;

  addProduct(left: number, right: number, scale: number): void {
    const product = left * right;
    const leftCut = SPLITTER * left;
    const leftUpper = leftCut - (leftCut - left);
    const leftLower = left - leftUpper;
    const rightCut = SPLITTER * right;
    const rightUpper = rightCut - (rightCut - right);
    const rightLower = right - rightUpper;
    const missed =
      leftLower * rightLower - (product - leftUpper * rightUpper - leftLower * rightUpper - leftUpper * rightLower);
    this.#add(product * scale);
    this.#add(missed * scale);
  }

  #add(term: number): void {
    const sum = this.#main + term;
    const part = sum - this.#main;
    this.#rest += this.#main - (sum - part) + (term - part);
    this.#main = sum;
  }

  value(): number {
    return this.#main + this.#rest;
  }
}
