import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteEventLog } from '../../src/adapters/sqlite/mod.ts';
import type { OpenLog } from './log-under-test.ts';

/** Opens SQLite logs with these bounds, each in a directory of its own that goes with it. */
export function sqliteLogOpener(options: { tailLimit?: number; knownRevisionLimit?: number }): OpenLog {
  return async () => {
    const directory = await mkdtemp(join(tmpdir(), 'palisade-log-'));
    let log = await openSqliteEventLog({ directory, ...options });
    return {
      log,
      reopen: async () => {
        await log.close();
        log = await openSqliteEventLog({ directory, ...options });
        return log;
      },
      dispose: async () => {
        await log.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  };
}
