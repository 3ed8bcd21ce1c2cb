import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemSchema } from '../../src/codec/mod.ts';
import { ERRORS } from '../../src/domain/errors.ts';
import { BATCH_BYTES_MAX, BODY_BYTES_MAX, RULESET_BYTES_MAX } from '../../src/domain/limits.ts';
import { JSON_HEADERS, testServer, transactionText } from './fixtures.ts';

type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS' | 'HEAD';
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly payload?: string | Buffer;
};

const CANARY = 'canary-7f3a';
const post = (payload: string | Buffer, headers: Record<string, string> = JSON_HEADERS): Call => {
  return { method: 'POST', url: '/v1/authorizations', headers, payload };
};
const notUtf8 = Buffer.concat([Buffer.from(transactionText()).subarray(0, -3), Buffer.from([0xff, 0x22, 0x7d])]);

/** Calls that each of them goes wrong, with the code that it has to be answered with. None may tell the canary. */
const WRONG: readonly (readonly [name: string, call: Call, code: keyof typeof ERRORS])[] = [
  ['an unknown path', { method: 'GET', url: `/v1/${CANARY}` }, 'REQUEST_NOT_FOUND'],
  ['the root', { method: 'GET', url: '/' }, 'REQUEST_NOT_FOUND'],
  ['an unknown path with a body', { ...post(CANARY), url: '/v2' }, 'REQUEST_NOT_FOUND'],
  ['an unknown asset', { method: 'GET', url: `/docs/static/${CANARY}.js` }, 'REQUEST_NOT_FOUND'],
  ['a path out of the assets', { method: 'GET', url: '/docs/static/..%2f..%2fpackage.json' }, 'REQUEST_NOT_FOUND'],
  ['another method', { method: 'GET', url: `/v1/authorizations?x=${CANARY}` }, 'METHOD_NOT_ALLOWED'],
  ['another method on a path with an id', { method: 'PATCH', url: `/v1/cards/${CANARY}` }, 'METHOD_NOT_ALLOWED'],
  ['a body that is no JSON', post(`{"${CANARY}`), 'REQUEST_MALFORMED'],
  ['an empty body', post(''), 'REQUEST_MALFORMED'],
  ['no body and no type', { method: 'POST', url: '/v1/authorizations' }, 'REQUEST_MALFORMED'],
  ['a member twice', post(`{"${CANARY}":1,"${CANARY}":2}`.replaceAll(CANARY, 'a')), 'REQUEST_AMBIGUOUS'],
  ['__proto__', post('{"__proto__":{"isAdmin":true}}'), 'REQUEST_AMBIGUOUS'],
  ['minus zero', post(transactionText().replace(/"amountMinor":\d+/, '"amountMinor":-0')), 'REQUEST_AMBIGUOUS'],
  ['bytes that are not UTF-8', post(notUtf8), 'REQUEST_MALFORMED'],
  ['a member of another type', post(transactionText({ amountMinor: CANARY })), 'REQUEST_INVALID'],
  ['a card number', post(transactionText({ cardId: '4111 1111 1111 1111' })), 'REQUEST_CARD_DATA'],
  ['a time in the future', post(transactionText({ occurredAt: '9999-01-01T00:00:00Z' })), 'REQUEST_TIME_IN_FUTURE'],
  ['a body beyond the limit', post(`"${'x'.repeat(BODY_BYTES_MAX)}"`), 'REQUEST_TOO_LARGE'],
  [
    'a batch beyond the limit',
    { ...post('x'.repeat(BATCH_BYTES_MAX + 1), { 'content-type': 'application/x-ndjson' }), url: '/v1/events' },
    'REQUEST_TOO_LARGE',
  ],
  ['an event as large as a batch', { ...post('x'.repeat(BODY_BYTES_MAX + 1)), url: '/v1/events' }, 'REQUEST_TOO_LARGE'],
  [
    'a ruleset beyond the limit',
    { ...post('x'.repeat(RULESET_BYTES_MAX + 1), { 'content-type': 'text/yaml' }), url: '/v1/ruleset/validate' },
    'REQUEST_TOO_LARGE',
  ],
  ['another media type', post(transactionText(), { 'content-type': 'text/plain' }), 'REQUEST_MEDIA_TYPE'],
  ['no media type', post(transactionText(), { 'content-type': '' }), 'REQUEST_MEDIA_TYPE'],
  ['a media type that is none', post(transactionText(), { 'content-type': CANARY }), 'REQUEST_MEDIA_TYPE'],
  ['NDJSON where one object is due', post('{}', { 'content-type': 'application/x-ndjson' }), 'REQUEST_MEDIA_TYPE'],
  ['a content encoding', post('x', { ...JSON_HEADERS, 'content-encoding': 'gzip' }), 'REQUEST_MEDIA_TYPE'],
  ['broken percent-encoding', { method: 'GET', url: `/v1/cards/${CANARY}%zz` }, 'REQUEST_INVALID'],
  ['an endless path', { method: 'GET', url: `/v1/cards/${'x'.repeat(10_000)}` }, 'REQUEST_INVALID'],
  ['an id with a control character', { method: 'GET', url: '/v1/cards/a%00b' }, 'REQUEST_INVALID'],
];

describe('problems', () => {
  for (const [name, call, code] of WRONG) {
    test(`${name} is answered with ${code}`, async () => {
      const { server, engine, log } = testServer();
      const answer = await server.app.inject(call);
      const problem = answer.json();
      assert.equal(problem.code, code);
      assert.equal(answer.statusCode, ERRORS[code].status);
      assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      assert.equal(problem.status, answer.statusCode);
      assert.equal(problem.title, ERRORS[code].title);
      assert.match(problem.detail, /^Cannot .+[.]$/);
      assert.ok(problemSchema.safeParse(problem).success);
      assert.doesNotMatch(answer.body, new RegExp(`${CANARY}|4111|node_modules|[.]ts:`));
      assert.deepEqual([engine.commands.length, engine.recorded.length, log.lines.length], [0, 0, 0]);
    });
  }

  test('a header that is wrong is named as a field is', async () => {
    const { server } = testServer();
    for (const [headers, name] of [
      [{ 'content-type': 'text/plain' }, 'Content-Type'],
      [{ ...JSON_HEADERS, 'content-encoding': 'gzip' }, 'Content-Encoding'],
    ] as const) {
      const { errors } = (await server.app.inject(post(transactionText(), headers))).json();
      assert.deepEqual(
        errors.map(({ field }: { field: string }) => field),
        [name],
      );
    }
  });

  test('another media type is told those that the route takes', async () => {
    const { server } = testServer();
    const headers = { 'content-type': 'text/plain' };
    for (const [url, known] of [
      ['/v1/authorizations', 'application/json'],
      ['/v1/events', 'application/json or application/x-ndjson'],
    ] as const) {
      const { detail, errors } = (await server.app.inject({ ...post('x', headers), url })).json();
      assert.match(detail, new RegExp(`Set Content-Type to ${known}[.]$`));
      assert.deepEqual(errors, [{ field: 'Content-Type', message: `must be ${known}` }]);
    }
  });

  test('the type of every problem is a place on the page of the errors', async () => {
    const { server } = testServer();
    const page = await server.app.inject('/docs/errors');
    assert.match(String(page.headers['content-type']), /^text\/html/);
    for (const code of Object.keys(ERRORS)) assert.ok(page.body.includes(`id="${code}"`), code);
    const problem = (await server.app.inject('/nowhere')).json();
    assert.equal(problem.type, '/docs/errors#REQUEST_NOT_FOUND');
  });

  test('a method that a path does not have is told those that it has', async () => {
    const { server } = testServer();
    const allowOf = async (method: Call['method'], url: string) =>
      (await server.app.inject({ method, url })).headers.allow;
    assert.equal(await allowOf('PATCH', '/v1/ruleset?x=1'), 'GET, HEAD, PUT');
    assert.equal(await allowOf('POST', '/v1/lists/block/ip/192.0.2.1'), 'DELETE, PUT');
    assert.equal(await allowOf('HEAD', '/v1/authorizations'), 'POST');
    assert.equal(await allowOf('OPTIONS', '/v1/cards/x'), 'GET, HEAD');
    assert.equal(await allowOf('GET', '/v1/cards/x/y'), undefined);
  });

  test('an unexpected error is answered without its text, and logged by its place only', async () => {
    const { server, engine, log } = testServer();
    engine.failure = new RangeError(`bad value ${CANARY}`);
    const answer = await server.app.inject(post(transactionText()));
    assert.deepEqual([answer.statusCode, answer.json().code], [500, 'ENGINE_INTERNAL']);
    assert.doesNotMatch(answer.body, new RegExp(`${CANARY}|RangeError|\\.ts`));
    assert.equal(log.lines.length, 1);
    assert.match(log.lines[0] ?? '', /error .*RangeError.*problems\.test\.ts/);
    assert.doesNotMatch(log.lines[0] ?? '', new RegExp(`${CANARY}|txn-1|card-tok-1`));
  });

  test('a handler that throws at once is answered in the same way', async () => {
    const { server, engine } = testServer();
    engine.ruleset = () => {
      throw new TypeError(CANARY);
    };
    const answer = await server.app.inject('/v1/ruleset');
    assert.deepEqual([answer.statusCode, answer.json().code], [500, 'ENGINE_INTERNAL']);
    assert.doesNotMatch(answer.body, new RegExp(CANARY));
  });
});
