/**
 * Upper bounds of the buckets, seconds: from half a millisecond, as most answers take a few, up to the timeout of a
 * request.
 */
export const LATENCY_BUCKETS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/**
 * A cumulative histogram in the form of Prometheus, kept in one typed array. The hot path adds to it for each request;
 * prom-client's own `observe` builds and hashes a label object each time, which costs ten times as much.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(LATENCY_BUCKETS_S.length + 1);
  #sumS = 0;

  /** Adds one duration, seconds. O(buckets), no allocation. */
  observe(seconds: number): void {
    let bucket = 0;
    for (const bound of LATENCY_BUCKETS_S) {
      if (seconds <= bound) break;
      bucket++;
    }
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sumS += seconds;
  }

  /** How many were up to each bound, and above the last; a copy. */
  counts(): Float64Array {
    return this.#counts.slice();
  }

  /** Lines of the text exposition format for one set of labels, which is given ready to print: `route="/v1/cards"`. */
  expose(name: string, labels: string): string {
    const separator = labels === '' ? '' : ',';
    const braces = labels === '' ? '' : `{${labels}}`;
    let text = '';
    let total = 0;
    this.#counts.forEach((count, bucket) => {
      total += count;
      text += `${name}_bucket{${labels}${separator}le="${LATENCY_BUCKETS_S[bucket] ?? '+Inf'}"} ${total}\n`;
    });
    return `${text}${name}_sum${braces} ${this.#sumS}\n${name}_count${braces} ${total}\n`;
  }
}
