import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqliteEventLog } from '../../adapters/sqlite/mod.ts';
import { openReadStoreReader } from '../../adapters/sqlite/read-store-reader.ts';
import { openSqliteReadStore } from '../../adapters/sqlite/sqlite-read-store.ts';
import { createSystemClock } from '../../adapters/system/system-clock.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { OutboxEntry, ReadStore } from '../../ports/read-store.ts';
import { DerivedFacts } from '../../runtime/derived-facts.ts';
import { differencesOf, type RowDifference } from '../../runtime/projection-difference.ts';
import { hasRecord, ProjectionRunner } from '../../runtime/projection-runner.ts';
import { RulesetProjections } from '../../runtime/views/ruleset-projections.ts';
import { CONSOLE_PROJECTIONS } from '../console/console-projections.ts';
import { READ_STORE_FILE } from './read-store-file.ts';

const BATCH_RECORDS = 512;

/** What a verification found for one projection. */
export type VerifiedProjection = { readonly name: string; readonly differences: readonly RowDifference[] };

/** Told now and then: records taken in, of how many. */
export type OnProgress = (done: number, total: number) => void;

type Opened = { readonly log: EventLog; readonly store: ReadStore; readonly runner: ProjectionRunner };

/** A runner over a log, with its failure as an error. */
async function runnerOver(
  log: EventLog,
  store: ReadStore,
  append: (entries: readonly OutboxEntry[]) => Promise<void>,
): Promise<ProjectionRunner> {
  const declared = new RulesetProjections();
  const readAll = (after: number, maxCount: number) => log.readAll(after, maxCount);
  const runner = new ProjectionRunner({
    store,
    readAll,
    projectionsOf: (ruleset) => [...declared.of(ruleset), ...CONSOLE_PROJECTIONS],
    append,
    failed: () => {},
  });
  if (!(await hasRecord(readAll, runner.lastRecord))) runner.startOver();
  runner.start();
  return runner;
}

/** Takes in what there is in the log, and what that adds to it. */
async function followToEnd(runner: ProjectionRunner, log: EventLog, onProgress: OnProgress): Promise<void> {
  for (;;) {
    const records = await log.readAll(runner.position, BATCH_RECORDS);
    if (records.length > 0) await runner.apply(records);
    else await runner.settled();
    if (runner.failure !== null) throw runner.failure;
    const { headPosition } = log.statistics();
    onProgress(runner.position, headPosition);
    if (records.length === 0 && runner.position >= headPosition) return;
  }
}

async function withProjections<Result>(directory: string, work: (opened: Opened) => Promise<Result>): Promise<Result> {
  const log = await openSqliteEventLog({ directory });
  let store: ReadStore | null = null;
  try {
    store = openSqliteReadStore(join(directory, READ_STORE_FILE));
    const facts = new DerivedFacts(log, createSystemClock());
    return await work({ log, store, runner: await runnerOver(log, store, (entries) => facts.append(entries)) });
  } finally {
    store?.close();
    await log.close();
  }
}

/** Brings the projections of a stopped engine up to date and builds one of them anew. Rejects where there is none. */
export function rebuildStopped(directory: string, name: string, onProgress: OnProgress): Promise<void> {
  return withProjections(directory, async ({ log, runner }) => {
    await followToEnd(runner, log, onProgress);
    if (!runner.rebuild(name)) throw unknownProjection(name);
    await runner.settled();
    await followToEnd(runner, log, onProgress);
  });
}

/**
 * Brings the projections of a stopped engine up to date, builds all of them anew from the log in a file of its own, and
 * compares row for row. O(records of the log).
 */
export function verifyStopped(directory: string, onProgress: OnProgress): Promise<readonly VerifiedProjection[]> {
  return withProjections(directory, async ({ log, runner }) => {
    await followToEnd(runner, log, () => {});
    const file = join(directory, `verify-${READ_STORE_FILE}`);
    const remove = (): Promise<unknown> =>
      Promise.all(['', '-wal', '-shm', '-unsynced'].map((end) => rm(`${file}${end}`, { force: true })));
    await remove();
    const store = openSqliteReadStore(file);
    try {
      // What views say in the log has been said: this build is only looked at.
      const anew = await runnerOver(log, store, async () => {});
      await followToEnd(anew, log, onProgress);
      const others = new Map(anew.readable().map((each) => [each.projection.name, each]));
      return runner.readable().map(({ projection, tables }) => {
        const other = others.get(projection.name);
        const differences = other === undefined ? [] : differencesOf(projection.tables, tables, other.tables);
        return { name: projection.name, differences };
      });
    } finally {
      store.close();
      await remove();
    }
  });
}

/** How far the projections of a stopped engine are, as their file says; nothing where there is none. */
export function listStopped(directory: string): readonly (readonly [string, string, string, number])[] {
  const file = join(directory, READ_STORE_FILE);
  if (!existsSync(file)) return [];
  const reader = openReadStoreReader(file);
  try {
    return reader
      .generations()
      .map(({ projection, version, state, checkpoint }) => [projection, version, state, checkpoint] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1));
  } finally {
    reader.close();
  }
}

/** The error for a name that no projection has. */
export function unknownProjection(name: string): PalisadeError {
  const message = `Cannot rebuild the projection as there is none of the name: ${name}. Run palisade projections list.`;
  return new PalisadeError('REQUEST_NOT_FOUND', message);
}
