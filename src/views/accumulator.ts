import type { RowValue } from '../domain/views.ts';
import { DistinctCounter, type EncodedDistinct } from './distinct-counter.ts';
import { ExactSum, varianceOf } from './exact-sum.ts';
import type { EncodedQuantiles, QuantileSketch } from './quantile-sketch.ts';

/** Where an event stands in time: events of one instant are in the order of their ids, so that none is random. */
export type Moment = { readonly atMs: number; readonly id: string };

/** JSON form of an accumulator; each kind reads its own. */
export type EncodedAccumulator = {
  readonly count?: number;
  readonly sum?: readonly number[];
  readonly squares?: readonly number[];
  readonly distinct?: EncodedDistinct;
  readonly quantiles?: EncodedQuantiles;
  readonly best?: number | null;
  readonly first?: Mark | null;
  readonly last?: Mark | null;
};

type Mark = { readonly atMs: number; readonly id: string; readonly value: RowValue };

/**
 * What one aggregate keeps of the events of one pane. The state after any order of `add` and `merge` is the same, but
 * for what rounds nowhere. `remove` takes an event out again where the kind can.
 */
export interface Accumulator {
  add(value: RowValue, moment: Moment): void;
  remove(value: RowValue): void;
  merge(other: Accumulator): void;
  encode(): EncodedAccumulator;
}

/** Counts; also what `rate` without a field counts. */
export class CountAccumulator implements Accumulator {
  count = 0;

  add(): void {
    this.count += 1;
  }

  remove(): void {
    this.count -= 1;
  }

  merge(other: Accumulator): void {
    if (other instanceof CountAccumulator) this.count += other.count;
  }

  encode(): EncodedAccumulator {
    return { count: this.count };
  }
}

/** Sum, and where asked for the sum of squares, of the numbers that are there. */
export class SumAccumulator implements Accumulator {
  readonly sum = new ExactSum();
  readonly squares: ExactSum | null;
  count = 0;

  constructor(hasSquares: boolean) {
    this.squares = hasSquares ? new ExactSum() : null;
  }

  add(value: RowValue): void {
    this.#change(value, 1);
  }

  remove(value: RowValue): void {
    this.#change(value, -1);
  }

  merge(other: Accumulator): void {
    if (!(other instanceof SumAccumulator)) return;
    this.count += other.count;
    this.sum.merge(other.sum);
    if (other.squares !== null) this.squares?.merge(other.squares);
  }

  get variance(): number {
    if (this.count === 0) return Number.NaN;
    return this.squares === null ? Number.NaN : varianceOf(this.count, this.sum, this.squares);
  }

  encode(): EncodedAccumulator {
    const base = { count: this.count, sum: this.sum.encode() };
    return this.squares === null ? base : { ...base, squares: this.squares.encode() };
  }

  #change(value: RowValue, sign: 1 | -1): void {
    if (!isNumber(value)) return;
    this.count += sign;
    this.sum.add(sign * value);
    this.squares?.addSquare(value, sign);
  }
}

/** The smallest, or the largest, number. */
export class ExtremeAccumulator implements Accumulator {
  readonly #isBetter: (one: number, other: number) => boolean;
  best: number | null = null;

  constructor(isBetter: (one: number, other: number) => boolean) {
    this.#isBetter = isBetter;
  }

  add(value: RowValue): void {
    if (isNumber(value) && (this.best === null || this.#isBetter(value, this.best))) this.best = value;
  }

  /** Nothing: the parser refuses it where rows change. */
  remove(): void {}

  merge(other: Accumulator): void {
    if (other instanceof ExtremeAccumulator && other.best !== null) this.add(other.best);
  }

  encode(): EncodedAccumulator {
    return { best: this.best };
  }
}

/** Different values that are there. */
export class DistinctAccumulator implements Accumulator {
  #counter = new DistinctCounter();

  add(value: RowValue): void {
    if (isThere(value)) this.#counter.add(value);
  }

  remove(value: RowValue): void {
    if (isThere(value)) this.#counter.remove(value);
  }

  merge(other: Accumulator): void {
    if (other instanceof DistinctAccumulator) this.#counter.merge(other.#counter);
  }

  get value(): number {
    return this.#counter.value;
  }

  encode(): EncodedAccumulator {
    return { distinct: this.#counter.encode() };
  }

  static decode(encoded: EncodedDistinct): DistinctAccumulator {
    const accumulator = new DistinctAccumulator();
    accumulator.#counter = DistinctCounter.decode(encoded);
    return accumulator;
  }
}

/** Numbers by how large they are. */
export class QuantileAccumulator implements Accumulator {
  readonly sketch: QuantileSketch;

  constructor(sketch: QuantileSketch) {
    this.sketch = sketch;
  }

  add(value: RowValue): void {
    if (isNumber(value)) this.sketch.add(value, 1);
  }

  remove(value: RowValue): void {
    if (isNumber(value)) this.sketch.add(value, -1);
  }

  merge(other: Accumulator): void {
    if (other instanceof QuantileAccumulator) this.sketch.merge(other.sketch);
  }

  encode(): EncodedAccumulator {
    return { quantiles: this.sketch.encode() };
  }
}

/** The earliest and the latest value that are there. */
export class EdgeAccumulator implements Accumulator {
  first: Mark | null = null;
  last: Mark | null = null;

  add(value: RowValue, { atMs, id }: Moment): void {
    if (isThere(value)) this.#note({ atMs, id, value });
  }

  /** Nothing: the parser refuses it where rows change. */
  remove(): void {}

  merge(other: Accumulator): void {
    if (!(other instanceof EdgeAccumulator)) return;
    if (other.first !== null) this.#note(other.first);
    if (other.last !== null) this.#note(other.last);
  }

  encode(): EncodedAccumulator {
    return { first: this.first, last: this.last };
  }

  #note(mark: Mark): void {
    if (this.first === null || isBefore(mark, this.first)) this.first = mark;
    if (this.last === null || isBefore(this.last, mark)) this.last = mark;
  }
}

function isNumber(value: RowValue): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isThere(value: RowValue): boolean {
  return value !== '' && !Number.isNaN(value);
}

function isBefore(left: Moment, right: Moment): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.id < right.id);
}
