import type { Clock } from '../../ports/clock.ts';

/** Failures in a row after which a peer is left alone. */
const FAILURES_MAX = 3;
const FIRST_REST_MS = 500;
const REST_MS_MAX = 8_000;

type Trial = { failures: number; restMs: number; restsUntilMs: number; isProbed: boolean };

/** Which peers are worth a call: one that failed several times in a row rests, then gets one call to prove itself. */
export class PeerTrust {
  readonly #clock: Clock;
  readonly #trials = new Map<string, Trial>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether calls go to a peer. Changes nothing. */
  isTrusted(id: string): boolean {
    return (this.#trials.get(id)?.failures ?? 0) < FAILURES_MAX;
  }

  /** Whether to call a peer now; where it is on trial, the caller has to tell how the call went. O(1). */
  admits(id: string): boolean {
    const trial = this.#trials.get(id);
    if (trial === undefined || trial.failures < FAILURES_MAX) return true;
    if (trial.isProbed || this.#clock.monotonicMs() < trial.restsUntilMs) return false;
    trial.isProbed = true;
    return true;
  }

  succeeded(id: string): void {
    this.#trials.delete(id);
  }

  /** Counts a call without an answer; one whose connection was refused counts as many. */
  failed(id: string, isGone: boolean): void {
    const trial = this.#trials.get(id) ?? { failures: 0, restMs: FIRST_REST_MS, restsUntilMs: 0, isProbed: false };
    trial.failures = isGone ? FAILURES_MAX : trial.failures + 1;
    if (trial.isProbed) trial.restMs = Math.min(2 * trial.restMs, REST_MS_MAX);
    trial.isProbed = false;
    if (trial.failures >= FAILURES_MAX) trial.restsUntilMs = this.#clock.monotonicMs() + trial.restMs;
    this.#trials.set(id, trial);
  }

  /** Forgets peers that are no members any more. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#trials.keys()) if (!ids.has(id)) this.#trials.delete(id);
  }
}
