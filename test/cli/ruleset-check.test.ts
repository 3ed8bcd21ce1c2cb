import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { runRulesetCheck } from '../../src/cli/ruleset-check.ts';
import { captureIo } from './captured-io.ts';

const directory = await mkdtemp(join(tmpdir(), 'palisade-check-'));
after(() => rm(directory, { recursive: true, force: true }));

const ONLY_VIEWS = `name: only-views
currency: { base: EUR }
views:
  by_device: { from: metric, group_by: deviceId, window: tumbling 10s, aggregates: { n: count } }
  loud: { from: view.by_device, where: event.n > 5.0 }
rules:
  - { id: loud, on: view.loud, outcome: alert, reason: LOUD }
policy: { fallback: [ { outcome: review } ] }
`;

const OF_ALL = `name: of-all
currency: { base: EUR }
features:
  card.count_1h: { aggregate: count, window: sliding 1h }
  card.sum_1h: { aggregate: sum(event.amount), window: sliding 1h }
  account.fails: { on: login, aggregate: count, window: sliding 1m }
tables: { risk: { columns: { score: number } } }
views:
  risks: { from: table.risk, window: unbounded, aggregates: { n: count } }
lists: [ { list: block, kind: country, value: XX } ]
rules:
  - { id: one, when: card.count_1h > 3, outcome: review, reason: ONE }
  - { id: two, state: shadow, when: card.count_1h > 2, outcome: review, reason: TWO }
  - { id: three, on: login, when: account.fails > 2, outcome: alert, reason: THREE }
policy: { fallback: [ { outcome: review } ] }
`;

async function check(text: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const path = join(directory, 'rules.yaml');
  await writeFile(path, text);
  const captured = captureIo({ stdin: '' });
  const code = await runRulesetCheck([path], captured.io);
  return { code, stdout: captured.stdout(), stderr: captured.stderr() };
}

describe('palisade ruleset check', () => {
  test('tells the views of a ruleset that has nothing else, and the rules on them', async () => {
    const { code, stdout } = await check(ONLY_VIEWS);
    assert.equal(code, 0);
    assert.match(stdout, /is valid: only-views, version [0-9a-f]{32}\n/);
    assert.deepEqual(stdout.split('\n').slice(1, -1), [
      '  1 rule: 1 active; 1 on view.loud',
      '  2 views: by_device from metric, loud from view.by_device',
    ]);
  });

  test('tells rules by state and what they are on, features by what they are kept by, tables and lists', async () => {
    const { stdout } = await check(OF_ALL);
    assert.deepEqual(stdout.split('\n').slice(1, -1), [
      '  3 rules: 2 active, 1 shadow; 2 on transaction, 1 on login',
      '  3 features: 2 by card, 1 by account',
      '  1 view: risks from table.risk',
      '  1 table: risk',
      '  1 list entry: 1 block',
    ]);
  });

  test('names what is wrong by line, column and field, and fails', async () => {
    const { code, stdout, stderr } = await check(ONLY_VIEWS.replace('tumbling 10s', 'tumbling 0s'));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /rules\.yaml:4:\d+ views\.by_device\.window: .*\n1 problem\(s\); the ruleset is not valid\.\n$/,
    );
  });
});
