import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.ts';
import type { CliProcess } from './engine-process.ts';
import { drivesNode } from './engine-process.ts';
import { callJson, paymentText } from './http-caller.ts';
import { onWorkbench, type Workbench } from './workbench.ts';

type Json = Readonly<Record<string, unknown>>;

const RULESET = `name: late-reversal
currency: { base: EUR, rates: {} }
event_time: { features: { out_of_orderness: 1s, lateness: 2s, late: correct } }
features:
  card.count_10m: { aggregate: count, window: sliding 10m }
  card.approved_10m: { aggregate: count, window: sliding 10m, outcome: approved }
  card.declined_10m: { aggregate: count, window: sliding 10m, outcome: declined }
rules:
  - { id: busy, when: card.count_10m >= 4, outcome: decline, score: 10, reason: BUSY }
policy:
  thresholds: { challenge: 80, review: 90, decline: 100 }
  fallback: [{ outcome: decline }]
`;

async function json(url: string, method = 'GET', body = ''): Promise<Json> {
  return (await callJson(url, method, body)).body;
}

/** Three payments of a card in a minute, then one whose time lies before them: with it the third is one too many. */
async function payInDisorder(server: CliProcess, bench: Workbench, card: string, startMs: number): Promise<string> {
  const caller = bench.call(server);
  const payment = (id: string, second: number): string =>
    paymentText(`${card}-${id}`, {
      cardId: card,
      accountId: card,
      amountMinor: 500,
      occurredAt: new Date(startMs + second * 1000).toISOString(),
    });
  for (const second of [20, 30, 40]) {
    const answer = await caller.authorize(payment(`t${second}`, second));
    assert.equal(JSON.parse(answer.text).outcome, 'approve', answer.text);
  }
  const late = await caller.authorize(payment('late', 0));
  assert.equal(late.status, 200);
  return payment('t40', 40);
}

/** Asks for a decision until its reversal is in a state. */
async function untilReversal(url: string, id: string, state: string): Promise<Json> {
  for (;;) {
    const { followUps, outcome } = await json(`${url}/v1/authorizations/${id}`);
    assert.equal(outcome, 'approve', 'the decision stands as it was answered');
    const found: Json | undefined = Array.isArray(followUps)
      ? followUps.find((one: Json) => one.kind === 'reversal' && one.state === state)
      : undefined;
    if (found !== undefined) return found;
    await sleep(50);
  }
}

describe('an approval that a late event makes a decline', { skip: drivesNode }, () => {
  test('is reversed once, through kills before it is looked at and while it is reversed', () =>
    onWorkbench(async (bench) => {
      const ruleset = join(bench.folder, 'ruleset.yaml');
      await writeFile(ruleset, RULESET);
      const responses = join(bench.folder, 'responses.yaml');
      const port = String(await freePort());
      const confirmTo = `http://127.0.0.1:${port}/v1/confirmations`;
      const sandbox = bench.launch(['sandbox', '--port', '0', '--confirm-to', confirmTo, '--responses', responses]);
      await sandbox.until(/answers at http/);
      const behave = (body: string) => json(`${sandbox.url}/behaviours/card-processor`, 'PUT', body);
      const args = ['--open', '--port', port, '--ruleset', ruleset, '--responses', responses];
      const startMs = Date.now() - 120_000;

      const first = await bench.serve(args);
      await behave('down');
      const paid = await payInDisorder(first, bench, 'card-1', startMs);
      await untilReversal(first.url, 'card-1-t40', 'reversing');
      // Nobody knows whether this one was looked at when the process is gone.
      await payInDisorder(first, bench, 'card-2', startMs);
      await first.end('SIGKILL');
      await behave('lost_reply');

      const second = await bench.serve(args);
      for (const card of ['card-1', 'card-2']) {
        const reversal = await untilReversal(second.url, `${card}-t40`, 'reversed');
        assert.equal(reversal.why, 'approval_revised');
      }
      const { effects } = await json(`${sandbox.url}/world`);
      assert.deepEqual(effects, { 'authorization.reverse': 2, 'authorization.reversed': 2 });
      const { windows } = await json(`${second.url}/v1/cards/card-1`);
      assert.deepEqual(windows, { count_10m: 4, approved_10m: 2, declined_10m: 2 });
      const again = await bench.call(second).authorize(paid);
      assert.deepEqual(
        [JSON.parse(again.text).outcome, again.headers['palisade-repeated'], again.headers['palisade-reversal']],
        ['approve', 'true', 'reversed'],
      );
      await second.end('SIGTERM');

      const third = await bench.serve(args);
      const sagas = await json(`${third.url}/v1/sagas?kind=reversal`);
      assert.equal(Array.isArray(sagas.sagas) ? sagas.sagas.length : JSON.stringify(sagas), 2);
      assert.deepEqual((await json(`${sandbox.url}/world`)).effects, effects);
    }));
});
