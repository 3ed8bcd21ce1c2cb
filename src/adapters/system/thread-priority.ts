import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import process from 'node:process';

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

/** Lets a process step back behind others, as `stepBack` does a thread. Changes nothing where that is not allowed. */
export function stepBackProcess(id: number): void {
  lower(id, BACKGROUND_NICENESS);
}

/**
 * Lets a process run only where nothing else wants the processor. Least priority alone does not do that: Linux takes a
 * processor that runs such a process for a busy one, and lets a thread that wakes up wait behind another instead of
 * moving it there. So its main thread becomes idle work (SCHED_IDLE), which needs `chrt` of util-linux: where there is
 * none, or the system does not let it, least priority has to do.
 */
export function yieldProcess(id: number): void {
  lower(id, NICENESS_MAX);
  if (process.platform === 'linux')
    spawn('chrt', ['-i', '-p', '0', String(id)], { stdio: 'ignore' }).on('error', () => {});
}

function lower(id: number, niceness: number): void {
  try {
    setPriority(id, niceness);
  } catch {
    // It has ended, or the system does not let it.
  }
}
