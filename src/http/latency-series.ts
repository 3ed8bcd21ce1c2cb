import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { LatencyPoint } from '../ports/console.ts';
import { LATENCY_BUCKETS_S } from './latency-histogram.ts';

const SECOND_MS = 1_000;
/** Seconds that are kept: ten minutes. */
const POINTS_MAX = 600;

/** How long answers took, second by second, from the counts of a histogram: the hot path knows nothing of it. */
export class LatencySeries {
  readonly #clock: Clock;
  readonly #countsNow: () => Float64Array;
  readonly #points: LatencyPoint[] = [];
  #before: Float64Array = new Float64Array(LATENCY_BUCKETS_S.length + 1);
  #timer: TimerHandle | null = null;

  constructor(clock: Clock, countsNow: () => Float64Array) {
    this.#clock = clock;
    this.#countsNow = countsNow;
  }

  /** Begins to keep a point each second. */
  start(): void {
    if (this.#timer !== null) return;
    this.#before = this.#countsNow();
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** The newest points, oldest first. */
  points(maxCount: number): readonly LatencyPoint[] {
    return this.#points.slice(-maxCount);
  }

  #arm(): void {
    this.#timer = this.#clock.schedule(SECOND_MS, () => {
      this.#take();
      this.#arm();
    });
  }

  #take(): void {
    const now = this.#countsNow();
    const counts = now.map((count, index) => count - (this.#before[index] ?? 0));
    this.#before = now;
    const answers = counts.reduce((sum, count) => sum + count, 0);
    const at = new Date(this.#clock.nowMs()).toISOString();
    const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((share) => percentileMs(counts, answers, share));
    this.#points.push({ at, answers, p50Ms: p50Ms ?? null, p95Ms: p95Ms ?? null, p99Ms: p99Ms ?? null });
    if (this.#points.length > POINTS_MAX) this.#points.shift();
  }
}

/** Within the bucket that holds the rank, by the share of the bucket below it; above the last bound that bound. */
function percentileMs(counts: Float64Array, total: number, share: number): number | null {
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (const [index, bound] of LATENCY_BUCKETS_S.entries()) {
    const count = counts[index] ?? 0;
    if (below + count >= rank && count > 0) {
      const from = LATENCY_BUCKETS_S[index - 1] ?? 0;
      return (from + ((bound - from) * (rank - below)) / count) * 1e3;
    }
    below += count;
  }
  return (LATENCY_BUCKETS_S.at(-1) ?? 0) * 1e3;
}
