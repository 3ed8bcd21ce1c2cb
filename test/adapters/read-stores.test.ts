import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

  /** A store with a setting, left open as by a process that was killed. */
  const leaveOpen = (bootId: string | null): { file: string; close: () => void } => {
    const file = nextFile();
    const store = openSqliteReadStore(file, bootId);
    store.transaction((writer) => writer.setSetting('x', 'y'));
    return { file, close: () => store.close() };
  };

  test('has what was committed when its process is killed, and goes on with it', () => {
    const { file } = leaveOpen('boot-1');
    const next = openSqliteReadStore(file, 'boot-1');
    assert.deepEqual([next.discarded, next.setting('x')], [null, 'y']);
    next.close();
  });

  test('begins anew where the system went down while it was open, once', () => {
    const { file } = leaveOpen('boot-1');
    const next = openSqliteReadStore(file, 'boot-2');
    assert.match(next.discarded ?? '', /went down/);
    assert.deepEqual([next.setting('x'), next.generations()], [null, []]);
    next.transaction((writer) => writer.setSetting('x', 'z'));
    next.close();
    for (const bootId of ['boot-3', null]) {
      const later = openSqliteReadStore(file, bootId);
      assert.deepEqual([later.discarded, later.setting('x')], [null, 'z'], 'it was closed before the system went down');
      later.close();
    }
  });

  test('is synced as it goes where the system does not tell when it went down', () => {
    const { file } = leaveOpen(null);
    const next = openSqliteReadStore(file, null);
    assert.deepEqual([next.discarded, next.setting('x')], [null, 'y']);
    next.close();
    const unclear = leaveOpen('boot-1').file;
    for (const isFirst of [true, false]) {
      const other = openSqliteReadStore(unclear, null);
      assert.equal(other.discarded !== null, isFirst);
      other.close();
    }
  });

  test('begins anew where the file is of an earlier format', () => {
    const { file, close } = leaveOpen('boot-1');
    close();
    const connection = new DatabaseSync(file);
    connection.exec('PRAGMA user_version=1');
    connection.close();
    const next = openSqliteReadStore(file, 'boot-1');
    assert.deepEqual([next.discarded, next.setting('x')], ['its format is 1', null]);
    next.close();
  });
});
