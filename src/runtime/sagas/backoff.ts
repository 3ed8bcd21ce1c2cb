/** Pause before the second attempt, and the longest pause, ms. */
const FIRST_PAUSE_MS = 500;
export const PAUSE_MS_MAX = 10 * 60_000;

/**
 * Pause after a number of failed attempts, ms: doubled each time, half of it at random, so that what failed together
 * does not come back together ("equal jitter", M. Brooker, Exponential Backoff and Jitter, 2015). `random` in [0, 1).
 */
export function pauseAfter(attempts: number, random: number, firstMs = FIRST_PAUSE_MS, maxMs = PAUSE_MS_MAX): number {
  const whole = Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, attempts - 1)));
  return Math.round(whole / 2 + (whole / 2) * random);
}
