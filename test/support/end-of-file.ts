import process from 'node:process';
import { after } from 'node:test';

/** Time for what closes in an orderly way, after the last test of a file. */
const GRACE_MS = 20_000;

/**
 * Ends the process of a file of tests some time after its last one: what a test that failed has left open, as a reader
 * that looks for its broker for ever, would keep it, and who waits for it, from ending. Does nothing on Deno, whose
 * files end with their tests.
 */
export function endAfterTests(): void {
  if ('Deno' in globalThis) return;
  after(() => {
    setTimeout(() => process.exit(), GRACE_MS).unref();
  });
}
