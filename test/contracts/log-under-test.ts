import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { EventLog, RecordDraft } from '../../src/ports/event-log.ts';

/** A log under test, and how to close it and open it again. */
export type LogUnderTest = {
  readonly log: EventLog;
  readonly reopen: () => Promise<EventLog>;
  readonly dispose: () => Promise<void>;
};

/** Opens an empty log of its own for each test. */
export type OpenLog = () => Promise<LogUnderTest>;

/** Builds a draft from stream names and expected revisions. */
export function draftOf(recordId: string, streams: Readonly<Record<string, number>>, body = '{}'): RecordDraft {
  const writes = Object.entries(streams).map(([stream, expectedRevision]) => ({ stream, expectedRevision }));
  return { recordId, type: 'Tested', body, streams: writes };
}

/** Runs a test on a log that is closed whatever happens. */
export async function withLog(open: OpenLog, run: (subject: LogUnderTest) => Promise<void>): Promise<void> {
  const subject = await open();
  try {
    await run(subject);
  } finally {
    await subject.dispose();
  }
}

/** Appends records 1 to `count` to one stream, all at once. */
export async function fillStream(log: EventLog, stream: string, count: number): Promise<void> {
  const appends = Array.from({ length: count }, (_, index) =>
    log.append(draftOf(`${stream}#${index}`, { [stream]: index - 1 }, `"${index}"`)),
  );
  await Promise.all(appends);
}

/** Asserts that a promise rejects with a PalisadeError of this code. */
export async function rejectsWith(promise: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(isPalisadeError(error), String(error));
    assert.equal(error.code, code, error.message);
    return true;
  });
}

/** Runs a test in a directory of its own that goes with it. */
export async function inDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'palisade-test-'));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
