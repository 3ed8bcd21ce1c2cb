import type { Position } from '../domain/entities.ts';
import { isPalisadeError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog, RecordDraft } from '../ports/event-log.ts';

/** Pause before the first repeat, ms; each further one is twice as long, up to the longest. */
const FIRST_PAUSE_MS = 20;
const PAUSE_MS_MAX = 2_000;
/** Repeats before the caller is told that the outcome is not known: about nine seconds in all. */
const REPEATS_MAX = 10;

/**
 * Repeats an append whose outcome is not known, identically, until the log says what became of it: it is stored once,
 * whichever it was. Nothing is decided anew before, as the first append may still count. Rejects as `append` does, and
 * with the last LOG_OUTCOME_UNKNOWN after ten repeats.
 */
export async function repeatAppend(log: EventLog, clock: Clock, draft: RecordDraft): Promise<Position> {
  let pauseMs = FIRST_PAUSE_MS;
  for (let repeat = 1; ; repeat++) {
    await pause(clock, pauseMs);
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
    try {
      return await log.append(draft);
    } catch (error) {
      if (repeat >= REPEATS_MAX || !isPalisadeError(error, 'LOG_OUTCOME_UNKNOWN')) throw error;
    }
  }
}

/** Appends, and repeats the identical append where its outcome is not known. Rejects as `repeatAppend` does. */
export async function appendSurely(log: EventLog, clock: Clock, draft: RecordDraft): Promise<Position> {
  try {
    return await log.append(draft);
  } catch (error) {
    if (!isPalisadeError(error, 'LOG_OUTCOME_UNKNOWN')) throw error;
    return await repeatAppend(log, clock, draft);
  }
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(delayMs, resolve));
}
