import type { Clock } from '../ports/clock.ts';

/** The wall clock as RFC 3339 UTC; written anew once in a millisecond, as many decisions fall into one. */
export function isoClockOf(clock: Clock): () => string {
  let shownMs = Number.NaN;
  let text = '';
  return () => {
    const nowMs = clock.nowMs();
    if (nowMs !== shownMs) text = new Date(nowMs).toISOString();
    shownMs = nowMs;
    return text;
  };
}
