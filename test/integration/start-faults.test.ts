import assert from 'node:assert/strict';
import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { drivesNode } from './engine-process.ts';
import { paymentText } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

/** A user without rights; root may write to any folder. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

describe('a start', { concurrency: true, skip: drivesNode }, () => {
  test('on a port that is taken tells so, and leaves the other server alone', () =>
    onWorkbench(async (bench) => {
      const first = await bench.serve();
      const { port } = new URL(first.url);
      const second = bench.launch(['serve', '--open', '--port', port, '--data', join(bench.folder, 'other')]);
      assert.equal(await second.ended, 1);
      assert.match(
        second.stderr,
        new RegExp(`^PORT_TAKEN: Cannot listen .*: 127\\.0\\.0\\.1:${port}\\. Stop .* another`),
      );
      assert.doesNotMatch(second.output, /^\s+at /m);
      assert.equal((await bench.call(first).authorize(paymentText('payment-1'))).status, 200);
    }));

  test('on a port that is taken makes no key: the next start does', () =>
    onWorkbench(async (bench) => {
      const { port } = new URL((await bench.serve()).url);
      const data = join(bench.folder, 'other');
      const second = bench.launch(['serve', '--port', port, '--data', data]);
      assert.equal(await second.ended, 1);
      assert.match(second.stderr, /^PORT_TAKEN: /);
      assert.equal(second.stdout, '');
      await assert.rejects(stat(join(data, 'keys.json')));
      const third = bench.launch(['serve', '--port', '0', '--data', data]);
      await third.until(/pk_first_/);
      await third.until(/answers at http/);
    }));

  test('on a log that another process holds tells so, and makes no key', () =>
    onWorkbench(async (bench) => {
      const first = await bench.serve();
      const second = bench.launch(['serve', '--port', '0', '--data', bench.data]);
      assert.equal(await second.ended, 1);
      assert.match(second.stderr, /^LOG_LOCKED: Cannot open the event log as .*events\.sqlite\. Stop the process/);
      assert.equal(second.stdout, '');
      await assert.rejects(stat(join(bench.data, 'keys.json')));
      assert.equal((await bench.call(first).authorize(paymentText('payment-1'))).status, 200);
    }));

  test('in a data folder that is a file, or below one, tells which and what to do', () =>
    onWorkbench(async (bench) => {
      await writeFile(bench.data, '');
      for (const data of [bench.data, join(bench.data, 'below')]) {
        const server = bench.launch(['serve', '--port', '0', '--data', data]);
        assert.equal(await server.ended, 1);
        assert.match(server.stderr, /^LOG_UNUSABLE: Cannot open the event log as .*data.* Name a directory/);
        assert.doesNotMatch(server.output, /^\s+at |pk_/m);
      }
    }));

  test('in a data folder that is not writable tells which and what to do', () =>
    onWorkbench(async (bench) => {
      await chmod(bench.folder, 0o755);
      await mkdir(bench.data, { mode: 0o555 });
      const server = bench.launch(['serve', '--port', '0', '--data', bench.data], isRoot ? { userId: NOBODY } : {});
      assert.equal(await server.ended, 1);
      assert.match(server.stderr, /^LOG_UNUSABLE: Cannot open the event log as .*data.* user may write to/);
      assert.doesNotMatch(server.output, /^\s+at |pk_/m);
    }));

  test('with a key file that cannot be read or does not fit names the file or the fields', () =>
    onWorkbench(async (bench) => {
      const file = join(bench.folder, 'keys.json');
      const start = () => bench.launch(['serve', '--port', '0', '--data', bench.data, '--keys', file]);
      const missing = start();
      assert.equal(await missing.ended, 1);
      assert.match(missing.stderr, /^INPUT_FILE: Cannot read the key file as .*keys\.json/);
      await writeFile(file, JSON.stringify({ keys: [{ id: 'a', hash: 'b', scopes: ['everything'] }] }));
      const misfit = start();
      assert.equal(await misfit.ended, 1);
      assert.match(misfit.stderr, /^CONFIG_INVALID: .*\n {2}keys\.0\.hash .*\n {2}keys\.0\.scopes /);
    }));
});
