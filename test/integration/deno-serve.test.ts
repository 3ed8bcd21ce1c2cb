import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missingRuntime } from './engine-process.ts';
import { assertProblem, paymentText } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

describe('a server on Deno', () => {
  test('decides, drains on SIGTERM, and goes on from the same log on Node', { skip: missingRuntime('deno') }, () =>
    onWorkbench(async (bench) => {
      const first = await bench.serve(['--open'], { runtime: 'deno' });
      const caller = bench.call(first);
      const decided = await caller.authorize(paymentText('payment-1'));
      assert.equal(decided.status, 200, decided.text);
      const again = await caller.authorize(paymentText('payment-1'));
      assert.deepEqual([again.text, again.headers['palisade-repeated']], [decided.text, 'true']);
      assertProblem(await caller.authorize(paymentText('payment-1', { amountMinor: 1 })), 409, 'TRANSACTION_CONFLICT');
      assertProblem(await caller.authorize('{'), 400, 'REQUEST_MALFORMED');
      const card = JSON.parse((await caller.get('/v1/cards/card-1')).text);
      assert.equal(await first.end('SIGTERM'), 0, first.output);

      const second = await bench.serve(['--open'], { runtime: 'deno' });
      const reader = bench.call(second);
      assert.equal((await reader.get('/v1/authorizations/payment-1')).text, decided.text);
      assert.equal((await reader.authorize(paymentText('payment-2'))).status, 200);
      assert.equal(await second.end('SIGKILL'), 'SIGKILL');

      const third = bench.call(await bench.serve());
      assert.equal((await third.authorize(paymentText('payment-1'))).text, decided.text);
      const after = JSON.parse((await third.get('/v1/cards/card-1')).text);
      assert.deepEqual([card.revision, after.revision], [0, 1]);
      assert.deepEqual(Object.keys(after.windows), Object.keys(card.windows));
    }),
  );
});
