import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpAnswer, Transport } from '../../src/cli/http-transport.ts';
import { RetryingSender } from '../../src/cli/retrying-sender.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';

const OK: HttpAnswer = { status: 200, body: '{}', retryAfterS: null };
const BUSY: HttpAnswer = { status: 503, body: 'busy', retryAfterS: 7 };

/** Answers with one item of the script after the other; an Error is a broken connection. The last one repeats. */
function scripted(script: readonly (HttpAnswer | Error)[]): { transport: Transport; calls: () => number } {
  let calls = 0;
  const post = async (): Promise<HttpAnswer> => {
    const next = script[Math.min(calls++, script.length - 1)] ?? OK;
    if (next instanceof Error) throw next;
    return next;
  };
  return { transport: { post, close: () => {} }, calls: () => calls };
}

describe('RetryingSender', () => {
  test('waits as long as Retry-After says, at most half a minute, then sends again', async () => {
    const waits: number[] = [];
    const { transport } = scripted([BUSY, { ...BUSY, retryAfterS: null }, { ...BUSY, retryAfterS: 900 }, OK]);
    const sender = new RetryingSender(transport, async (ms) => {
      waits.push(ms);
    });
    assert.equal((await sender.post('/', '{}')).status, 200);
    assert.deepEqual(waits, [7000, 1000, 30_000]);
    assert.equal(sender.retries, 3);
  });

  test('backs off where the connection breaks', async () => {
    const waits: number[] = [];
    const { transport } = scripted([new Error('reset'), new Error('reset'), OK]);
    const sender = new RetryingSender(transport, async (ms) => {
      waits.push(ms);
    });
    assert.equal((await sender.post('/', '{}')).status, 200);
    assert.deepEqual(waits, [100, 200]);
  });

  test('gives an error of the request back at once', async () => {
    const { transport, calls } = scripted([{ status: 422, body: 'no', retryAfterS: null }]);
    const sender = new RetryingSender(transport, async () => {});
    assert.equal((await sender.post('/', '{}')).status, 422);
    assert.equal(calls(), 1);
  });

  test('gives up in the end, saying what to do', async () => {
    for (const script of [[BUSY], [new Error('refused')]]) {
      const { transport, calls } = scripted(script);
      const sender = new RetryingSender(transport, async () => {});
      await assert.rejects(sender.post('/', '{}'), (error) => isPalisadeError(error, 'ENGINE_NOT_READY'));
      assert.ok(calls() > 2 && calls() < 100);
    }
  });
});
