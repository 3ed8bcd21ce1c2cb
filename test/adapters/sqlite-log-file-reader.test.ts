import assert from 'node:assert/strict';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { openRecordReader } from '../../src/adapters/sqlite/log-file-reader.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import { draftOf, fillStream, rejectsWith } from '../contracts/log-under-test.ts';
import { inLogDirectory } from '../contracts/sqlite-log-opener.ts';

describe('a reader of an embedded log that is being written', () => {
  test('finds every record that is durable, as the log itself reads it, and none after the head it is told', () =>
    inLogDirectory(async ({ directory, open }) => {
      const log = await open({ tailLimit: 64 });
      await fillStream(log, 'card', 10);
      const reader = openRecordReader(directory);
      try {
        for (let round = 0; round < 20; round++) {
          await fillStream(log, `round-${round}`, 100);
          const { headPosition } = log.statistics();
          assert.deepEqual(reader.readAfter(0, 10_000, headPosition), await log.readAll(0, 10_000));
          assert.deepEqual(reader.readAfter(headPosition - 3, 10_000, headPosition - 1).map(positionOf), [
            headPosition - 2,
            headPosition - 1,
          ]);
          assert.deepEqual(reader.readAfter(headPosition, 10, headPosition), []);
        }
        assert.deepEqual(reader.readAfter(5, 3, 2010).map(positionOf), [6, 7, 8]);
      } finally {
        reader.close();
      }
    }));

  test('leaves the log to one writer', () =>
    inLogDirectory(async ({ directory, open }) => {
      const log = await open();
      const reader = openRecordReader(directory);
      await rejectsWith(open(), 'LOG_LOCKED');
      reader.close();
      await rejectsWith(open(), 'LOG_LOCKED');
      assert.equal(await log.append(draftOf('a', { card: -1 })), 1);
      await log.close();
      await (await open()).close();
    }));

  test('lets no second writer go on, even where somebody removes the lock', () =>
    inLogDirectory(async ({ directory, open }) => {
      const first = await open();
      await first.append(draftOf('a', { card: -1 }));
      await rm(join(directory, 'events.sqlite-lock'));
      const second = await open();
      assert.equal(await second.append(draftOf('b', { card: 0 })), 2);
      await rejectsWith(first.append(draftOf('c', { card: 0 })), 'LOG_FAILED');
      assert.deepEqual(
        (await second.readAll(0, 10)).map(({ recordId }) => recordId),
        ['a', 'b'],
      );
    }));

  test('lets the write-ahead log be used again from its start', () =>
    inLogDirectory(async ({ directory, open }) => {
      const log = await open();
      const reader = openRecordReader(directory);
      try {
        const body = JSON.stringify('x'.repeat(150_000));
        for (let index = 0; index < 400; index++) {
          await log.append(draftOf(`r${index}`, {}, body));
          if (index % 10 === 0) assert.equal(reader.readAfter(index, 10, index + 1).length, 1);
        }
        const { size } = await stat(join(directory, 'events.sqlite-wal'));
        assert.ok(size < 30_000_000, `${size} bytes for 60 MB of records`);
      } finally {
        reader.close();
      }
    }));

  test('names a record that is damaged, or missing', () =>
    inLogDirectory(async ({ directory, open }) => {
      const log = await open();
      await fillStream(log, 'card', 9);
      await log.close();
      const file = new DatabaseSync(join(directory, 'events.sqlite'));
      file.exec("UPDATE records SET body = '{}' WHERE position = 4; DELETE FROM records WHERE position = 8");
      file.close();
      const reader = openRecordReader(directory);
      try {
        const damaged = (position: number) => (error: unknown) =>
          isPalisadeError(error) && error.code === 'LOG_CORRUPT' && error.details.position === position;
        assert.equal(reader.readAfter(0, 3, 9).length, 3);
        assert.throws(() => reader.readAfter(0, 9, 9), damaged(8));
        assert.throws(() => reader.readAfter(2, 3, 9), damaged(4));
      } finally {
        reader.close();
      }
    }));

  test('is refused where there is no log', () =>
    inLogDirectory(async ({ directory }) => {
      const isFailed = (error: unknown) => isPalisadeError(error) && error.code === 'LOG_FAILED';
      assert.throws(() => openRecordReader(directory), isFailed);
    }));
});

function positionOf({ position }: { readonly position: number }): number {
  return position;
}
