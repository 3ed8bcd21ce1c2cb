import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inFolder, type Server, startServe } from './engine-process.ts';
import { assertProblem, HttpCaller, paymentText, type WireAnswer } from './http-caller.ts';

const DECISION = '/v1/authorizations/payment-1';

/** What holds of a transaction that was decided before, whatever happened to the process since. */
async function assertDecided(caller: HttpCaller, first: string): Promise<void> {
  const again = await caller.authorize(paymentText('payment-1'));
  assert.deepEqual([again.status, again.text, again.headers['palisade-repeated']], [200, first, 'true']);
  const read = await caller.get(DECISION);
  assert.deepEqual([read.status, read.text], [200, first]);
  const other = await caller.authorize(paymentText('payment-1', { amountMinor: 1251 }));
  assert.deepEqual(assertProblem(other, 409, 'TRANSACTION_CONFLICT'), ['transactionId']);
}

async function entitiesOf(caller: HttpCaller): Promise<string[]> {
  const paths = ['cards/card-1', 'accounts/account-1', 'devices/device-1', 'merchants/merchant-1', 'ips/192.0.2.17'];
  const answers: WireAnswer[] = [];
  for (const path of paths) answers.push(await caller.get(`/v1/${path}`));
  for (const { status, text } of answers) assert.equal(status, 200, text);
  return answers.map(({ text }) => JSON.stringify({ ...JSON.parse(text), resident: true }));
}

async function withServer(directory: string, use: (caller: HttpCaller, server: Server) => Promise<void>) {
  const server = await startServe(directory);
  const caller = new HttpCaller(server.url);
  try {
    await use(caller, server);
  } finally {
    caller.close();
    await server.end('SIGKILL');
  }
}

describe('a server over its event log', { concurrency: true }, () => {
  test('gives the first answer again, in the same bytes, after an orderly and after a hard end', () =>
    inFolder(async (directory) => {
      let first = '';
      let entities: string[] = [];
      await withServer(directory, async (caller, server) => {
        const answer = await caller.authorize(paymentText('payment-1'));
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['palisade-repeated'], undefined);
        first = answer.text;
        const { transactionId, outcome, mode, revisions } = JSON.parse(first);
        assert.deepEqual([transactionId, outcome, mode], ['payment-1', 'approve', 'full']);
        assert.deepEqual(revisions, { account: 0, card: 0, device: 0, ip: 0, merchant: 0 });
        await assertDecided(caller, first);
        for (let index = 2; index < 9; index++) {
          const occurredAt = `2026-01-31T13:4${index}:00+02:00`;
          assert.equal((await caller.authorize(paymentText(`payment-${index}`, { occurredAt }))).status, 200);
        }
        entities = await entitiesOf(caller);
        caller.close();
        assert.equal(await server.end('SIGTERM'), 0, server.output);
      });
      await withServer(directory, async (caller, server) => {
        await assertDecided(caller, first);
        assert.deepEqual(await entitiesOf(caller), entities);
        assert.equal((await caller.authorize(paymentText('payment-9'))).status, 200);
        entities = await entitiesOf(caller);
        assert.equal(await server.end('SIGKILL'), 'SIGKILL');
      });
      await withServer(directory, async (caller) => {
        await assertDecided(caller, first);
        assert.deepEqual(await entitiesOf(caller), entities);
        const { revision, windows } = JSON.parse(entities[0] ?? '');
        assert.deepEqual([revision, windows.count_1h], [8, 9]);
      });
    }));

  test('answers twins that come at once with the same bytes, and counts them once', () =>
    inFolder((directory) =>
      withServer(directory, async (caller) => {
        const twins = await Promise.all(Array.from({ length: 20 }, () => caller.authorize(paymentText('payment-1'))));
        assert.deepEqual(new Set(twins.map(({ status }) => status)), new Set([200]));
        assert.equal(new Set(twins.map(({ text }) => text)).size, 1);
        assert.equal(twins.filter(({ headers }) => headers['palisade-repeated'] === undefined).length, 1);
        const { revision, windows } = JSON.parse((await caller.get('/v1/cards/card-1')).text);
        assert.deepEqual([revision, windows.count_1h], [0, 1]);
        assertProblem(await caller.get('/v1/authorizations/payment-2'), 404, 'REQUEST_NOT_FOUND');
        assertProblem(await caller.get('/v1/cards/card-2'), 404, 'REQUEST_NOT_FOUND');
      }),
    ));

  test('records events one by one and in batches, each once, and rules read them after a restart', () =>
    inFolder(async (directory) => {
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
      const linesOf = ({
        text,
      }: WireAnswer): { line: number; status: number; repeated?: boolean; problem?: object }[] =>
        text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
      await withServer(directory, async (caller, server) => {
        const one = await caller.send('POST', '/v1/events', login('login-0', 'failed'));
        assert.deepEqual([one.status, JSON.parse(one.text).repeated], [200, false]);
        const repeat = await caller.send('POST', '/v1/events', login('login-0', 'failed'));
        assert.deepEqual([JSON.parse(repeat.text).repeated, repeat.headers['palisade-repeated']], [true, 'true']);
        const many = await caller.send('POST', '/v1/events', batch, ndjson);
        assert.equal(many.status, 200);
        assert.deepEqual(
          linesOf(many).map(({ line, status, repeated }) => [line, status, repeated]),
          [
            [1, 200, false],
            [2, 400, undefined],
            [4, 200, true],
            [5, 200, false],
            [6, 409, undefined],
          ],
        );
        await server.end('SIGKILL');
      });
      await withServer(directory, async (caller) => {
        const again = await caller.send('POST', '/v1/events', batch, ndjson);
        assert.deepEqual(
          linesOf(again).map(({ status, repeated }) => [status, repeated]),
          [
            [200, true],
            [400, undefined],
            [200, true],
            [200, true],
            [409, undefined],
          ],
        );
        const account = JSON.parse((await caller.get('/v1/accounts/a-1')).text);
        assert.deepEqual([account.revision, account.windows.failed_logins_10m], [2, 3]);
      });
    }));

  test('keeps lists and suppressions, and decides by them, after a restart', () =>
    inFolder(async (directory) => {
      const farAhead = JSON.stringify({ until: '2027-01-01T00:00:00Z', note: 'case 7' });
      await withServer(directory, async (caller, server) => {
        const blocked = await caller.send('PUT', '/v1/lists/block/card/card-blocked');
        assert.equal(blocked.status, 200, blocked.text);
        const suppressed = await caller.send('PUT', '/v1/suppressions/card-stopped/card/card-1', farAhead);
        assert.equal(suppressed.status, 200, suppressed.text);
        await server.end('SIGKILL');
      });
      await withServer(directory, async (caller, server) => {
        const { outcome, reasons } = JSON.parse(
          (await caller.authorize(paymentText('payment-1', { cardId: 'card-blocked' }))).text,
        );
        assert.equal(outcome, 'decline');
        assert.ok(reasons.length > 0);
        assert.equal(JSON.parse((await caller.authorize(paymentText('payment-2'))).text).outcome, 'approve');
        const { suppressions } = JSON.parse((await caller.get('/v1/suppressions')).text);
        assert.deepEqual(suppressions, [
          { ruleId: 'card-stopped', kind: 'card', id: 'card-1', until: '2027-01-01T00:00:00.000Z', note: 'case 7' },
        ]);
        assert.equal((await caller.send('DELETE', '/v1/lists/block/card/card-blocked')).status, 204);
        await server.end('SIGKILL');
      });
      await withServer(directory, async (caller) => {
        const { total } = JSON.parse((await caller.get('/v1/lists?list=block')).text);
        assert.equal(total, 0);
        const answer = await caller.authorize(paymentText('payment-3', { cardId: 'card-blocked' }));
        assert.doesNotMatch(answer.text, /block/i);
      });
    }));
});
