import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { verifySqliteEventLog } from '../../src/adapters/sqlite/mod.ts';

test('a check of a folder without a log is refused, and makes none', async () => {
  const directory = join(tmpdir(), `palisade-no-log-${process.pid}`);
  await assert.rejects(verifySqliteEventLog({ directory }), { code: 'LOG_UNUSABLE' });
  assert.equal(existsSync(directory), false);
});
