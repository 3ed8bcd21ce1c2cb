import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PalisadeError } from '../../src/domain/errors.ts';
import { BATCH_LINES_MAX } from '../../src/domain/limits.ts';
import { JSON_HEADERS, type TestServer, testServer } from './fixtures.ts';

function loginText(eventId: string, changes: Record<string, unknown> = {}): string {
  const occurredAt = '2026-01-31T13:45:00+02:00';
  return JSON.stringify({ type: 'login', eventId, occurredAt, accountId: 'acc-1', status: 'failed', ...changes });
}

function postBatch({ server }: TestServer, payload: string, type = 'application/x-ndjson') {
  return server.app.inject({ method: 'POST', url: '/v1/events', headers: { 'content-type': type }, payload });
}

type LineAnswer = { line: number; status: number; eventId?: string; repeated?: boolean; problem?: { code: string } };
const linesOf = (body: string): LineAnswer[] =>
  body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('POST /v1/events with one event', () => {
  test('answers with the receipt, and tells a repeat', async () => {
    const { server, engine } = testServer();
    const call = { method: 'POST', url: '/v1/events', headers: JSON_HEADERS, payload: loginText('e1') } as const;
    const first = await server.app.inject(call);
    assert.equal(first.statusCode, 200);
    assert.deepEqual(first.json(), { eventId: 'e1', repeated: false, alerts: [] });
    assert.equal(first.headers['palisade-repeated'], undefined);
    const second = await server.app.inject(call);
    assert.equal(second.headers['palisade-repeated'], 'true');
    assert.equal(engine.recorded.length, 1);
  });

  test('refuses an event that does not fit, naming the field', async () => {
    const { server, engine } = testServer();
    const payload = loginText('e1', { status: 'maybe' });
    const answer = await server.app.inject({ method: 'POST', url: '/v1/events', headers: JSON_HEADERS, payload });
    assert.equal(answer.statusCode, 400);
    assert.equal(answer.json().errors[0].field, 'status');
    assert.equal(engine.recorded.length, 0);
  });
});

describe('POST /v1/events with a batch', () => {
  test('gives each line its own answer, in order, and a bad line stops no other', async () => {
    const rig = testServer();
    const lines = [loginText('e1'), '{"broken', '', loginText('e2', { unknown: 1 }), loginText('e1'), loginText('e3')];
    const answer = await postBatch(rig, `${lines.join('\n')}\r\n`);
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers['content-type'], 'application/x-ndjson; charset=utf-8');
    assert.deepEqual(
      linesOf(answer.body).map(({ line, status, eventId, repeated, problem }) => {
        return [line, status, eventId ?? problem?.code, repeated ?? null];
      }),
      [
        [1, 200, 'e1', false],
        [2, 400, 'REQUEST_MALFORMED', null],
        [4, 400, 'REQUEST_INVALID', null],
        [5, 200, 'e1', true],
        [6, 200, 'e3', false],
      ],
    );
    assert.deepEqual(
      rig.engine.recorded.map(({ eventId }) => eventId),
      ['e1', 'e3'],
    );
  });

  test('hands the lines over in order, more than go at once', async () => {
    const rig = testServer();
    const ids = Array.from({ length: 1000 }, (_, index) => `e${index}`);
    const answer = await postBatch(
      rig,
      ids.map((id) => loginText(id)).join('\n'),
      'Application/X-NDJSON; charset=utf-8',
    );
    assert.deepEqual(
      linesOf(answer.body).map(({ eventId }) => eventId),
      ids,
    );
    assert.deepEqual(
      rig.engine.recorded.map(({ eventId }) => eventId),
      ids,
    );
  });

  test('tells the failure of the engine line by line', async () => {
    const rig = testServer();
    rig.engine.failure = new PalisadeError('ENGINE_DRAINING', 'Cannot take it as the engine shuts down. Try again.');
    const [answer] = linesOf((await postBatch(rig, loginText('e1'))).body);
    assert.deepEqual([answer?.status, answer?.problem?.code], [503, 'ENGINE_DRAINING']);
  });

  test('refuses an empty batch and one with too many lines, and records nothing of it', async () => {
    const rig = testServer();
    assert.equal((await postBatch(rig, '\n \n')).json().code, 'REQUEST_MALFORMED');
    const line = loginText('e');
    const tooMany = await postBatch(rig, `${line}\n`.repeat(BATCH_LINES_MAX + 1));
    assert.deepEqual([tooMany.statusCode, tooMany.json().code], [413, 'REQUEST_TOO_LARGE']);
    assert.equal(rig.engine.recorded.length, 0);
  });
});
