import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { answersOf, postText, RawClient } from '../http/raw-client.ts';
import { drivesNode } from './engine-process.ts';
import { assertProblem, type HttpCaller, paymentText, type WireAnswer } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

/** A number that every card scheme gives out for tests; it must not come to rest anywhere. */
const CANARY = '4111111111111111';
const NDJSON = { 'content-type': 'application/x-ndjson' };

/** A payment with a piece of JSON as it stands in place of the amount. */
function paymentWithAmount(json: string): string {
  return paymentText('payment-x', { amountMinor: 'AMOUNT' }).replace('"AMOUNT"', json);
}

/** Bodies that have to be refused, each with the status, the code, and the field that is named. */
const REFUSED: readonly (readonly [string, number, string, string])[] = [
  [paymentText('payment-x', { note: 'x'.repeat(64 * 1024) }), 413, 'REQUEST_TOO_LARGE', ''],
  ['', 400, 'REQUEST_MALFORMED', ''],
  ['{"transactionId":', 400, 'REQUEST_MALFORMED', ''],
  ['null', 400, 'REQUEST_INVALID', ''],
  ['[]', 400, 'REQUEST_INVALID', ''],
  [`${'['.repeat(5000)}${']'.repeat(5000)}`, 400, 'REQUEST_MALFORMED', ''],
  [paymentText('payment-x', { location: { latitude: { a: 1 } } }), 400, 'REQUEST_INVALID', 'location.latitude'],
  [paymentText('payment-x').replace('{', '{"cardId":"card-2",'), 400, 'REQUEST_AMBIGUOUS', 'cardId'],
  [paymentText('payment-x').replace('{', '{"__proto__":{"admin":true},'), 400, 'REQUEST_AMBIGUOUS', '__proto__'],
  [paymentText('payment-x').replace('{', '{"constructor":1,'), 400, 'REQUEST_AMBIGUOUS', 'constructor'],
  [paymentWithAmount('NaN'), 400, 'REQUEST_MALFORMED', ''],
  [paymentWithAmount('1e400'), 400, 'REQUEST_AMBIGUOUS', 'amountMinor'],
  [paymentWithAmount('-0'), 400, 'REQUEST_AMBIGUOUS', 'amountMinor'],
  [paymentWithAmount('12.5'), 400, 'REQUEST_INVALID', 'amountMinor'],
  [paymentWithAmount('"1250"'), 400, 'REQUEST_INVALID', 'amountMinor'],
  [paymentWithAmount('9007199254740993'), 400, 'REQUEST_INVALID', 'amountMinor'],
  [paymentText('payment-x', { cardId: 'a\u0000b' }), 400, 'REQUEST_INVALID', 'cardId'],
  [paymentText('payment-x', { cardId: '' }), 400, 'REQUEST_INVALID', 'cardId'],
  [paymentText('payment-x', { nobody: 1 }), 400, 'REQUEST_INVALID', 'nobody'],
  [paymentText('payment-x', { occurredAt: '2999-01-01T00:00:00Z' }), 422, 'REQUEST_TIME_IN_FUTURE', 'occurredAt'],
];

/** Every way in which a card number may get to the server. */
async function sendCanary(caller: HttpCaller): Promise<WireAnswer[]> {
  const spaced = CANARY.replace(/(\d{4})(?=\d)/g, '$1 ');
  const event = (members: object) =>
    JSON.stringify({ eventId: 'event-x', occurredAt: '2026-01-31T13:45:00Z', ...members });
  const aboutCard = { type: 'reference', entity: 'card', entityId: 'card-1' };
  const entry = JSON.stringify({ note: `card ${CANARY} of the case` });
  const until = JSON.stringify({ until: '2027-01-01T00:00:00Z', note: CANARY });
  return [
    await caller.authorize(paymentText(CANARY)),
    await caller.authorize(paymentText('payment-x', { cardId: CANARY })),
    await caller.authorize(paymentText('payment-x', { cardId: spaced })),
    await caller.authorize(paymentText('payment-x', { [CANARY]: 1 })),
    await caller.authorize(paymentWithAmount(CANARY)),
    await caller.authorize(`{"cardId":"${CANARY}"`),
    await caller.authorize(paymentText('payment-x'), { 'x-deadline-ms': CANARY }),
    await caller.send('POST', '/v1/events', event({ type: 'login', accountId: CANARY, status: 'failed' })),
    await caller.send('POST', '/v1/events', event({ ...aboutCard, attributes: { note: `paid by ${spaced}` } })),
    await caller.send('POST', '/v1/events', event({ ...aboutCard, attributes: { [CANARY]: 1 } })),
    await caller.send('POST', '/v1/events', event({ ...aboutCard, attributes: { number: Number(CANARY) } })),
    await caller.send('GET', `/v1/authorizations/${CANARY}`),
    await caller.send('GET', `/v1/cards/${CANARY}`),
    await caller.send('GET', `/v1/lists?list=${CANARY}`),
    await caller.send('GET', `/v1/lists?${CANARY}=1`),
    await caller.send('GET', `/v1/${CANARY}`),
    await caller.send('PATCH', `/v1/cards/${CANARY}`),
    await caller.send('PUT', `/v1/lists/block/card/${CANARY}`),
    await caller.send('PUT', '/v1/lists/block/card/card-1', entry),
    await caller.send('DELETE', `/v1/lists/block/card/${CANARY}`),
    await caller.send(
      'PUT',
      `/v1/suppressions/amount-spike/card/${CANARY}`,
      JSON.stringify({ until: '2027-01-01T00:00:00Z' }),
    ),
    await caller.send('PUT', '/v1/suppressions/amount-spike/card/card-1', until),
  ];
}

describe('hostile input', { concurrency: true, skip: drivesNode }, () => {
  test('is refused with a problem that names the field, changes nothing, and stops nobody', () =>
    onWorkbench(async (bench) => {
      const caller = bench.call(await bench.serve());
      for (const [body, status, code, field] of REFUSED) {
        const answer = await caller.authorize(body, { 'content-type': 'application/json' });
        const fields = assertProblem(answer, status, code);
        if (field !== '') assert.ok(fields.includes(field), `${field} is not among ${fields}`);
      }
      const packed = await caller.authorize(paymentText('payment-x'), { 'content-encoding': 'gzip' });
      assertProblem(packed, 415, 'REQUEST_MEDIA_TYPE');
      const form = await caller.authorize('a=b', { 'content-type': 'application/x-www-form-urlencoded' });
      assertProblem(form, 415, 'REQUEST_MEDIA_TYPE');
      for (const method of ['QUERY', 'PROPFIND', 'PATCH', 'TRACE']) {
        assertProblem(await caller.send(method, '/v1/cards/card-1'), 405, 'METHOD_NOT_ALLOWED');
        assertProblem(await caller.send(method, '/v1/nothing'), 404, 'REQUEST_NOT_FOUND');
      }
      assertProblem(await caller.get('/v1/authorizations/payment-x'), 404, 'REQUEST_NOT_FOUND');
      assertProblem(await caller.get('/v1/cards/card-1'), 404, 'REQUEST_NOT_FOUND');
      assert.equal((await caller.authorize(paymentText('payment-x'))).status, 200);
      // A slow machine sheds load by 503, whatever the input.
      assert.doesNotMatch((await caller.get('/metrics')).text, /status="5(?!03)\d\d"/);
    }));

  test('with a card number is refused, and the number is nowhere: not in answers, log or files', () =>
    onWorkbench(async (bench) => {
      const server = await bench.serve();
      const caller = bench.call(server);
      for (const answer of await sendCanary(caller)) {
        assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
        assertProblem(answer, answer.status, JSON.parse(answer.text).code);
        assert.ok(!`${answer.text}${JSON.stringify(answer.headers)}`.includes(CANARY), answer.text);
      }
      const line = JSON.stringify({ type: 'login', eventId: CANARY });
      const batch = await caller.send('POST', '/v1/events', `${line}\n${line}\n`, NDJSON);
      assert.equal(batch.status, 200);
      assert.ok(!batch.text.includes(CANARY), batch.text);
      assert.equal((await caller.authorize(paymentText('payment-1'))).status, 200);
      const metrics = (await caller.get('/metrics')).text;
      await server.end('SIGKILL');
      const files = await readdir(bench.data);
      assert.ok(files.length > 0);
      const contents = await Promise.all(files.map((name) => readFile(join(bench.data, name), 'latin1')));
      assert.ok(contents.some((content) => content.includes('payment-1')));
      for (const text of [server.output, metrics, ...contents]) assert.ok(!text.includes(CANARY));
    }));

  test('on a connection is answered and ends it, while others are served', () =>
    onWorkbench(async (bench) => {
      const server = await bench.serve();
      const slow = await RawClient.open(server.url);
      slow.write('POST /v1/authorizations HTTP/1.1\r\nHost: a\r\nX-A: ');

      const smuggled = await RawClient.open(server.url);
      smuggled.write(
        'POST /v1/authorizations HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n' +
          '0\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n',
      );
      const [first, ...others] = answersOf(await smuggled.untilEnd());
      assert.deepEqual([first?.status, others.length], [400, 0]);

      const packed = await RawClient.open(server.url);
      const bytes = gzipSync(paymentText('payment-packed'));
      packed.write(
        `POST /v1/authorizations HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n` +
          `Connection: close\r\nContent-Length: ${bytes.length}\r\n\r\n`,
      );
      packed.write(bytes);
      assert.equal(answersOf(await packed.untilEnd())[0]?.status, 415);

      const piped = await RawClient.open(server.url);
      const bodies = [paymentText('payment-1'), '{', paymentText('payment-2')];
      piped.write(
        bodies
          .map((body, index) => postText('/v1/authorizations', body, index === 2 ? ['Connection: close'] : []))
          .join(''),
      );
      const statuses = answersOf(await piped.untilEnd()).map(({ status }) => status);
      assert.deepEqual(statuses, [200, 400, 200]);

      const [late] = answersOf(await slow.untilEnd());
      assert.deepEqual([late?.status, JSON.parse(late?.body ?? '').code], [408, 'REQUEST_TIMEOUT']);
    }));
});
