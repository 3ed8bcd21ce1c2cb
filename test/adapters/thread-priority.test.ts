import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

const MODULE = new URL('../../src/adapters/system/thread-priority.ts', import.meta.url);

/** Runs a script that posts the niceness of its thread, before and after it has stepped back, and whether it could. */
const SCRIPT = `
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { stepBack } from ${JSON.stringify(MODULE.href)};
const niceness = () => Number(readFileSync('/proc/thread-self/stat', 'utf8').split(') ')[1].split(' ')[16]);
const before = niceness();
parentPort.postMessage({ stepped: stepBack(), before, after: niceness() });
`;

function hasThreadPriorities(): boolean {
  try {
    return readFileSync('/proc/thread-self/stat', 'utf8') !== '';
  } catch {
    return false;
  }
}

test('a thread steps back alone, and the one that started it does not', { skip: !hasThreadPriorities() }, async () => {
  const ownNiceness = () => readFileSync(`/proc/${process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[16];
  const before = ownNiceness();
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`));
  const [told] = await once(worker, 'message');
  await worker.terminate();
  assert.equal(told.stepped, true);
  assert.ok(told.after > told.before, `${told.before} to ${told.after}`);
  assert.equal(ownNiceness(), before);
});
