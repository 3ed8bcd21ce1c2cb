import { type EventStoreLogOptions, openEventStoreLog } from '../../src/adapters/eventstoredb/mod.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import type { OpenLog } from '../contracts/log-under-test.ts';
import { endAfterTests } from '../support/end-of-file.ts';

endAfterTests();

let logCount = 0;

/** Why tests that speak with the store are left out on Deno, for `skip`: a crash there ends every other test too. */
export const noStoreHere =
  'Deno' in globalThis ? 'the HTTP/2 of Deno 2.9 ends the process at times, by a failed assertion of its own' : false;

/** A prefix that no other log has, on a server that others use. */
export function freshPrefix(): string {
  return `test-${process.pid}-${Date.now().toString(36)}-${logCount++}-`;
}

/** A slow machine takes long to answer: that decides a test only where it says so itself. */
const PATIENCE_MS = 60_000;

/** Opens a log that waits a minute for the server, but for what the options say of times. */
export function openPatientLog(options: EventStoreLogOptions): Promise<EventLog> {
  const times = { readTimeoutMs: PATIENCE_MS, answerTimeoutMs: PATIENCE_MS, patienceMs: PATIENCE_MS };
  return openEventStoreLog({ ...times, ...options });
}

/** Opens logs on a server, each under a prefix of its own; shared ones take turns and hear of each other at once. */
export function eventStoreLogOpener(connectionString: string, isShared = false): OpenLog {
  return async () => {
    const prefix = freshPrefix();
    const open = () => openPatientLog({ connectionString, prefix, indexDelayMs: 5, isShared });
    let log = await open();
    return {
      log,
      reopen: async () => {
        await log.close();
        log = await open();
        return log;
      },
      dispose: () => log.close(),
    };
  };
}
