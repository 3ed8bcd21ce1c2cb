import assert from 'node:assert/strict';
import type { CliProcess, LaunchOptions } from './engine-process.ts';
import { assertProblem, type HttpCaller, paymentText } from './http-caller.ts';
import { onWorkbench, type Workbench } from './workbench.ts';

const CALLERS = 8;

/** How a log is made to fail, and what has to be said of it. */
export type LogFailure = {
  readonly options: LaunchOptions;
  /** What the message and readiness tell of the cause and the remedy. */
  readonly cause: RegExp;
  /** Called with the number of decisions acknowledged so far; breaks something in time. */
  readonly provoke?: (acknowledgedCount: number) => void;
  /** Takes the cause away. */
  readonly repair: () => void;
};

/** Decisions that were acknowledged, by id, and what readiness said after the first refusal. */
type Load = { readonly acknowledged: Map<string, string>; readonly readiness: Set<string>; next: number };

/** Sends payments until the server is gone. */
async function sendUntilGone(caller: HttpCaller, load: Load, { provoke }: LogFailure): Promise<void> {
  for (;;) {
    const number = load.next++;
    try {
      const answer = await caller.authorize(paymentText(`payment-${number}`, { cardId: `card-${number % 20}` }));
      if (answer.status === 200) {
        load.acknowledged.set(`payment-${number}`, answer.text);
        provoke?.(load.acknowledged.size);
        continue;
      }
      assertProblem(answer, 503, 'LOG_FAILED');
      const ready = await caller.get('/readyz');
      assert.equal(ready.status, 503);
      for (const reason of JSON.parse(ready.text).reasons) load.readiness.add(reason);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED') return;
    }
  }
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

/** Tries of which one has to ask the server how it is in the two seconds between its failure and its end. */
const TRIES_MAX = 10;

/**
 * Makes the log of a server fail under load, and tells what has to hold of it: it says why, is not ready any more, ends
 * with exit code 1, and once the cause is gone a plain start has everything that was acknowledged.
 */
export async function failAndRecover(
  body: (bench: Workbench, run: (failure: LogFailure) => Promise<void>) => Promise<void>,
): Promise<void> {
  let wasAsked = false;
  for (let tries = 0; !wasAsked; tries++) {
    assert.ok(tries < TRIES_MAX, 'nobody was told that the server was not ready');
    await onWorkbench((bench) =>
      body(bench, async (failure) => {
        wasAsked = await failOnce(bench, failure);
      }),
    );
  }
}

/** Whether somebody asked how the server is before it was gone, which a slow machine may be too late for. */
async function failOnce(bench: Workbench, failure: LogFailure): Promise<boolean> {
  const { options, cause, repair } = failure;
  const server = await bench.serve(['--open'], options);
  const load: Load = { acknowledged: new Map(), readiness: new Set(), next: 0 };
  const caller = bench.call(server);
  await Promise.all(Array.from({ length: CALLERS }, () => sendUntilGone(caller, load, failure)));
  assert.equal(await server.ended, 1);
  const last = server.stderr.split('\n').find((line) => line.startsWith('Cannot write to the event log')) ?? '';
  assert.match(last, cause);
  assert.match(last, /events\.sqlite.*then start again/);
  const reasons = [...load.readiness];
  assert.ok(reasons.length === 0 || reasons.some((reason) => cause.test(reason)), reasons.join('\n'));
  assert.ok(load.acknowledged.size > 0);
  repair();
  await assertKept(bench, await bench.serve(), load.acknowledged);
  return reasons.length > 0;
}
