import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ServerChild } from '../support/eventstoredb/server-child.ts';
import { drivesNode } from './engine-process.ts';
import { paymentText } from './http-caller.ts';
import { onWorkbench, type Workbench } from './workbench.ts';

/** Runs a test with an event store of its own. */
async function withStore(run: (bench: Workbench, store: ServerChild) => Promise<void>): Promise<void> {
  await onWorkbench(async (bench) => {
    const store = await ServerChild.start(join(bench.folder, 'events'));
    try {
      await run(bench, store);
    } finally {
      await bench.endAll();
      await store.kill();
    }
  });
}

function payment(index: number): string {
  const occurredAt = new Date(Date.UTC(2026, 0, 31, 12, 0, index)).toISOString();
  return paymentText(`payment-${index}`, { occurredAt });
}

describe('a server with its log on EventStoreDB', { skip: drivesNode }, () => {
  test('gives each decision again in the same bytes, whichever of store and engine was killed', () =>
    withStore(async (bench, store) => {
      const args = ['--open', '--log', store.url];
      const first = await bench.serve(args);
      const answers = new Map<number, string>();
      const firstCaller = bench.call(first);
      for (let index = 0; index < 5; index++) answers.set(index, (await firstCaller.authorize(payment(index))).text);
      await store.kill();
      await store.restart();
      for (let index = 5; index < 10; index++) {
        const { status, text } = await firstCaller.authorize(payment(index));
        assert.equal(status, 200, text);
        answers.set(index, text);
      }
      await first.end('SIGKILL');
      const second = await bench.serve(args, { environment: {} });
      const secondCaller = bench.call(second);
      for (const [index, text] of answers) {
        const again = await secondCaller.authorize(payment(index));
        assert.deepEqual([again.text, again.headers['palisade-repeated']], [text, 'true']);
      }
      const { revisions } = JSON.parse((await secondCaller.authorize(payment(10))).text);
      assert.equal(revisions.card, 10);
    }));

  test('shares it with another one: both decide about one card, and each payment counts once', () =>
    withStore(async (bench, store) => {
      const nodes = await Promise.all(
        ['one', 'other'].map((name) => bench.serve(['--open', '--log', store.url, '--data', join(bench.folder, name)])),
      );
      const callers = nodes.map((node) => bench.call(node));
      const revisions: number[] = [];
      const calls = Array.from({ length: 40 }, async (_, index) => {
        const caller = callers[index % 2];
        const answer = await caller?.authorize(payment(index));
        assert.equal(answer?.status, 200, answer?.text);
        revisions.push(JSON.parse(answer?.text ?? '').revisions.card);
      });
      await Promise.all(calls);
      assert.deepEqual(
        revisions.toSorted((left, right) => left - right),
        Array.from({ length: 40 }, (_, index) => index),
      );
      const repeats = await Promise.all(callers.map((caller) => caller.authorize(payment(7))));
      assert.equal(repeats[0]?.text, repeats[1]?.text);
    }));
});
