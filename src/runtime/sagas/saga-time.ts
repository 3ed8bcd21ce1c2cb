import type { Clock } from '../../ports/clock.ts';

/**
 * Time by which deadlines are kept. Never goes back: where the wall clock does, time goes on by the monotonic clock, so
 * that no deadline moves away. Where the wall clock leaps ahead (a machine that slept), deadlines fall due.
 */
export class SagaTime {
  readonly #clock: Clock;
  #lastMs: number;
  #lastMonotonicMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.nowMs();
    this.#lastMonotonicMs = clock.monotonicMs();
  }

  /** Ms since the epoch. */
  nowMs(): number {
    const monotonicMs = this.#clock.monotonicMs();
    const elapsedMs = Math.max(0, monotonicMs - this.#lastMonotonicMs);
    const nowMs = Math.max(this.#clock.nowMs(), Math.floor(this.#lastMs + elapsedMs));
    // Fractions of a millisecond are kept: many looks in one millisecond must not stand still.
    if (nowMs > this.#lastMs) {
      this.#lastMonotonicMs = monotonicMs - (this.#lastMs + elapsedMs > nowMs ? this.#lastMs + elapsedMs - nowMs : 0);
      this.#lastMs = nowMs;
    }
    return this.#lastMs;
  }
}
