const FIRST_MS = 0.001;
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);
const BUCKETS = 1200;

/** Quantiles of many durations in fixed memory: buckets that grow by 2 %, so a quantile is within 1 % of the truth. */
export class LatencyDigest {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  /** Longest duration seen, ms, exact. */
  get max(): number {
    return this.#max;
  }

  /** Adds one duration, ms. O(1). */
  add(ms: number): void {
    const bucket = Math.floor(Math.log(Math.max(ms, FIRST_MS) / FIRST_MS) / LOG_GROWTH);
    const index = Math.min(BUCKETS - 1, bucket);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    if (ms > this.#max) this.#max = ms;
  }

  /** Duration that this share of the durations does not exceed, ms; 0 where there is none. O(buckets). */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank) return Math.min(this.#max, FIRST_MS * GROWTH ** (bucket + 0.5));
    }
    return 0;
  }
}
