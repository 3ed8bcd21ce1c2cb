import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createMemoryReadStore } from '../../src/adapters/memory/memory-read-store.ts';
import { openSqliteReadStore } from '../../src/adapters/sqlite/sqlite-read-store.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import { readStoreContract } from '../contracts/read-store.contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'palisade-read-store-'));
let count = 0;
const nextFile = (): string => join(directory, `${++count}.sqlite`);
after(() => rmSync(directory, { recursive: true, force: true }));

readStoreContract('in memory', createMemoryReadStore);
readStoreContract('in SQLite', () => openSqliteReadStore(nextFile()));

describe('the read store in SQLite', () => {
  test('has after it was closed what was committed', () => {
    const file = nextFile();
    const first = openSqliteReadStore(file);
    const table = { name: 't', columns: [{ name: 'id', type: 'text' as const }], key: ['id'], indexes: [] };
    const id = first.transaction((writer) => {
      writer.setSetting('position', '5');
      return writer.createGeneration('p', 'v', 'live', [table]);
    });
    first.transaction(() => first.tables(id).put('t', { id: 'x' }));
    first.close();
    const second = openSqliteReadStore(file);
    assert.equal(second.setting('position'), '5');
    assert.deepEqual(second.tables(id).get('t', ['x']), { id: 'x' });
    second.close();
  });

  test('refuses a file that is none', () => {
    const file = nextFile();
    writeFileSync(file, 'something else that is no database, and long enough to be looked at as one');
    assert.throws(
      () => openSqliteReadStore(file),
      (error: unknown) => isPalisadeError(error, 'READ_STORE_FAILED') && error.message.includes(file),
    );
  });
});
