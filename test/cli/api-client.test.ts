import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { createApiClient } from '../../src/cli/api-client.ts';

type Said = { readonly status: number; readonly body: object; readonly retryAfter?: string };

/** Calls a server that gives these answers one after the other, the last one for ever; tells what was waited for. */
async function callOn(
  answers: readonly Said[],
): Promise<{ called: Promise<unknown>; calls: string[]; waits: number[] }> {
  const calls: string[] = [];
  const waits: number[] = [];
  const server = createServer((request, response) => {
    const said = answers[Math.min(calls.length, answers.length - 1)];
    calls.push(`${request.method} ${request.url}`);
    request.resume();
    const headers = said?.retryAfter === undefined ? {} : { 'retry-after': said.retryAfter };
    response.writeHead(said?.status ?? 200, headers).end(JSON.stringify(said?.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const client = createApiClient(url, null, async (ms) => void waits.push(ms));
  const called = client.call('POST', '/v1/sagas', { kind: 'freeze-card' });
  await called.catch(() => {});
  server.closeAllConnections();
  server.close();
  return { called, calls, waits };
}

function putOff(code: string, retryAfter?: string): Said {
  return { status: 503, body: { code, detail: 'not now' }, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

describe('a command that asks a running engine', () => {
  test('sends again what the engine puts off, after the time that it names', async () => {
    const { called, calls, waits } = await callOn([
      putOff('SAGAS_ELSEWHERE', '2'),
      putOff('ENGINE_OVERLOADED'),
      { status: 202, body: { taken: true } },
    ]);
    assert.deepEqual(await called, { taken: true });
    assert.deepEqual(
      calls,
      Array.from({ length: 3 }, () => 'POST /v1/sagas'),
    );
    assert.deepEqual(waits, [2000, 1000]);
  });

  test('ends with what the engine says where it puts the call off for ever', async () => {
    const { called, calls } = await callOn([putOff('SAGAS_ELSEWHERE', '1')]);
    await assert.rejects(called, { code: 'SAGAS_ELSEWHERE', message: 'not now' });
    assert.equal(calls.length, 30);
  });

  test('does not send again what may have been done, or will not be', async () => {
    for (const said of [putOff('LOG_OUTCOME_UNKNOWN', '1'), { status: 409, body: { code: 'SAGA_REFUSED' } }]) {
      const { called, calls } = await callOn([said]);
      await assert.rejects(called);
      assert.equal(calls.length, 1);
    }
  });
});
