import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What tells one run of the operating system from the next; null where it does not tell. */
export function currentBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}

/** File that stands beside a database while writes to it may be in the memory of the system only. */
export function markerOf(path: string): string {
  return `${path}-unsynced`;
}

/** Removes a database with all that belongs to it, its marker last. */
export function removeDatabase(path: string): void {
  for (const each of [path, `${path}-wal`, `${path}-shm`, markerOf(path)]) rmSync(each, { force: true });
}

/**
 * Whether the database is as its last commit left it: what a process writes outlives the process, however it ends, and
 * is lost only with the system that it ran on. So a marker of an earlier run of the system tells that it is not.
 */
export function isWhole(path: string, bootId: string | null): boolean {
  return !existsSync(markerOf(path)) || readFileSync(markerOf(path), 'utf8') === bootId;
}

/** Says, durably, that from now on writes may be in memory only. */
export function markUnsynced(path: string, bootId: string): void {
  writeFileSync(markerOf(path), bootId);
  for (const each of [markerOf(path), dirname(path)]) syncPath(each);
}

/** Makes a closed database durable, and says so. */
export function markSynced(path: string): void {
  for (const each of [path, dirname(path)]) syncPath(each);
  rmSync(markerOf(path), { force: true });
}

function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
