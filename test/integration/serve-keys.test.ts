import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { drivesNode } from './engine-process.ts';
import { assertProblem, paymentText } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

const KEY = /\bpk_[a-z0-9-]+_[A-Za-z0-9_-]{43}\b/g;

describe('keys of a server', { concurrency: true, skip: drivesNode }, () => {
  test('the first is made and shown once, kept hashed, and good after a restart', () =>
    onWorkbench(async (bench) => {
      const first = await bench.serve([]);
      const [key = '', ...others] = first.stdout.match(KEY) ?? [];
      assert.deepEqual([key.startsWith('pk_first_'), others], [true, []]);
      const file = join(bench.data, 'keys.json');
      const kept = await readFile(file, 'utf8');
      assert.ok(!kept.includes(key.slice('pk_first_'.length)));
      assert.match(kept, /"hash": "[0-9a-f]{64}"/);
      if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600);
      const anonymous = bench.call(first);
      const missing = await anonymous.authorize(paymentText('payment-1'));
      assertProblem(missing, 401, 'AUTH_MISSING');
      assert.match(missing.headers['www-authenticate'] ?? '', /^Bearer /);
      const wrong = bench.call(first, { key: `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}` });
      assertProblem(await wrong.authorize(paymentText('payment-1')), 401, 'AUTH_INVALID');
      assert.equal((await anonymous.get('/readyz')).status, 200);
      const holder = bench.call(first, { key: key });
      assert.equal((await holder.authorize(paymentText('payment-1'))).status, 200);
      await first.end('SIGKILL');
      const second = await bench.serve([]);
      assert.equal(second.output.match(KEY), null);
      const after = bench.call(second);
      const answer = await after.get('/v1/authorizations/payment-1', { 'x-api-key': key });
      assert.equal(answer.status, 200);
      await second.end('SIGKILL');
    }));

  test('one made by the command line does what its scopes say, and no more', () =>
    onWorkbench(async (bench) => {
      const file = join(bench.data, 'keys.json');
      const made = bench.launch(['keys', 'create', 'checkout', '--file', file, '--scopes', 'authorize']);
      assert.equal(await made.ended, 0, made.output);
      const server = await bench.serve(['--keys', file]);
      const caller = bench.call(server, { key: made.stdout.trim() });
      assert.equal((await caller.authorize(paymentText('payment-1'))).status, 200);
      const refused = [
        await caller.get('/v1/authorizations/payment-1'),
        await caller.get('/v1/cards/card-1'),
        await caller.send('POST', '/v1/events', '{}'),
        await caller.send('PUT', '/v1/lists/block/card/card-1'),
        await caller.send('PUT', '/v1/ruleset', 'name: x', { 'content-type': 'application/yaml' }),
        await caller.get('/metrics'),
      ];
      for (const answer of refused) assertProblem(answer, 403, 'AUTH_SCOPE');
      await server.end('SIGKILL');
      assert.ok(!server.output.includes(made.stdout.trim()));
    }));

  test('are not asked for with --open, which says so', () =>
    onWorkbench(async (bench) => {
      const server = await bench.serve(['--open']);
      await server.until(/No key is asked for/);
      assert.equal(server.output.match(KEY), null);
      const caller = bench.call(server);
      assert.equal((await caller.authorize(paymentText('payment-1'))).status, 200);
      assert.equal((await caller.get('/metrics')).status, 200);
      await server.end('SIGKILL');
      await assert.rejects(stat(join(bench.data, 'keys.json')));
    }));
});
