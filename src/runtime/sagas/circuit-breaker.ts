import { pauseAfter } from './backoff.ts';

export type BreakerSettings = {
  /** Failures in a row that open it. */
  readonly failuresMax: number;
  /** First and longest time that it stays open before one attempt is let through, ms. */
  readonly openMs: number;
  readonly openMsMax: number;
};

export type BreakerState = 'closed' | 'open' | 'half_open';

/**
 * Keeps attempts away from an endpoint that fails. Closed lets all through; after some failures in a row it opens for a
 * time; then one attempt goes through and decides (M. Nygard, Release It!, 2007). Times are the caller's.
 */
export class CircuitBreaker {
  readonly #settings: BreakerSettings;
  readonly #random: () => number;
  #failures = 0;
  #openings = 0;
  #reopenAtMs = 0;
  #state: BreakerState = 'closed';

  constructor(settings: BreakerSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** When an attempt is next let through; 0 while it is closed. */
  get reopenAtMs(): number {
    return this.#state === 'open' ? this.#reopenAtMs : 0;
  }

  /** Whether an attempt may start now. In the half-open state one may, until it is answered. */
  admits(nowMs: number, underWay: number): boolean {
    if (this.#state === 'open' && nowMs >= this.#reopenAtMs) this.#state = 'half_open';
    if (this.#state === 'half_open') return underWay === 0;
    return this.#state === 'closed';
  }

  /** Takes an answer; true where the endpoint has come back with it. */
  succeeded(): boolean {
    const isBack = this.#state !== 'closed';
    this.#state = 'closed';
    this.#failures = 0;
    this.#openings = 0;
    return isBack;
  }

  /** Takes a failure; `pauseMs` is how long the receiver asked to be left alone, 0 where it did not. */
  failed(nowMs: number, pauseMs: number): void {
    this.#failures += 1;
    const isTrialOver = this.#state === 'half_open';
    if (!isTrialOver && pauseMs === 0 && this.#failures < this.#settings.failuresMax) return;
    if (this.#state === 'open') return;
    this.#openings += 1;
    const { openMs, openMsMax } = this.#settings;
    const waitMs = pauseAfter(this.#openings, this.#random(), openMs, openMsMax);
    this.#reopenAtMs = nowMs + Math.max(waitMs, pauseMs);
    this.#state = 'open';
  }

  /** Closes it by hand. */
  reset(): void {
    this.succeeded();
  }
}
