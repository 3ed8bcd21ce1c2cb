import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { openSqliteReadStore } from '../../src/adapters/sqlite/sqlite-read-store.ts';
import { CONSOLE_PROJECTIONS } from '../../src/cli/console/console-projections.ts';
import { type RunningQueries, startQueries } from '../../src/cli/sql/sql-client.ts';
import { encodeFact } from '../../src/codec/mod.ts';
import type { ReadStore } from '../../src/ports/read-store.ts';
import { ProjectionRunner } from '../../src/runtime/projection-runner.ts';
import { decidedOf, publishedRates } from '../projections/console-facts.ts';

const folder = mkdtempSync(join(tmpdir(), 'palisade-sql-'));
const file = join(folder, 'views.sqlite');
const isDeno = Object.hasOwn(process.versions, 'deno');
let store: ReadStore;
let queries: RunningQueries;

before(async () => {
  store = openSqliteReadStore(file);
  const runner = new ProjectionRunner({
    store,
    readAll: async () => [],
    projectionsOf: () => CONSOLE_PROJECTIONS,
    append: async () => {},
    failed: () => {},
  });
  runner.start();
  const facts = [
    publishedRates({}),
    decidedOf('a', { card: 'c1', outcome: 'decline', rule: 'spike', minute: 0 }),
    decidedOf('b', { card: 'c2', outcome: 'approve', minute: 1 }),
  ];
  const records = facts.map((fact, index) => {
    return { position: index + 1, recordId: `r-${index}`, type: fact.type, body: encodeFact(fact), streams: [] };
  });
  await runner.apply(records);
  queries = startQueries(file);
});
after(() => {
  queries.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const REFUSED = {
  'write a row': 'INSERT INTO decisions(position) VALUES (9)',
  'write a table': 'DELETE FROM g1_decisions',
  'make a table': 'CREATE TABLE t(a)',
  'make a temporary table': 'CREATE TEMP TABLE t(a)',
  'drop a view': 'DROP VIEW decisions',
  'attach a file': `ATTACH '${join(folder, 'other.sqlite')}' AS o`,
  'copy the store': `VACUUM INTO '${join(folder, 'other.sqlite')}'`,
  'set a pragma': 'PRAGMA query_only=OFF',
  'read a pragma': 'PRAGMA database_list',
  'read a pragma as a table': "SELECT * FROM pragma_table_info('decisions')",
  'read the schema': 'SELECT * FROM sqlite_schema',
  'read the temporary schema': 'SELECT * FROM sqlite_temp_schema',
  'read the settings': 'SELECT * FROM settings',
  'count the settings': 'SELECT count(*) FROM settings',
  'count the schema': 'SELECT count(*) FROM sqlite_schema',
  'count what a module gives': 'SELECT count(*) FROM pragma_module_list',
  'count pages': 'SELECT count(*) FROM dbstat',
  'read the outbox': 'SELECT * FROM main.outbox',
  'read the index of words': 'SELECT * FROM g1_decisions_words',
  'read what projections keep for themselves': 'SELECT * FROM open_cases',
  'read a file': "SELECT readfile('/etc/passwd')",
  'load an extension': "SELECT load_extension('x')",
  'begin a transaction': 'BEGIN IMMEDIATE',
  'end the transaction': 'COMMIT',
  'say nothing': '   ',
  'say nonsense': 'SELEC 1',
};

const skip = isDeno ? 'the authorizer of SQLite is a part of Node' : false;

describe('queries in SQL', { skip }, () => {
  test('read the views', async () => {
    const sql = 'SELECT d.outcome, count(*) AS n FROM decisions d GROUP BY 1 ORDER BY 1';
    const answer = await queries.query(sql, 10);
    assert.deepEqual(answer, {
      position: 3,
      columns: ['outcome', 'n'],
      rows: [
        ['approve', 1],
        ['decline', 1],
      ],
      isTruncated: false,
    });
    const names = (await queries.tables()).map(({ name }) => name);
    assert.ok(['decisions', 'alerts', 'cases', 'entities', 'links', 'rules'].every((name) => names.includes(name)));
  });

  test('stop at so many rows', async () => {
    const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
    const { rows, isTruncated } = await queries.query(sql, 3);
    assert.deepEqual([rows, isTruncated], [[[1], [2], [3]], true]);
  });

  for (const [attack, sql] of Object.entries(REFUSED)) {
    test(`cannot ${attack}`, async () => {
      await assert.rejects(queries.query(sql, 10), { code: 'QUERY_REFUSED' });
      assert.equal((await queries.query('SELECT count(*) FROM decisions', 1)).rows[0]?.[0], 2);
    });
  }

  test('leave no file behind', () => assert.equal(existsSync(join(folder, 'other.sqlite')), false));

  test('answer the first statement of several only', async () => {
    const outcome = await queries.query('SELECT 1; DELETE FROM decisions', 10).catch(() => null);
    assert.ok(outcome === null || outcome.rows[0]?.[0] === 1);
    assert.equal((await queries.query('SELECT count(*) FROM decisions', 1)).rows[0]?.[0], 2);
  });
});

describe('queries in SQL that take too much', { skip }, () => {
  test('that never end are ended, and the next is answered', async () => {
    const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
    const hasty = startQueries(file, 2_000);
    const [slow, next] = await Promise.allSettled([hasty.query(sql, 1), hasty.query('SELECT 7', 1)]);
    hasty.close();
    assert.equal(slow.status === 'rejected' && slow.reason.code, 'QUERY_LIMIT');
    assert.deepEqual(next.status === 'fulfilled' && next.value.rows, [[7]]);
  });

  test('are timed from when their process stands, as its start waits for all other work', async () => {
    const hasty = startQueries(file, 100);
    const answerOnce = (): Promise<unknown> =>
      hasty.query('SELECT 7', 1).then(
        ({ rows }) => rows[0]?.[0],
        () => null,
      );
    let answer = await answerOnce();
    // Where it took more than that all the same, the next one begins a process anew.
    for (let tries = 1; answer !== 7 && tries < 20; tries++) answer = await answerOnce();
    hasty.close();
    assert.equal(answer, 7);
  });

  test('that nobody waits for any more are ended, whether they run or wait', async () => {
    const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
    const patient = startQueries(file, 600_000);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const ended = Promise.allSettled([
      patient.query(endless, 1, running.signal),
      patient.query(endless, 1, waiting.signal),
      patient.query('SELECT 9', 1),
    ]);
    waiting.abort();
    running.abort();
    const [first, second, third] = await ended;
    patient.close();
    for (const each of [first, second]) assert.equal(each?.status === 'rejected' && each.reason.code, 'QUERY_LIMIT');
    assert.deepEqual(third?.status === 'fulfilled' && third.value.rows, [[9]]);
  });

  test('that fill the memory are ended', async () => {
    const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1500) ';
    const texts = `${numbers}SELECT length(group_concat(hex(randomblob(250000)))) FROM n`;
    await assert.rejects(queries.query(texts, 1), { code: 'QUERY_LIMIT' });
    const sorted = `${numbers}SELECT length(b) FROM (SELECT hex(randomblob(250000)) AS b FROM n) ORDER BY b`;
    await assert.rejects(queries.query(sorted, 1), { code: 'QUERY_LIMIT' });
    assert.deepEqual((await queries.query('SELECT 8', 1)).rows, [[8]]);
  });
});
