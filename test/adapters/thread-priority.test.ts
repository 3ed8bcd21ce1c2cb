import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { yieldProcess } from '../../src/adapters/system/thread-priority.ts';

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

/** The policy of a process, by number: 5 is that of idle work. */
function policyOf(id: number): number {
  return Number(readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')[38]);
}

const hasChrt = spawnSync('chrt', ['--version']).status === 0;

test('a process becomes idle work', { skip: !hasThreadPriorities() || !hasChrt }, async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  try {
    assert.ok(child.pid !== undefined);
    assert.equal(policyOf(child.pid), 0);
    yieldProcess(child.pid);
    for (let tries = 0; policyOf(child.pid) !== 5; tries++) {
      assert.ok(tries < 3_600, 'it stays as any other');
      await sleep(50);
    }
    assert.equal(getPriority(child.pid), 19);
  } finally {
    child.kill('SIGKILL');
  }
});
