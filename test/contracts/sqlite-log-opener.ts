import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteEventLog } from '../../src/adapters/sqlite/mod.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { inDirectory, type OpenLog } from './log-under-test.ts';

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

type LogDirectory = {
  readonly directory: string;
  /** Opens a log, of this directory where no other is named. It is closed at the end, whatever happens. */
  readonly open: (options?: { directory?: string; tailLimit?: number }) => Promise<EventLog>;
};

/** Runs a test in a directory of its own that goes with it. */
export async function inLogDirectory(run: (place: LogDirectory) => Promise<void>): Promise<void> {
  await inDirectory(async (directory) => {
    const logs: EventLog[] = [];
    const open: LogDirectory['open'] = async (options) => {
      const log = await openSqliteEventLog({ directory, ...options });
      logs.push(log);
      return log;
    };
    try {
      await run({ directory, open });
    } finally {
      for (const log of logs) await log.close();
    }
  });
}
