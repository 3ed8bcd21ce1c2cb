import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PalisadeError } from '../../src/domain/errors.ts';
import { admissionLimits, DEADLINE_MS, JSON_HEADERS, testServer, transactionText } from './fixtures.ts';

function post(payload: string, headers: Record<string, string> = {}) {
  return { method: 'POST', url: '/v1/authorizations', headers: { ...JSON_HEADERS, ...headers }, payload } as const;
}

describe('POST /v1/authorizations', () => {
  test('answers with the bytes of the decision and hands over the body as it came', async () => {
    const { server, engine } = testServer();
    const text = `  ${transactionText()}\n`;
    const answer = await server.app.inject(post(text));
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['palisade-repeated'], undefined);
    assert.equal(answer.headers['x-powered-by'], undefined);
    assert.deepEqual(JSON.parse(answer.body), { transactionId: 'txn-1', outcome: 'approve', decision: 0 });
    assert.equal(engine.commands[0]?.text, text);
    assert.equal(engine.commands[0]?.transaction.cardId, 'card-tok-1');
    assert.equal(engine.commands[0]?.deadlineMs, DEADLINE_MS);
  });

  test('gives a repeat the same bytes and says so', async () => {
    const { server } = testServer();
    const first = await server.app.inject(post(transactionText()));
    const second = await server.app.inject(post(transactionText()));
    assert.equal(second.body, first.body);
    assert.equal(second.headers['palisade-repeated'], 'true');
  });

  test('answers another body under the same id with a conflict', async () => {
    const { server } = testServer();
    await server.app.inject(post(transactionText()));
    const answer = await server.app.inject(post(transactionText({ amountMinor: 1 })));
    assert.equal(answer.statusCode, 409);
    assert.equal(answer.json().code, 'TRANSACTION_CONFLICT');
  });

  test('takes the deadline of the header, from 1 to 60000', async () => {
    const { server, engine } = testServer();
    for (const value of ['1', '60000']) {
      const text = transactionText({ transactionId: `txn-${value}` });
      assert.equal((await server.app.inject(post(text, { 'x-deadline-ms': value }))).statusCode, 200);
    }
    assert.deepEqual(
      engine.commands.map(({ deadlineMs }) => deadlineMs),
      [1, 60_000],
    );
  });

  for (const value of ['0', '-1', '60001', '1.5', '1e3', '007', '', 'soon', '5, 6']) {
    test(`refuses the deadline "${value}"`, async () => {
      const { server, engine } = testServer();
      const answer = await server.app.inject(post(transactionText(), { 'x-deadline-ms': value }));
      assert.equal(answer.statusCode, 400);
      assert.equal(answer.json().errors[0].field, 'X-Deadline-Ms');
      assert.equal(engine.commands.length, 0);
    });
  }

  test('counts the time from the receipt of the headers', async () => {
    const { server, engine } = testServer();
    const beforeMs = performance.now();
    await server.app.inject(post(transactionText()));
    const receivedAtMs = engine.commands[0]?.receivedAtMs ?? 0;
    assert.ok(receivedAtMs >= beforeMs && receivedAtMs <= performance.now());
  });

  test('passes on the errors of the engine with their status', async () => {
    const { server, engine } = testServer();
    engine.failure = new PalisadeError('LOG_FAILED', 'Cannot append as the log failed. Restart it.');
    const answer = await server.app.inject(post(transactionText()));
    assert.equal(answer.statusCode, 503);
    assert.deepEqual([answer.json().code, answer.json().retry], ['LOG_FAILED', 'after_repair']);
    assert.equal(answer.headers['retry-after'], undefined);
    engine.failure = new PalisadeError('ACTOR_MAILBOX_FULL', 'Cannot take it as too many wait. Try again.');
    assert.equal((await server.app.inject(post(transactionText()))).headers['retry-after'], '1');
  });

  test('takes no more than the bound at once, and takes again when one is answered', async () => {
    const { server, engine } = testServer({ limits: { admission: admissionLimits({ inFlightMax: 2 }) } });
    engine.hold();
    const texts = ['a', 'b'].map((transactionId) => transactionText({ transactionId }));
    const held = texts.map((text) => server.app.inject(post(text)));
    while (engine.commands.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const refused = await server.app.inject(post(transactionText({ transactionId: 'c' })));
    assert.equal(refused.statusCode, 503);
    assert.equal(refused.json().code, 'ENGINE_OVERLOADED');
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    assert.equal(engine.commands.length, 2);
    engine.release();
    for (const answer of await Promise.all(held)) assert.equal(answer.statusCode, 200);
    assert.equal((await server.app.inject(post(transactionText({ transactionId: 'c' })))).statusCode, 200);
  });
});

describe('GET /v1/authorizations/{transactionId}', () => {
  test('gives the bytes of the decision', async () => {
    const { server } = testServer();
    const first = await server.app.inject(post(transactionText({ transactionId: 'a/b ü' })));
    const read = await server.app.inject(`/v1/authorizations/${encodeURIComponent('a/b ü')}`);
    assert.equal(read.statusCode, 200);
    assert.equal(read.body, first.body);
  });

  test('answers an unknown id with 404, and one that cannot be an id with 400', async () => {
    const { server } = testServer();
    assert.equal((await server.app.inject('/v1/authorizations/unknown')).json().code, 'REQUEST_NOT_FOUND');
    const long = await server.app.inject(`/v1/authorizations/${'x'.repeat(129)}`);
    assert.deepEqual([long.statusCode, long.json().code], [400, 'REQUEST_INVALID']);
    const card = await server.app.inject('/v1/authorizations/4111111111111111');
    assert.equal(card.json().code, 'REQUEST_CARD_DATA');
    assert.ok(!card.body.includes('4111'));
  });
});
