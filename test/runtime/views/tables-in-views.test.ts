import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createMemoryReadStore } from '../../../src/adapters/memory/memory-read-store.ts';
import type { TableRow } from '../../../src/domain/events.ts';
import type { Fact } from '../../../src/domain/records.ts';
import { isoAt, loginOf, rowOf } from '../../support/event-builders.ts';
import { rulesetWithViews } from '../../views/view-rig.ts';
import { ArrayLog, publishedOf, RunnerRig } from './runner-rig.ts';

const START_MS = Date.UTC(2026, 0, 31);
const SECTIONS = `tables: { tier: { columns: { level: number, name: text, closed: boolean }, keep: 1h } }
event_time: { out_of_orderness: 1h, lateness: 1h }`;
const VIEWS = `  risky:
    from: login
    where: table.tier[event.accountId].level > 5.0
    group_by: accountId
    window: unbounded
    aggregates: { n: count, gold: { aggregate: count, where: 'table.tier[event.accountId].name == "gold"' } }
    tags: { closed: 'table.tier[row.accountId].closed' }
  levels:
    from: table.tier
    where: '!event.removed'
    group_by: key
    window: unbounded
    aggregates: { n: count, level: last(event.columns.level) }
`;

function rowFact(eventId: string, atMs: number, key: string, columns: TableRow['columns'] | null): Fact {
  const changes = { occurredAt: isoAt(atMs), table: 'tier', key };
  const row = rowOf(eventId, columns === null ? { ...changes, removed: true } : { ...changes, columns: columns ?? {} });
  return { type: 'TableRowRecorded', row, recordedAt: isoAt(atMs) };
}

function loginFact(eventId: string, atMs: number, accountId: string): Fact {
  const event = loginOf(eventId, { occurredAt: isoAt(atMs), accountId });
  return { type: 'SideEventRecorded', event, assessment: null, rulesetVersion: 'one', recordedAt: isoAt(atMs) };
}

type Step = { readonly isRow: boolean; readonly atMs: number; readonly key: string; readonly level: number };

/** Rows and logins in any order of time; a level of 0 removes the row. */
const steps = fc.array(
  fc.record({
    isRow: fc.boolean(),
    atMs: fc.nat(60).map((minute) => START_MS + minute * 60_000),
    key: fc.constantFrom('a', 'b'),
    level: fc.nat(9),
  }),
  { maxLength: 40 },
);

function logOf(drawn: readonly Step[]): ArrayLog {
  const log = new ArrayLog();
  log.append('r', publishedOf(rulesetWithViews(VIEWS, '', SECTIONS), 'one'));
  for (const [index, { isRow, atMs, key, level }] of drawn.entries()) {
    const columns = level === 0 ? null : { level, name: level % 2 === 0 ? 'gold' : 'blue', closed: level > 7 };
    log.append(`e${index}`, isRow ? rowFact(`e${index}`, atMs, key, columns) : loginFact(`e${index}`, atMs, key));
  }
  return log;
}

/** What the view has to say, by going through all earlier rows at each login. */
function expectedOf(drawn: readonly Step[]): { accountId: string; n: number; gold: number; closed: boolean }[] {
  const levelAt = (key: string, atMs: number, before: number): number => {
    const known = drawn.slice(0, before).filter((step) => step.isRow && step.key === key && step.atMs <= atMs);
    const latestMs = Math.max(...known.map((step) => step.atMs));
    return known.filter((step) => step.atMs === latestMs).at(-1)?.level ?? 0;
  };
  return ['a', 'b'].flatMap((accountId) => {
    const counted = drawn.flatMap((step, index) => {
      const level = step.isRow || step.key !== accountId ? 0 : levelAt(accountId, step.atMs, index);
      return level > 5 ? [{ level, atMs: step.atMs, index }] : [];
    });
    const last = counted.at(-1);
    if (last === undefined) return [];
    const closed = levelAt(accountId, last.atMs, last.index) > 7;
    return [{ accountId, n: counted.length, gold: counted.filter(({ level }) => level % 2 === 0).length, closed }];
  });
}

describe('a view that reads a table', () => {
  test('sees it as of the time of each event, as far as the log knew it then', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (drawn) => {
        const rig = new RunnerRig(logOf(drawn));
        await rig.follow();
        assert.equal(rig.failure, null);
        const rows = rig.rows('risky') as { accountId: string }[];
        assert.deepEqual(
          rows.toSorted((left, right) => (left.accountId < right.accountId ? -1 : 1)),
          expectedOf(drawn),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('comes to the same after restarts, and when it is built anew', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 10 }), async (drawn, batch) => {
        const log = logOf(drawn);
        const store = createMemoryReadStore();
        for (let position = 0; position < log.records.length; position += batch) {
          const rig = new RunnerRig(log, store);
          await rig.runner.apply(log.after(rig.runner.position, batch));
          await rig.runner.settled();
          rig.runner.close();
        }
        const restarted = new RunnerRig(log, store);
        await restarted.follow();
        assert.equal(restarted.failure, null);
        const anew = new RunnerRig(log);
        await anew.follow(100);
        assert.deepEqual(restarted.contents(), anew.contents());
      }),
      { numRuns: 30 },
    );
  });

  test('forgets versions of rows that no event can ask for any more', async () => {
    const log = new ArrayLog();
    log.append('r', publishedOf(rulesetWithViews(VIEWS, '', SECTIONS), 'one'));
    for (let hour = 0; hour < 50; hour++)
      log.append(`t${hour}`, rowFact(`t${hour}`, START_MS + hour * 3_600_000, 'a', {}));
    const rig = new RunnerRig(log);
    await rig.follow();
    const tables = rig.runner.readable().find(({ projection }) => projection.name === 'risky')?.tables;
    assert.equal(tables?.count('table_rows', []), 2);
  });

  test('is built anew where the table is declared in another way, and only then', async () => {
    const log = logOf([]);
    const rig = new RunnerRig(log);
    await rig.follow();
    const versions = (): string[] => rig.runner.readable().map(({ projection }) => projection.version);
    const before = versions();
    const other = SECTIONS.replace('name: text', 'name: text, note: text');
    log.append('r2', publishedOf(rulesetWithViews(VIEWS, '', other), 'two'));
    await rig.follow();
    const [levels, risky] = versions();
    assert.equal(levels, before[0]);
    assert.notEqual(risky, before[1]);
  });

  test('from a table shows its changelog', async () => {
    const log = logOf([
      { isRow: true, atMs: START_MS, key: 'a', level: 3 },
      { isRow: true, atMs: START_MS + 60_000, key: 'a', level: 0 },
      { isRow: true, atMs: START_MS + 30_000, key: 'a', level: 4 },
      { isRow: false, atMs: START_MS, key: 'a', level: 4 },
    ]);
    const rig = new RunnerRig(log);
    await rig.follow();
    assert.deepEqual(rig.rows('levels'), [{ key: 'a', n: 2, level: 4 }]);
    assert.equal(rig.queries.views().find(({ name }) => name === 'levels')?.from, 'table.tier');
  });
});
