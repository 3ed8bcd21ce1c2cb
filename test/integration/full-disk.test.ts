import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { type CliProcess, drivesNode, type LaunchOptions } from './engine-process.ts';
import { assertProblem, type HttpCaller, paymentText } from './http-caller.ts';
import { onWorkbench, type Workbench } from './workbench.ts';

const CALLERS = 8;

/** Why no volume can be mounted here; false where one can. */
function findMountObstacle(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'palisade-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return false;
  } catch {
    return 'a small volume can only be mounted by root on Linux';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Decisions that were acknowledged, by id, and what readiness said after the first refusal. */
type Filling = { readonly acknowledged: Map<string, string>; readonly readiness: Set<string>; next: number };

/** Sends payments until the server is gone. */
async function fill(caller: HttpCaller, filling: Filling): Promise<void> {
  for (;;) {
    const number = filling.next++;
    try {
      const answer = await caller.authorize(paymentText(`payment-${number}`, { cardId: `card-${number % 20}` }));
      if (answer.status === 200) {
        filling.acknowledged.set(`payment-${number}`, answer.text);
        continue;
      }
      assertProblem(answer, 503, 'LOG_FAILED');
      const ready = await caller.get('/readyz');
      assert.equal(ready.status, 503);
      for (const reason of JSON.parse(ready.text).reasons) filling.readiness.add(reason);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') return;
    }
  }
}

/** Fills the disk of a server, and tells what has to hold of it then and after there is room again. */
async function fillAndRecover(
  bench: Workbench,
  limited: LaunchOptions,
  cause: RegExp,
  makeRoom: () => void,
): Promise<void> {
  const server = await bench.serve(['--open'], limited);
  const filling: Filling = { acknowledged: new Map(), readiness: new Set(), next: 0 };
  const caller = bench.call(server);
  await Promise.all(Array.from({ length: CALLERS }, () => fill(caller, filling)));
  assert.equal(await server.ended, 1);
  const last = server.stderr.split('\n').find((line) => line.startsWith('Cannot write to the event log')) ?? '';
  assert.match(last, cause);
  assert.match(last, /events\.sqlite.*then start again/);
  assert.ok(
    [...filling.readiness].some((reason) => cause.test(reason)),
    [...filling.readiness].join('\n'),
  );
  assert.ok(filling.acknowledged.size > 0);
  makeRoom();
  await assertKept(bench, await bench.serve(), filling.acknowledged);
}

async function assertKept(bench: Workbench, server: CliProcess, acknowledged: Map<string, string>): Promise<void> {
  const caller = bench.call(server);
  const reads = [...acknowledged].map(async ([id, text]) => {
    const read = await caller.get(`/v1/authorizations/${id}`);
    return read.text === text ? [] : [id];
  });
  assert.deepEqual((await Promise.all(reads)).flat(), []);
  assert.equal((await caller.authorize(paymentText('payment-after'))).status, 200);
  assert.equal((await caller.get('/readyz')).status, 200);
}

describe('a disk that fills up under load', { concurrency: true, skip: drivesNode }, () => {
  test('ends the server with the cause and the remedy, and loses nothing', { skip: findMountObstacle() }, () =>
    onWorkbench(async (bench) => {
      mkdirSync(bench.data);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', bench.data]);
      try {
        await fillAndRecover(bench, {}, /database or disk is full.*Free space on the volume/, () =>
          execFileSync('mount', ['-o', 'remount,size=64m', bench.data]),
        );
      } finally {
        await bench.endAll();
        execFileSync('umount', [bench.data]);
      }
    }),
  );

  const noLimits = process.platform === 'win32' ? 'there is no ulimit on Windows' : false;
  test('by a limit on the size of files does the same', { skip: noLimits }, () =>
    onWorkbench((bench) =>
      fillAndRecover(
        bench,
        { fileBlocksMax: 4096 },
        /disk I\/O error.*Check the volume \(space, file size limits/,
        () => {
          // The next start has no limit.
        },
      ),
    ),
  );
});
