import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { openSqliteEventLog, verifySqliteEventLog } from '../../src/adapters/sqlite/mod.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import { draftOf, rejectsWith } from '../contracts/log-under-test.ts';
import { inLogDirectory } from '../contracts/sqlite-log-opener.ts';
import { startChildLog } from './child-log.ts';

/** Asserts that a log opens, holds every acknowledged record at its position, and is whole. */
async function assertHolds(directory: string, acknowledged: ReadonlyMap<string, number>): Promise<void> {
  const log = await openSqliteEventLog({ directory, tailLimit: 64 });
  const byPosition = new Map((await log.readAll(0, 1_000_000)).map((record) => [record.position, record.recordId]));
  for (const [recordId, position] of acknowledged) assert.equal(byPosition.get(position), recordId);
  await log.close();
  const { problems } = await verifySqliteEventLog({ directory });
  assert.deepEqual(problems, []);
}

describe('the SQLite log when its process dies', () => {
  test('holds every acknowledged record after each of several kills, and lets go of its lock at once', () =>
    inLogDirectory(async ({ directory, open }) => {
      const acknowledged = new Map<string, number>();
      for (const [round, count] of [40, 500].entries()) {
        const child = startChildLog(directory, `round-${round}`);
        await child.reach(count);
        await rejectsWith(open(), 'LOG_LOCKED');
        await child.kill();
        assert.ok(child.acknowledged.size >= count, child.lastWords());
        for (const [recordId, position] of child.acknowledged) acknowledged.set(recordId, position);
        await assertHolds(directory, acknowledged);
      }
    }));
});

describe('the SQLite log on a full disk', () => {
  test('fails for good, says why, and goes on after a restart with every acknowledged record', () =>
    inLogDirectory(async ({ directory, open }) => {
      const child = startChildLog(directory, 'full', { fileSizeKibibytes: 512 });
      assert.equal(await child.ended, 7, child.lastWords());
      const { codes, message } = JSON.parse(child.lastWords());
      assert.deepEqual(codes, ['LOG_FAILED', 'LOG_FAILED', 'LOG_FAILED']);
      assert.match(message, /^Cannot write to the event log as SQLite reports ".*": .*events\.sqlite\. .*start again/);
      assert.ok(child.acknowledged.size > 10);
      await assertHolds(directory, child.acknowledged);
      const log = await open();
      assert.ok((await log.append(draftOf('after', { after: -1 }))) > child.acknowledged.size);
      await log.close();
    }));

  test('does not open where there is no room for it', () =>
    inLogDirectory(async ({ directory, open }) => {
      const child = startChildLog(directory, 'full', { fileSizeKibibytes: 4 });
      assert.equal(await child.ended, 8, child.lastWords());
      assert.deepEqual(JSON.parse(child.lastWords()).codes, ['LOG_UNUSABLE']);
      const log = await open();
      assert.equal(await log.append(draftOf('a', { a: -1 })), 1);
      await log.close();
    }));
});

describe('the SQLite log that cannot be opened', () => {
  test('tells that it is open already', () =>
    inLogDirectory(async ({ directory, open }) => {
      const log = await open();
      await rejectsWith(open(), 'LOG_LOCKED');
      await rejectsWith(verifySqliteEventLog({ directory }), 'LOG_LOCKED');
      assert.equal(await log.append(draftOf('a', { card: -1 })), 1);
      await log.close();
      await (await open()).close();
    }));

  test('tells that its directory is a file, or its file a directory', () =>
    inLogDirectory(async ({ directory, open }) => {
      await writeFile(join(directory, 'file'), '');
      await mkdir(join(directory, 'log', 'events.sqlite'), { recursive: true });
      for (const name of ['file', 'log']) {
        await rejectsWith(open({ directory: join(directory, name) }), 'LOG_UNUSABLE');
      }
    }));

  test('tells that the file is something else, and leaves it alone', () =>
    inLogDirectory(async ({ directory, open }) => {
      const path = join(directory, 'events.sqlite');
      await writeFile(path, 'These are my notes, which nobody may overwrite. '.repeat(200));
      const before = await readFile(path);
      await rejectsWith(open(), 'LOG_UNUSABLE');
      assert.deepEqual(await readFile(path), before);
      await rm(path);
      const other = new DatabaseSync(path);
      other.exec('CREATE TABLE notes(text TEXT)');
      other.close();
      const database = await readFile(path);
      await rejectsWith(open(), 'LOG_UNUSABLE');
      assert.deepEqual(await readFile(path), database);
    }));

  test('tells that a newer program wrote it', () =>
    inLogDirectory(async ({ directory, open }) => {
      await (await open()).close();
      const file = new DatabaseSync(join(directory, 'events.sqlite'));
      file.exec('PRAGMA user_version = 2');
      file.close();
      await rejectsWith(open(), 'LOG_VERSION');
    }));

  test('tells that it may not write', async (context) => {
    if (process.getuid?.() === undefined) return context.skip('NOT TESTED: this system has no users to deny a write');
    await inLogDirectory(async ({ directory, open }) => {
      await (await open()).close();
      await chmod(directory, 0o555);
      await chmod(join(directory, 'events.sqlite'), 0o444);
      const isRoot = process.getuid?.() === 0;
      const child = startChildLog(directory, 'denied', isRoot ? { userId: 65534 } : {});
      const code = await child.ended;
      await chmod(directory, 0o755);
      if (isRoot && child.lastWords() === '') return context.skip('NOT TESTED: another user cannot run this test');
      assert.equal(code, 8, child.lastWords());
      assert.deepEqual(JSON.parse(child.lastWords()).codes, ['LOG_UNUSABLE']);
    });
  });

  test('tells that the main file is gone while its write-ahead log is there', () =>
    inLogDirectory(async ({ directory, open }) => {
      await writeFile(join(directory, 'events.sqlite-wal'), 'x'.repeat(100));
      await assert.rejects(open(), (error) => isPalisadeError(error, 'LOG_CORRUPT'));
      assert.ok(existsSync(join(directory, 'events.sqlite-wal')));
    }));
});
