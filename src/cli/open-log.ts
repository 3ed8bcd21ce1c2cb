import { mkdir } from 'node:fs/promises';
import { openEventStoreLog } from '../adapters/eventstoredb/mod.ts';
import { openSqliteEventLog } from '../adapters/sqlite/mod.ts';
import type { EventLog } from '../ports/event-log.ts';

const SECONDS_A_DAY = 86_400;

/** An event log that is kept by a server. */
export type LogAddress = {
  /** `esdb://` or `esdb+discover://`, with credentials, TLS and certificates. */
  readonly connectionString: string;
  /** Days that the server keeps a record; null leaves it as the server was told before. */
  readonly maxAgeDays: number | null;
};

/**
 * Opens the log at an address, which other processes write to all the time where it is shared, or else the embedded one
 * of a folder, which is made where it is missing.
 */
export async function openLog(directory: string, address: LogAddress | null, isShared: boolean): Promise<EventLog> {
  if (address === null) return await openSqliteEventLog({ directory });
  await mkdir(directory, { recursive: true });
  const { connectionString, maxAgeDays } = address;
  return await openEventStoreLog({
    connectionString,
    isShared,
    maxAgeSeconds: maxAgeDays === null ? null : maxAgeDays * SECONDS_A_DAY,
  });
}

/** An address without what is secret in it. */
export function withoutCredentials(connectionString: string): string {
  return connectionString.replace(/\/\/[^@/]*@/, '//').replace(/\?.*$/, '');
}
