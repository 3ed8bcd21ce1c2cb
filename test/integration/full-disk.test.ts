import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { drivesNode } from './engine-process.ts';
import { failAndRecover } from './failing-log.ts';

/** Why no volume can be mounted here; false where one can. */
function findMountObstacle(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'palisade-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return false;
  } catch {
    return 'a small volume can only be mounted by root on Linux';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('a disk that fills up under load', { concurrency: true, skip: drivesNode }, () => {
  test('ends the server with the cause and the remedy, and loses nothing', { skip: findMountObstacle() }, () =>
    failAndRecover(async (bench, run) => {
      mkdirSync(bench.data);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', bench.data]);
      try {
        await run({
          options: {},
          cause: /database or disk is full.*Free space on the volume/,
          repair: () => execFileSync('mount', ['-o', 'remount,size=64m', bench.data]),
        });
      } finally {
        await bench.endAll();
        execFileSync('umount', [bench.data]);
      }
    }),
  );

  const noLimits = process.platform === 'win32' ? 'there is no ulimit on Windows' : false;
  test('by a limit on the size of files does the same', { skip: noLimits }, () =>
    failAndRecover((_bench, run) =>
      run({
        options: { fileBlocksMax: 4096 },
        cause: /disk I\/O error.*Check the volume \(space, file size limits/,
        repair: () => {
          // The next start has no limit.
        },
      }),
    ),
  );
});
