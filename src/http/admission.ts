import type { Clock, TimerHandle } from '../ports/clock.ts';

/** Bounds of the admission controller. Times in ms. */
export type AdmissionLimits = {
  /** Queue delay that is fine to stand for as long as it likes. */
  readonly targetMs: number;
  /** Time for which the delay has to stay above the target before anything is shed. */
  readonly intervalMs: number;
  /** Distance between two measurements of the event loop. */
  readonly sampleMs: number;
  /** Delay at which nothing more is taken, whatever it was before. */
  readonly delayMsMax: number;
  /** Authorizations that may be under way at once. */
  readonly inFlightMax: number;
};

const SHARE_STEP = 0.25;
const SHARE_MAX = 0.98;
const SHARE_MIN = 0.02;
const RETRY_AFTER_S_MAX = 5;

/**
 * Decides whether a request is taken or shed, by how long requests wait before they are served.
 *
 * The signal is that of CoDel (Nichols and Jacobson 2012, RFC 8289): the smallest queue delay seen in an interval. A
 * burst makes the largest delay rise, only a standing queue makes the smallest rise. CoDel answers by dropping ever
 * faster until senders slow down; payment systems do not slow down, so here the answer is a share of the requests to
 * shed: each interval with a standing queue closes a quarter of what is still open, each interval without halves it.
 * Queue delay is the lateness of a timer (time in the socket, waiting for the event loop) and the age of the oldest
 * command in the engine. `admit` costs two comparisons while nothing is shed.
 */
export class Admission {
  readonly #clock: Clock;
  readonly #limits: AdmissionLimits;
  readonly #oldestPendingMs: () => number;
  readonly #onSample: (loopDelayMs: number) => void;
  #timer: TimerHandle | null = null;
  #dueAtMs = 0;
  #intervalEndsAtMs = 0;
  #smallestMs = Number.POSITIVE_INFINITY;
  #delayMs = 0;
  #share = 0;
  #credit = 0;

  /** `oldestPendingMs` is asked once a sample; `onSample` hears the event-loop delay of each, ms. */
  constructor(
    clock: Clock,
    limits: AdmissionLimits,
    oldestPendingMs: () => number,
    onSample: (loopDelayMs: number) => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#oldestPendingMs = oldestPendingMs;
    this.#onSample = onSample;
  }

  /** Begins to measure. Until then everything is admitted. */
  start(): void {
    if (this.#timer !== null) return;
    this.#intervalEndsAtMs = this.#clock.monotonicMs() + this.#limits.intervalMs;
    this.#arm();
  }

  /** Ends the measurements and takes everything again. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#share = 0;
    this.#delayMs = 0;
  }

  /** Share of the sheddable requests that are being shed, 0 to 1. */
  get share(): number {
    return this.#delayMs >= this.#limits.delayMsMax ? 1 : this.#share;
  }

  /** Queue delay at the last sample, ms. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** Whether to take one more request. Sheds evenly: at a share of a quarter, every fourth. */
  admit(): boolean {
    const share = this.share;
    if (share === 0) return true;
    this.#credit += share;
    if (this.#credit < 1) return true;
    this.#credit -= 1;
    return false;
  }

  /** What to tell a client that was shed: whole seconds, more the more is shed. */
  retryAfterS(): number {
    return 1 + Math.floor(this.share * (RETRY_AFTER_S_MAX - 1));
  }

  #arm(): void {
    this.#dueAtMs = this.#clock.monotonicMs() + this.#limits.sampleMs;
    this.#timer = this.#clock.schedule(this.#limits.sampleMs, () => this.#sample());
  }

  #sample(): void {
    const nowMs = this.#clock.monotonicMs();
    const loopDelayMs = Math.max(0, nowMs - this.#dueAtMs);
    this.#onSample(loopDelayMs);
    this.#delayMs = loopDelayMs + this.#oldestPendingMs();
    this.#smallestMs = Math.min(this.#smallestMs, this.#delayMs);
    if (nowMs >= this.#intervalEndsAtMs) {
      this.#adjust(this.#smallestMs > this.#limits.targetMs);
      this.#smallestMs = Number.POSITIVE_INFINITY;
      this.#intervalEndsAtMs = nowMs + this.#limits.intervalMs;
    }
    this.#arm();
  }

  #adjust(standing: boolean): void {
    if (standing) {
      this.#share = Math.min(SHARE_MAX, this.#share + (1 - this.#share) * SHARE_STEP);
      return;
    }
    this.#share = this.#share / 2 < SHARE_MIN ? 0 : this.#share / 2;
    if (this.#share === 0) this.#credit = 0;
  }
}
