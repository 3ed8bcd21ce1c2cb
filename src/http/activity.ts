import type { Clock } from '../ports/clock.ts';

/** What is under way in the server: how much, and since when nothing is. */
export class Activity {
  readonly #clock: Clock;
  #lastEndMs: number;
  /** Authorizations handed to the engine and not answered. */
  authorizations = 0;
  /** Other requests whose handler has not ended. */
  others = 0;
  /** Whether a shutdown has begun. */
  draining = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastEndMs = clock.monotonicMs();
  }

  /** Marks the end of one authorization. */
  endAuthorization(): void {
    this.authorizations--;
    if (this.draining) this.#lastEndMs = this.#clock.monotonicMs();
  }

  /** Marks the end of one other request. */
  endOther(): void {
    this.others--;
    if (this.draining) this.#lastEndMs = this.#clock.monotonicMs();
  }

  /** Begins the shutdown. */
  beginDrain(): void {
    this.draining = true;
    this.#lastEndMs = this.#clock.monotonicMs();
  }

  /** Time for which nothing has been under way, ms; 0 while something is. Means something while draining only. */
  get quietMs(): number {
    return this.authorizations + this.others > 0 ? 0 : this.#clock.monotonicMs() - this.#lastEndMs;
  }
}
