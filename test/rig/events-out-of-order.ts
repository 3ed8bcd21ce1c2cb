import type { Login, Transaction } from '../../src/domain/events.ts';
import { eventAt } from './events-under-kill.ts';
import { LATENESS_MS } from './rig-ruleset.ts';

const START_MS = Date.UTC(2026, 0, 5, 8);
/** Time between events, so short that what waits while a node is stopped is still within the lateness. */
const STEP_MS = 1_000;
const DISORDER_MS = 7_000;
/** Of so many events one is late within the lateness, and one beyond it. */
const LATE_EVERY = 7;
const TOO_LATE_EVERY = 43;
const LATE_MS_MAX = 12 * 60_000;
/** So far beyond the lateness that every node has seen what makes it too late. */
const TOO_LATE_MS = 3 * LATENESS_MS;

/** The stream of payments and logins with times that go back and forth: none is sent in the order of its event time. */
export function disorderedEventOf(index: number): Transaction | Login {
  return eventAt(index, START_MS + index * STEP_MS - latenessOf(index));
}

function latenessOf(index: number): number {
  if (isMeantTooLate(index)) return TOO_LATE_MS + (index % 100) * STEP_MS;
  const late = index % LATE_EVERY === 3 ? (index * 7_919 * STEP_MS) % LATE_MS_MAX : 0;
  return late + (index % 5) * DISORDER_MS;
}

/** Whether an event comes so late that it has to be left out; the first ones are not, as nothing came before them. */
export function isMeantTooLate(index: number): boolean {
  return index % TOO_LATE_EVERY === TOO_LATE_EVERY - 1;
}

/** How an event is brought in first: by a call, over the topic, or both at about the same time. */
export function wayOf(index: number): 'call' | 'topic' | 'both' {
  if (index % 5 !== 3) return 'call';
  return index % 3 === 0 ? 'both' : 'topic';
}
