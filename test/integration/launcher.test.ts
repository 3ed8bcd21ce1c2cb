import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { removeFolder } from '../support/remove-folder.ts';

const NODE = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../bin/palisade.js', import.meta.url));

function launch(args: readonly string[]) {
  const child = spawn(NODE, [LAUNCHER, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  return { child, output: () => output, closed: once(child, 'close') };
}

describe('the palisade launcher', () => {
  test('runs the engine of the tree and passes its exit code on', async () => {
    assert.ok(existsSync(NODE));
    const help = launch(['--help']);
    assert.deepEqual(await help.closed, [0, null]);
    assert.match(help.output(), /palisade COMMAND/);
    const misuse = launch(['no-such-command']);
    assert.deepEqual(await misuse.closed, [2, null]);
  });

  test('passes a request to stop on, and ends as the engine ends', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'palisade-launcher-'));
    const server = launch(['serve', '--open', '--port', '0', '--data', directory]);
    while (!server.output().includes('answers at')) {
      await Promise.race([once(server.child.stdout, 'data'), server.closed]);
      assert.equal(server.child.exitCode, null, server.output());
    }
    // Not by `child.kill`: after it, Deno tells the signal as the end of any process.
    process.kill(server.child.pid ?? assert.fail('no process'), 'SIGTERM');
    assert.deepEqual(await server.closed, [0, null], server.output());
    assert.match(server.output(), /Shutting down/);
    await removeFolder(directory);
  });
});
