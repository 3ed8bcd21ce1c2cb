import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { openSqliteEventLog, type VerifyReport, verifySqliteEventLog } from '../../src/adapters/sqlite/mod.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import { draftOf, fillStream, rejectsWith } from '../contracts/log-under-test.ts';
import { inLogDirectory } from '../contracts/sqlite-log-opener.ts';

const FILE = 'events.sqlite';
const WAL = 'events.sqlite-wal';

/** Makes a closed log of 60 records in four streams and two snapshots; with the limit left, all are in the index. */
async function makeLog(directory: string, tailLimit = 8): Promise<void> {
  const log = await openSqliteEventLog({ directory, tailLimit });
  for (const stream of ['card', 'device', 'ip']) await fillStream(log, stream, 13);
  await log.append(draftOf('marked', { card: 12, device: 12, ip: 12 }, '"the marked body"'));
  await fillStream(log, 'more', 20);
  log.writeSnapshot({ stream: 'card', revision: 5, schema: 's', state: Uint8Array.of(1, 2, 3) });
  log.writeSnapshot({ stream: 'device', revision: 5, schema: 's', state: Uint8Array.of(4, 5, 6) });
  await log.close();
}

function edit(directory: string, sql: string): void {
  const file = new DatabaseSync(join(directory, FILE));
  file.exec(sql);
  file.close();
}

function told({ problems }: VerifyReport): (string | number | null)[] {
  return problems.map(({ kind, position }) => (kind === 'record' ? position : kind));
}

describe('a damaged SQLite log', () => {
  test('refuses the record with a flipped byte, names it, and reads the others', () =>
    inLogDirectory(async ({ directory, open }) => {
      await makeLog(directory);
      const bytes = await readFile(join(directory, FILE));
      const at = bytes.indexOf('"the marked body"') + 5;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(join(directory, FILE), bytes);
      const log = await open({ tailLimit: 8 });
      for (const read of [log.readAll(0, 99), log.readStream('card', 13, 1), log.readRecord('marked')]) {
        await assert.rejects(read, (error) => isPalisadeError(error, 'LOG_CORRUPT') && error.details.position === 40);
      }
      assert.equal((await log.readAll(0, 39)).length, 39);
      assert.equal(await log.append(draftOf('other', { other: -1 })), 61);
      await rejectsWith(log.append(draftOf('marked', { card: 12 })), 'LOG_CORRUPT');
      await log.close();
      assert.deepEqual(told(await verifySqliteEventLog({ directory })).slice(0, 1), [40]);
    }));

  test('does not open where the damage is in what a start reads', () =>
    inLogDirectory(async ({ directory, open }) => {
      await makeLog(directory, 4096);
      edit(directory, 'UPDATE records SET body = \'"another"\' WHERE position = 40');
      await rejectsWith(open(), 'LOG_CORRUPT');
    }));

  test('tells a record that is gone, in the middle and at the end', () =>
    inLogDirectory(async ({ directory, open }) => {
      await makeLog(directory);
      edit(directory, 'DELETE FROM records WHERE position = 20');
      const log = await open({ tailLimit: 8 });
      await assert.rejects(log.readAll(0, 99), (error) => isPalisadeError(error) && error.details.position === 20);
      await log.close();
      edit(directory, 'DELETE FROM records WHERE position > 30');
      await rejectsWith(open({ tailLimit: 8 }), 'LOG_CORRUPT');
    }));

  test('reads no wrong answer from a damaged index, and builds it anew at the next start', () =>
    inLogDirectory(async ({ directory, open }) => {
      await makeLog(directory, 20);
      edit(directory, "UPDATE index_pages SET content = CAST(replace(hex(content), '0', '1') AS BLOB)");
      const log = await open({ tailLimit: 20 });
      await rejectsWith(log.readStream('card', 0, 99), 'LOG_CORRUPT');
      await rejectsWith(log.append(draftOf('card#3', { card: 2 }, '"3"')), 'LOG_CORRUPT');
      await log.close();
      const again = await open({ tailLimit: 20 });
      assert.equal((await again.readStream('card', 0, 99)).length, 14);
      assert.equal(await again.append(draftOf('card#3', { card: 2 }, '"3"')), 4);
      await again.close();
      assert.deepEqual(told(await verifySqliteEventLog({ directory })), []);
    }));

  test('fails for good where its background work meets a damaged index, and builds it anew at the next start', () =>
    inLogDirectory(async ({ directory, open }) => {
      await makeLog(directory, 8);
      edit(directory, 'UPDATE index_pages SET checksum = checksum + 1');
      const log = await open({ tailLimit: 8 });
      let hasFailed = false;
      for (let batch = 0; batch < 40 && !hasFailed; batch++) {
        await fillStream(log, `new-${batch}`, 8).catch((error: unknown) => {
          hasFailed = isPalisadeError(error, 'LOG_FAILED');
          // An id that the filter takes for a known one is looked up in the damaged index: that refuses one append.
          assert.ok(hasFailed || isPalisadeError(error, 'LOG_CORRUPT'), String(error));
        });
      }
      assert.ok(hasFailed);
      assert.ok(isPalisadeError(await log.failed, 'LOG_FAILED'));
      await log.close();
      const again = await open({ tailLimit: 8 });
      assert.equal((await again.readStream('card', 0, 99)).length, 14);
    }));

  test('builds the index anew where its table of contents does not add up', () =>
    inLogDirectory(async ({ directory, open }) => {
      await makeLog(directory);
      edit(directory, 'DELETE FROM index_segments WHERE from_position = 1');
      const log = await open({ tailLimit: 8 });
      assert.equal((await log.readRecord('card#0'))?.position, 1);
      await log.close();
      assert.deepEqual(told(await verifySqliteEventLog({ directory })), []);
    }));

  test('goes on without a damaged snapshot', () =>
    inLogDirectory(async ({ directory, open }) => {
      await makeLog(directory);
      edit(directory, "UPDATE snapshots SET state = x'ff' WHERE stream = 'card'");
      const log = await open({ tailLimit: 8 });
      const image = await log.readImage('card', 's');
      assert.equal(image.snapshot, null);
      assert.equal(image.records.length, 14);
      assert.equal((await log.readImage('device', 's')).snapshot?.revision, 5);
      await log.close();
      assert.deepEqual(told(await verifySqliteEventLog({ directory })), ['snapshot']);
    }));
});

describe('the check of a SQLite log', () => {
  test('finds a whole log whole, and tells how far it is', () =>
    inLogDirectory(async ({ directory }) => {
      await makeLog(directory);
      const progress: [number, number][] = [];
      const report = await verifySqliteEventLog({ directory, onProgress: (...step) => progress.push(step) });
      assert.deepEqual(report.problems, []);
      const { headPosition, recordCount, streamCount, snapshotCount } = report;
      assert.deepEqual([headPosition, recordCount, streamCount, snapshotCount], [60, 60, 4, 2]);
      assert.ok(report.segmentCount > 0);
      assert.deepEqual(progress.at(-1), [60, 60]);
    }));

  test('finds what was put in another place, taken out, or is in the index alone', () =>
    inLogDirectory(async ({ directory }) => {
      await makeLog(directory);
      edit(
        directory,
        "UPDATE records SET record_id = 'card#1' WHERE position = 30; DELETE FROM records WHERE position = 7",
      );
      const found = told(await verifySqliteEventLog({ directory }));
      assert.ok(found.includes(7) && found.includes(30) && found.includes('index'), String(found));
    }));
});

describe('a write-ahead log that was not folded in yet', () => {
  /** Copies the files of a log of 30 commits as a power cut would leave them. */
  async function cutPower(directory: string): Promise<{ file: string; wal: Buffer; commitEnds: number[] }> {
    const live = join(directory, 'live');
    const log = await openSqliteEventLog({ directory: live });
    const commitEnds: number[] = [];
    for (let index = 0; index < 30; index++) {
      await log.append(draftOf(`a#${index}`, { a: index - 1 }, '"x"'.padEnd(3000)));
      commitEnds.push((await readFile(join(live, WAL))).length);
    }
    const file = join(directory, 'copied.sqlite');
    await copyFile(join(live, FILE), file);
    const wal = await readFile(join(live, WAL));
    await log.close();
    return { file, wal, commitEnds };
  }

  async function restart(directory: string, file: string, wal: Buffer): Promise<string> {
    await mkdir(directory, { recursive: true });
    await copyFile(file, join(directory, FILE));
    await writeFile(join(directory, WAL), wal);
    return directory;
  }

  test('gives, cut anywhere, every record whose commit is whole, and goes on from there', () =>
    inLogDirectory(async ({ directory, open }) => {
      const { file, wal, commitEnds } = await cutPower(directory);
      const cuts = fc.sample(fc.integer({ min: commitEnds[4] ?? 0, max: wal.length }), 6);
      for (const [index, cut] of [...cuts, ...commitEnds.slice(-2)].entries()) {
        const target = await restart(join(directory, `cut-${index}`), file, wal.subarray(0, cut));
        const log = await open({ directory: target });
        const whole = commitEnds.filter((end) => end <= cut).length;
        const records = await log.readAll(0, 99);
        assert.equal(records.length, whole, `cut at ${cut}`);
        assert.equal(await log.append(draftOf('next', { a: whole - 1 })), whole + 1);
        await log.close();
        assert.deepEqual(told(await verifySqliteEventLog({ directory: target })), []);
      }
    }));

  test('is refused and left alone where whole commits follow a damaged one', () =>
    inLogDirectory(async ({ directory, open }) => {
      const { file, wal, commitEnds } = await cutPower(directory);
      const places = fc.sample(fc.integer({ min: 0, max: (commitEnds[26] ?? 0) - 1 }), 4).filter((at) => at > 16);
      for (const [index, at] of [18, ...places].entries()) {
        const damaged = Buffer.from(wal);
        damaged[at] = (damaged[at] ?? 0) ^ 0x10;
        const target = await restart(join(directory, `flip-${index}`), file, damaged);
        await rejectsWith(open({ directory: target }), 'LOG_CORRUPT');
        assert.deepEqual(await readFile(join(target, WAL)), damaged);
      }
    }));
});
