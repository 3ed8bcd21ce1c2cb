import assert from 'node:assert/strict';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { removeFolder } from '../support/remove-folder.ts';
import { CliProcess, drivesNode } from './engine-process.ts';

describe('a server that is killed as soon as it answers', { skip: drivesNode }, () => {
  test('leaves its compiled code for the next start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'palisade-compiled-'));
    const cache = join(folder, 'cache');
    const args = ['serve', '--port', '0', '--open', '--data', join(folder, 'data')];
    const server = new CliProcess(args, { environment: { NODE_COMPILE_CACHE: cache } });
    try {
      await server.until(/answers at/);
    } finally {
      await server.end('SIGKILL');
    }
    const entries = await readdir(cache, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    assert.ok(files.length > 100, `${files.length} modules were left`);
    await removeFolder(folder);
  });
});
