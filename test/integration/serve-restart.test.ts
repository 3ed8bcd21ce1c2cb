import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { drivesNode } from './engine-process.ts';
import { assertProblem, type HttpCaller, paymentText, type WireAnswer } from './http-caller.ts';
import { smallRuleset } from './small-ruleset.ts';
import { onWorkbench } from './workbench.ts';

const ENTITIES = ['cards/card-1', 'accounts/account-1', 'devices/device-1', 'merchants/merchant-1', 'ips/192.0.2.17'];

/** What holds of a transaction that was decided before, whatever happened to the process since. */
async function assertDecided(caller: HttpCaller, first: string): Promise<void> {
  const again = await caller.authorize(paymentText('payment-1'));
  assert.deepEqual([again.status, again.text, again.headers['palisade-repeated']], [200, first, 'true']);
  const read = await caller.get('/v1/authorizations/payment-1');
  assert.deepEqual([read.status, read.text], [200, first]);
  const other = await caller.authorize(paymentText('payment-1', { amountMinor: 1251 }));
  assert.deepEqual(assertProblem(other, 409, 'TRANSACTION_CONFLICT'), ['transactionId']);
}

/** The pages of the entities; whether they are resident is the one thing that a restart changes. */
async function entitiesOf(caller: HttpCaller): Promise<object[]> {
  const pages: object[] = [];
  for (const path of ENTITIES) {
    const { status, text } = await caller.get(`/v1/${path}`);
    assert.equal(status, 200, text);
    pages.push({ ...JSON.parse(text), resident: true });
  }
  return pages;
}

/** Line number, status, and whether it was recorded before, of each line of the answer to a batch. */
function linesOf({ status, text }: WireAnswer): [number, number, boolean | undefined][] {
  assert.equal(status, 200, text);
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => {
    const told: { line: number; status: number; repeated?: boolean } = JSON.parse(line);
    return [told.line, told.status, told.repeated];
  });
}

describe('a server', { concurrency: true, skip: drivesNode }, () => {
  describe('over one event log', { concurrency: true }, () => {
    test('gives the first answer again, in the same bytes, after an orderly and after a hard end', () =>
      onWorkbench(async (bench) => {
        const first = await bench.serve();
        const firstCaller = bench.call(first);
        const answer = await firstCaller.authorize(paymentText('payment-1'));
        assert.deepEqual([answer.status, answer.headers['palisade-repeated']], [200, undefined], answer.text);
        const { transactionId, outcome, mode, revisions } = JSON.parse(answer.text);
        assert.deepEqual([transactionId, outcome, mode], ['payment-1', 'approve', 'full']);
        assert.deepEqual(revisions, { account: 0, card: 0, device: 0, ip: 0, merchant: 0 });
        await assertDecided(firstCaller, answer.text);
        for (let index = 2; index < 9; index++) {
          const occurredAt = `2026-01-31T13:4${index}:00+02:00`;
          assert.equal((await firstCaller.authorize(paymentText(`payment-${index}`, { occurredAt }))).status, 200);
        }
        const entities = await entitiesOf(firstCaller);
        firstCaller.close();
        assert.equal(await first.end('SIGTERM'), 0, first.output);

        const second = await bench.serve();
        const secondCaller = bench.call(second);
        await assertDecided(secondCaller, answer.text);
        assert.deepEqual(await entitiesOf(secondCaller), entities);
        assert.equal((await secondCaller.authorize(paymentText('payment-9'))).status, 200);
        const moreEntities = await entitiesOf(secondCaller);
        assert.equal(await second.end('SIGKILL'), 'SIGKILL');

        const third = await bench.serve();
        const thirdCaller = bench.call(third);
        await assertDecided(thirdCaller, answer.text);
        assert.deepEqual(await entitiesOf(thirdCaller), moreEntities);
        const card = JSON.parse((await thirdCaller.get('/v1/cards/card-1')).text);
        assert.deepEqual([card.revision, card.windows.count_1h], [8, 9]);
      }));

    test('answers twins that come at once with the same bytes, and counts them once', () =>
      onWorkbench(async (bench) => {
        const caller = bench.call(await bench.serve());
        const twins = await Promise.all(Array.from({ length: 20 }, () => caller.authorize(paymentText('payment-1'))));
        assert.deepEqual([...new Set(twins.map(({ status }) => status))], [200]);
        assert.equal(new Set(twins.map(({ text }) => text)).size, 1);
        assert.equal(twins.filter(({ headers }) => headers['palisade-repeated'] === undefined).length, 1);
        const card = JSON.parse((await caller.get('/v1/cards/card-1')).text);
        assert.deepEqual([card.revision, card.windows.count_1h], [0, 1]);
        assertProblem(await caller.get('/v1/authorizations/payment-2'), 404, 'REQUEST_NOT_FOUND');
        assertProblem(await caller.get('/v1/cards/card-2'), 404, 'REQUEST_NOT_FOUND');
      }));
  });

  describe('with events', { concurrency: true }, () => {
    test('records events one by one and in batches, each once, before and after a hard end', () =>
      onWorkbench(async (bench) => {
        const login = (eventId: string, status: string) =>
          JSON.stringify({ type: 'login', eventId, occurredAt: '2026-01-31T13:40:00+02:00', accountId: 'a-1', status });
        const batch = [
          login('login-1', 'failed'),
          '{"type":"login"',
          '',
          login('login-1', 'failed'),
          login('login-2', 'failed'),
          login('login-2', 'succeeded'),
        ].join('\n');
        const ndjson = { 'content-type': 'application/x-ndjson' };
        const server = await bench.serve();
        const caller = bench.call(server);
        const one = await caller.send('POST', '/v1/events', login('login-0', 'failed'));
        assert.deepEqual([one.status, JSON.parse(one.text).repeated], [200, false]);
        const repeat = await caller.send('POST', '/v1/events', login('login-0', 'failed'));
        assert.deepEqual([JSON.parse(repeat.text).repeated, repeat.headers['palisade-repeated']], [true, 'true']);
        assert.deepEqual(linesOf(await caller.send('POST', '/v1/events', batch, ndjson)), [
          [1, 200, false],
          [2, 400, undefined],
          [4, 200, true],
          [5, 200, false],
          [6, 409, undefined],
        ]);
        await server.end('SIGKILL');
        const after = bench.call(await bench.serve());
        assert.deepEqual(linesOf(await after.send('POST', '/v1/events', batch, ndjson)), [
          [1, 200, true],
          [2, 400, undefined],
          [4, 200, true],
          [5, 200, true],
          [6, 409, undefined],
        ]);
        const account = JSON.parse((await after.get('/v1/accounts/a-1')).text);
        assert.deepEqual([account.revision, account.windows.failed_logins_10m], [2, 3]);
      }));
  });

  describe('with lists and suppressions', { concurrency: true }, () => {
    test('keeps lists and suppressions, and decides by them, after a hard end', () =>
      onWorkbench(async (bench) => {
        const file = join(bench.folder, 'rules.yaml');
        await writeFile(file, smallRuleset('small', 'review'));
        const start = () => bench.serve(['--open', '--ruleset', file]);
        const outcomeOf = async (caller: HttpCaller, id: string, cardId: string): Promise<string> => {
          const { status, text } = await caller.authorize(paymentText(id, { cardId }));
          assert.equal(status, 200, text);
          return JSON.parse(text).outcome;
        };
        const first = await start();
        const caller = bench.call(first);
        assert.equal(await outcomeOf(caller, 'payment-1', 'card-1'), 'review');
        assert.equal((await caller.send('PUT', '/v1/lists/block/card/card-2')).status, 200);
        const suppression = { ruleId: 'above-ten', kind: 'card', id: 'card-1' };
        const until = { until: '2027-01-01T00:00:00.000Z', note: 'case 7' };
        const suppressed = await caller.send('PUT', '/v1/suppressions/above-ten/card/card-1', JSON.stringify(until));
        assert.equal(suppressed.status, 200, suppressed.text);
        await first.end('SIGKILL');

        const second = await start();
        const secondCaller = bench.call(second);
        assert.equal(await outcomeOf(secondCaller, 'payment-2', 'card-1'), 'approve');
        assert.equal(await outcomeOf(secondCaller, 'payment-3', 'card-2'), 'decline');
        assert.equal(await outcomeOf(secondCaller, 'payment-4', 'card-3'), 'review');
        const { suppressions } = JSON.parse((await secondCaller.get('/v1/suppressions')).text);
        assert.deepEqual(suppressions, [{ ...suppression, ...until, by: '' }]);
        assert.equal((await secondCaller.send('DELETE', '/v1/lists/block/card/card-2')).status, 204);
        await second.end('SIGKILL');

        const thirdCaller = bench.call(await start());
        assert.equal(JSON.parse((await thirdCaller.get('/v1/lists')).text).total, 0);
        assert.equal(await outcomeOf(thirdCaller, 'payment-5', 'card-2'), 'review');
      }));
  });
});
