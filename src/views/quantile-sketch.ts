/** Relative error of a quantile. */
const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
/** Numbers nearer to zero than this count as zero: bounds the buckets, of which there are at most some 5700. */
const SMALLEST = 1e-9;

/** Counts by bucket: of the positive and the negative numbers, and of those that are as good as zero. */
export type EncodedQuantiles = {
  readonly positive: readonly (readonly [number, number])[];
  readonly negative: readonly (readonly [number, number])[];
  readonly zeros: number;
};

/**
 * Quantiles within a relative error of 1 % (DDSketch: C. Masson, J. E. Rim, H. K. Lee, 2019). A bucket holds the
 * numbers of one power of gamma; buckets are only counted, so that neither the order nor a merge makes a difference,
 * and a number can be taken out again.
 */
export class QuantileSketch {
  readonly #positive = new Map<number, number>();
  readonly #negative = new Map<number, number>();
  #zeros = 0;

  /** Counts a finite number `count` times; less than 0 takes it out. */
  add(number: number, count: number): void {
    if (Math.abs(number) < SMALLEST) this.#zeros += count;
    else if (number > 0) change(this.#positive, bucketOf(number), count);
    else change(this.#negative, bucketOf(-number), count);
  }

  merge(other: QuantileSketch): void {
    for (const [bucket, count] of other.#positive) change(this.#positive, bucket, count);
    for (const [bucket, count] of other.#negative) change(this.#negative, bucket, count);
    this.#zeros += other.#zeros;
  }

  /** The number at rank floor(share * (n - 1)) of the sorted numbers, NaN where there are none. O(b log b). */
  quantile(share: number): number {
    const total = sumOf(this.#positive) + sumOf(this.#negative) + this.#zeros;
    if (total === 0) return Number.NaN;
    let left = Math.floor(share * (total - 1));
    for (const [bucket, count] of [...this.#negative].sort(([one], [other]) => other - one)) {
      left -= count;
      if (left < 0) return -numberOf(bucket);
    }
    left -= this.#zeros;
    if (left < 0) return 0;
    for (const [bucket, count] of [...this.#positive].sort(([one], [other]) => one - other)) {
      left -= count;
      if (left < 0) return numberOf(bucket);
    }
    return Number.NaN;
  }

  encode(): EncodedQuantiles {
    const inOrder = (counts: ReadonlyMap<number, number>) => [...counts].sort(([one], [other]) => one - other);
    return { positive: inOrder(this.#positive), negative: inOrder(this.#negative), zeros: this.#zeros };
  }

  static decode({ positive, negative, zeros }: EncodedQuantiles): QuantileSketch {
    const sketch = new QuantileSketch();
    for (const [bucket, count] of positive) sketch.#positive.set(bucket, count);
    for (const [bucket, count] of negative) sketch.#negative.set(bucket, count);
    sketch.#zeros = zeros;
    return sketch;
  }
}

function bucketOf(number: number): number {
  return Math.ceil(Math.log(number) / LOG_GAMMA);
}

/** The number of a bucket that is within the relative error of every number in it. */
function numberOf(bucket: number): number {
  return (2 * GAMMA ** bucket) / (GAMMA + 1);
}

function change(counts: Map<number, number>, bucket: number, count: number): void {
  const now = (counts.get(bucket) ?? 0) + count;
  if (now === 0) counts.delete(bucket);
  else counts.set(bucket, now);
}

function sumOf(counts: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
