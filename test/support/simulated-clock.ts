import type { Clock, TimerHandle } from '../../src/ports/clock.ts';

type Timer = { readonly atMs: number; readonly order: number; readonly callback: () => void };

/** Wall clock of a simulation at its start. */
export const SIMULATION_START_MS = Date.parse('2026-03-01T12:00:00Z');

/**
 * A clock that stands still until it is moved. Timers fire when the time passes them, by due time and then by age;
 * what they throw reaches the one who moves the clock.
 */
export class SimulatedClock implements Clock {
  readonly #startMs: number;
  #elapsedMs = 0;
  #order = 0;
  #timers: Timer[] = [];

  constructor(startMs = SIMULATION_START_MS) {
    this.#startMs = startMs;
  }

  /** Timers that have not fired. */
  get timerCount(): number {
    return this.#timers.length;
  }

  nowMs(): number {
    return this.#startMs + Math.floor(this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  schedule(delayMs: number, callback: () => void): TimerHandle {
    const timer = { atMs: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Moves the time on and fires what falls due on the way, each at its own time. */
  advance(ms: number): void {
    const untilMs = this.#elapsedMs + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.atMs <= untilMs);
      const next = due.sort((left, right) => left.atMs - right.atMs || left.order - right.order)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.atMs);
      next.callback();
    }
    this.#elapsedMs = untilMs;
  }

  /** Forgets every timer, as a crash does. */
  forgetTimers(): void {
    this.#timers = [];
  }
}
