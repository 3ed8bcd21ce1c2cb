import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BODY_BYTES_MAX } from '../../src/domain/limits.ts';
import type { HttpLimits } from '../../src/http/mod.ts';
import { type TestServer, testServer, transactionText } from './fixtures.ts';
import { answersOf, postText, RawClient } from './raw-client.ts';

const PATH = '/v1/authorizations';

/** Serves on a free port, lets the test talk to it, and shuts down. */
async function served(
  limits: Partial<HttpLimits>,
  talk: (client: RawClient, rig: TestServer, url: string) => Promise<void>,
): Promise<void> {
  const rig = testServer({ limits });
  const url = await rig.server.listen('127.0.0.1', 0);
  const client = await RawClient.open(url);
  try {
    await talk(client, rig, url);
  } finally {
    client.close();
    rig.engine.release();
    await rig.server.close();
  }
}

function lastProblem(text: string): { status: number; code: string } {
  const answer = answersOf(text).at(-1);
  assert.match(answer?.head ?? '', /content-type: application\/problem\+json/i);
  return { status: answer?.status ?? 0, code: JSON.parse(answer?.body ?? '').code };
}

describe('a connection', () => {
  test('answers pipelined requests in order, each with its own answer', () =>
    served({}, async (client) => {
      const ids = Array.from({ length: 50 }, (_, index) => `txn-${index}`);
      client.write(ids.map((transactionId) => postText(PATH, transactionText({ transactionId }))).join(''));
      await client.until(/"txn-49".*\}$/);
      const answers = answersOf(client.received);
      assert.deepEqual(
        answers.map(({ status, body }) => [status, JSON.parse(body).transactionId]),
        ids.map((id) => [200, id]),
      );
    }));

  test('takes a body in pieces, cut inside of a character', () =>
    served({}, async (client, { engine }) => {
      const bytes = Buffer.from(postText(PATH, transactionText({ accountId: 'ü' })));
      const cut = bytes.indexOf(0xc3) + 1;
      client.write(bytes.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      client.write(bytes.subarray(cut));
      await client.until(/\}$/);
      assert.equal(answersOf(client.received)[0]?.status, 200);
      assert.equal(engine.commands[0]?.transaction.accountId, 'ü');
    }));

  test('is told when a body does not arrive in time, and is closed', () =>
    served({ requestTimeoutMs: 60, headersTimeoutMs: 50, checkIntervalMs: 20 }, async (client, { engine }) => {
      client.write(postText(PATH, transactionText()).slice(0, -10));
      assert.deepEqual(lastProblem(await client.untilEnd()), { status: 408, code: 'REQUEST_TIMEOUT' });
      assert.equal(engine.commands.length, 0);
    }));

  test('is told when headers do not arrive in time, and is closed', () =>
    served({ requestTimeoutMs: 5_000, headersTimeoutMs: 50, checkIntervalMs: 20 }, async (client) => {
      client.write('POST /v1/authorizations HTTP/1.1\r\nHost: te');
      assert.deepEqual(lastProblem(await client.untilEnd()), { status: 408, code: 'REQUEST_TIMEOUT' });
    }));

  test('is told when its headers are too large, and is closed', () =>
    served({ headerBytesMax: 2_000 }, async (client) => {
      client.write(`GET /livez HTTP/1.1\r\nHost: test\r\nX-Long: ${'x'.repeat(4_000)}\r\n\r\n`);
      assert.deepEqual(lastProblem(await client.untilEnd()), { status: 431, code: 'REQUEST_HEADERS_TOO_LARGE' });
    }));

  test('that does not speak HTTP is told so and closed', () =>
    served({}, async (client) => {
      client.write('\x16\x03\x01 hello\r\n\r\n');
      assert.deepEqual(lastProblem(await client.untilEnd()), { status: 400, code: 'REQUEST_MALFORMED' });
    }));

  test('without a Host header is told so', () =>
    served({}, async (client) => {
      client.write('GET /livez HTTP/1.1\r\n\r\n');
      await client.until(/\}$/);
      assert.deepEqual(lastProblem(client.received), { status: 400, code: 'REQUEST_INVALID' });
    }));

  test('that names two lengths of a body is refused, so that no request hides in another', () =>
    served({}, async (client, { engine }) => {
      const body = transactionText();
      client.write(
        `POST ${PATH} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n` +
          `Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${body}`,
      );
      assert.equal(lastProblem(await client.untilEnd()).status, 400);
      assert.equal(engine.commands.length, 0);
    }));

  test('that announces no length is cut off at the limit of the body', () =>
    served({}, async (client, { engine }) => {
      client.write(
        `POST ${PATH} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      const chunk = 'x'.repeat(16 * 1024);
      for (let sent = 0; sent <= BODY_BYTES_MAX; sent += chunk.length) client.write(`4000\r\n${chunk}\r\n`);
      await client.until(/\}$/);
      assert.deepEqual(lastProblem(client.received), { status: 413, code: 'REQUEST_TOO_LARGE' });
      assert.equal(engine.commands.length, 0);
    }));

  test('that goes away does not keep its place: what it asked for is decided all the same', () =>
    served({}, async (client, { engine, server }, url) => {
      engine.hold();
      client.write(postText(PATH, transactionText()));
      while (engine.commands.length === 0) await new Promise((resolve) => setImmediate(resolve));
      client.close();
      engine.release();
      const retry = await RawClient.open(url);
      retry.write(postText(PATH, transactionText()));
      await retry.until(/\}$/);
      retry.close();
      assert.match(retry.received, /palisade-repeated: true/i);
      const metrics = (await server.app.inject('/metrics')).body;
      assert.match(metrics, /palisade_authorizations_in_flight 0\n/);
    }));
});

describe('an address', () => {
  test('that is taken is told with its code', async () => {
    const first = testServer();
    const second = testServer();
    const port = Number(new URL(await first.server.listen('127.0.0.1', 0)).port);
    await assert.rejects(
      second.server.listen('127.0.0.1', port),
      (error) =>
        error instanceof Error && 'code' in error && error.code === 'PORT_TAKEN' && error.message.includes(`${port}`),
    );
    await Promise.all([first.server.close(), second.server.close()]);
  });
});
