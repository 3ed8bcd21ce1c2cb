/**
 * Sum of doubles without any rounding, held as parts that do not overlap (J. R. Shewchuk, Adaptive precision
 * floating-point arithmetic, 1997, GROW-EXPANSION). What is rounded is the answer alone, so that it depends neither on
 * the order of the numbers nor on what was added and taken away again.
 */
export class ExactSum {
  /** By rising size. */
  #parts: number[] = [];

  /** Adds a finite number; take it away by adding its negative. O(parts): one or two for amounts. */
  add(number: number): void {
    const parts = this.#parts;
    let rest = number;
    let kept = 0;
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index] ?? 0;
      const sum = rest + part;
      const partOfSum = sum - rest;
      const error = rest - (sum - partOfSum) + (part - partOfSum);
      if (error !== 0) parts[kept++] = error;
      rest = sum;
    }
    parts.length = kept;
    if (rest !== 0) parts.push(rest);
  }

  /** Adds the square of a number, which two doubles hold exactly (Dekker's product). |number| below 2^500. */
  addSquare(number: number, sign: 1 | -1): void {
    const high = number * number;
    const scaled = 134_217_729 * number;
    const upper = scaled - (scaled - number);
    const lower = number - upper;
    this.add(sign * high);
    this.add(sign * (upper * upper - high + 2 * upper * lower + lower * lower));
  }

  merge(other: ExactSum): void {
    for (const part of other.#parts) this.add(part);
  }

  /** The sum, rounded once to the nearest double, ties to even. */
  get value(): number {
    const parts = this.#parts;
    let index = parts.length - 1;
    let sum = parts[index] ?? 0;
    while (index > 0) {
      const before = sum;
      const part = parts[--index] ?? 0;
      sum = before + part;
      const error = part - (sum - before);
      if (error === 0) continue;
      // The rest decides a tie: twice the error that rounds exactly tells that the sum stood half way.
      const next = index > 0 ? (parts[index - 1] ?? 0) : 0;
      if ((error < 0 && next < 0) || (error > 0 && next > 0)) {
        const doubled = error * 2;
        const moved = sum + doubled;
        if (doubled === moved - sum) sum = moved;
      }
      break;
    }
    return sum;
  }

  /** The sum as a double and what that leaves out, again as a double: about 32 digits. */
  get pair(): readonly [number, number] {
    const high = this.value;
    const rest = new ExactSum();
    rest.merge(this);
    rest.add(-high);
    return [high, rest.value];
  }

  encode(): readonly number[] {
    return [...this.#parts];
  }

  static decode(parts: readonly number[]): ExactSum {
    const sum = new ExactSum();
    for (const part of parts) sum.add(part);
    return sum;
  }
}

/**
 * Population variance from a count, a sum and a sum of squares, 0 for fewer than two numbers. What cancels out is
 * computed in twice the precision, so that a small spread of large numbers is not lost.
 */
export function varianceOf(count: number, sum: ExactSum, squares: ExactSum): number {
  if (count < 2) return 0;
  const [high, low] = sum.pair;
  const [squaresHigh, squaresLow] = squares.pair;
  const scaled = new ExactSum();
  addProduct(scaled, count, squaresHigh, 1);
  addProduct(scaled, count, squaresLow, 1);
  scaled.addSquare(high, -1);
  addProduct(scaled, 2 * high, low, -1);
  scaled.addSquare(low, -1);
  return Math.max(0, scaled.value / (count * count));
}

function addProduct(sum: ExactSum, left: number, right: number, sign: 1 | -1): void {
  const product = left * right;
  const [leftUpper, leftLower] = halvesOf(left);
  const [rightUpper, rightLower] = halvesOf(right);
  sum.add(sign * product);
  sum.add(
    sign *
      (leftUpper * rightUpper - product + leftUpper * rightLower + leftLower * rightUpper + leftLower * rightLower),
  );
}

function halvesOf(number: number): readonly [number, number] {
  const scaled = 134_217_729 * number;
  const upper = scaled - (scaled - number);
  return [upper, number - upper];
}
