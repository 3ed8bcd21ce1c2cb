import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Niceness that is added for work that can wait: a tenth of the share, where two threads want the processor. */
const BACKGROUND_NICENESS = 10;
const NICENESS_MAX = 19;

/**
 * Lets the calling thread step back behind the others of its process: it runs where they leave the processor idle, and
 * gets about a tenth of a share where they do not. On Linux, where a thread has a priority of its own; elsewhere, and
 * where it is not allowed, it answers false and changes nothing.
 */
export function stepBack(): boolean {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, Math.min(NICENESS_MAX, getPriority(thread) + BACKGROUND_NICENESS));
    return true;
  } catch {
    return false;
  }
}
