import type { Clock, TimerHandle } from '../../ports/clock.ts';
import type { SagaTime } from './saga-time.ts';

/** The longest sleep while something waits, ms: after it the wall clock is looked at again. */
const SLEEP_MS_MAX = 1_000;

/** One timer for all that waits: rings at the earliest time that was asked for, or earlier. */
export class Alarm {
  readonly #clock: Clock;
  readonly #time: SagaTime;
  readonly #ring: () => void;
  #set: { readonly atMs: number; readonly timer: TimerHandle } | null = null;
  #isStopped = false;

  constructor(clock: Clock, time: SagaTime, ring: () => void) {
    this.#clock = clock;
    this.#time = time;
    this.#ring = ring;
  }

  /** Asks to be rung at a time, ms since the epoch; infinite for not at all. */
  arm(atMs: number): void {
    if (atMs === Number.POSITIVE_INFINITY || this.#isStopped) return;
    const nowMs = this.#time.nowMs();
    const wakeAtMs = Math.min(atMs, nowMs + SLEEP_MS_MAX);
    if (this.#set !== null && this.#set.atMs <= wakeAtMs) return;
    this.#set?.timer.cancel();
    const timer = this.#clock.schedule(Math.max(0, wakeAtMs - nowMs), () => {
      this.#set = null;
      this.#ring();
    });
    this.#set = { atMs: wakeAtMs, timer };
  }

  /** Rings no more. */
  stop(): void {
    this.#isStopped = true;
    this.#set?.timer.cancel();
  }
}
