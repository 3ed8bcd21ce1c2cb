import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { MemorySagaIndex } from '../../src/adapters/memory/memory-saga-index.ts';
import { openSagaIndex } from '../../src/adapters/sqlite/sqlite-saga-index.ts';
import { sagaIndexContract } from '../contracts/saga-index.contract.ts';

sagaIndexContract('memory', async (body) => {
  const index = new MemorySagaIndex();
  await body(async () => index);
});

sagaIndexContract('sqlite', async (body) => {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-sagas-'));
  try {
    await body(() => openSagaIndex(directory));
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
});

describe('the index of sagas in a file that is never synced', () => {
  const marked = existsSync('/proc/sys/kernel/random/boot_id');

  test('is made anew where the system went down under it', {
    skip: marked ? false : 'no id of a run here',
  }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'palisade-sagas-'));
    const marker = join(directory, 'sagas.db-unsynced');
    try {
      const index = await openSagaIndex(directory);
      await index.save(7, []);
      assert.ok(existsSync(marker));
      await index.close();
      assert.ok(!existsSync(marker), 'a clean end leaves the file whole');
      const again = await openSagaIndex(directory);
      assert.equal((await again.load()).position, 7);
      await again.close();
      await writeFile(marker, 'another run of the system');
      const after = await openSagaIndex(directory);
      assert.deepEqual(await after.load(), { position: 0, rows: [] });
      await after.close();
    } finally {
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});
