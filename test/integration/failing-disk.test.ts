import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { drivesNode } from './engine-process.ts';
import { failAndRecover } from './failing-log.ts';

const SOURCE = fileURLToPath(new URL('failing-disk.c', import.meta.url));
let folder = '';
const LIBRARY = 'failing-disk.so';
/** Decisions that are acknowledged before the disk fails. */
const HEALTHY_DECISIONS = 200;

/** Makes the library that lets calls fail. Why that is not possible here, false where it is. */
function findObstacle(): string | false {
  if (drivesNode !== false) return drivesNode;
  if (process.platform !== 'linux') return 'a disk that fails is made with LD_PRELOAD, which is of Linux';
  folder = mkdtempSync(join(tmpdir(), 'palisade-failing-disk-'));
  try {
    execFileSync('cc', ['-shared', '-fPIC', '-o', join(folder, LIBRARY), SOURCE, '-ldl'], { stdio: 'pipe' });
    return false;
  } catch (error) {
    rmSync(folder, { recursive: true });
    return `a disk that fails is made with a C compiler, and cc does not do it: ${String(error).split('\n')[0]}`;
  }
}

describe('a disk that fails under load', { concurrency: true, skip: findObstacle() }, () => {
  after(() => rmSync(folder, { recursive: true, force: true }));

  // The extended result codes of SQLite: SQLITE_IOERR_FSYNC and SQLITE_IOERR_WRITE.
  for (const [call, code] of [
    ['fsync', 1034],
    ['write', 778],
  ] as const) {
    test(`in ${call} ends the server with the cause and the remedy, and loses nothing`, () =>
      failAndRecover(async (bench, run) => {
        const since = join(bench.folder, 'the-disk-fails');
        await run({
          options: { environment: { LD_PRELOAD: join(folder, LIBRARY), FAILING_CALL: call, FAILING_SINCE: since } },
          cause: new RegExp(`disk I/O error \\(SQLite result ${code}\\).*Check the volume .*system log`),
          provoke: (count) => {
            if (count === HEALTHY_DECISIONS) writeFileSync(since, '');
          },
          repair: () => rmSync(since),
        });
      }));
  }
});
