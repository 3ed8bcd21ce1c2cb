import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemorySagaIndex } from '../../src/adapters/memory/memory-saga-index.ts';
import { openSagaIndex } from '../../src/adapters/saga-store/sqlite-saga-index.ts';
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
