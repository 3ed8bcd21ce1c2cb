import assert from 'node:assert/strict';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { drivesNode } from './engine-process.ts';
import { assertProblem, type HttpCaller, paymentText } from './http-caller.ts';
import { smallRuleset } from './small-ruleset.ts';
import { onWorkbench } from './workbench.ts';

const YAML = { 'content-type': 'application/yaml' };
/** Line 8 says an outcome that there is none of, line 9 a number that is too large. */
const BROKEN = smallRuleset('broken', 'deny').replace('score: 10', 'score: 1000');

async function rulesetOf(caller: HttpCaller): Promise<{ name: string; version: string; text: string }> {
  const answer = await caller.get('/v1/ruleset');
  assert.equal(answer.status, 200);
  return JSON.parse(answer.text);
}

async function decide(caller: HttpCaller, id: string): Promise<{ outcome: string; rulesetVersion: string }> {
  const answer = await caller.authorize(paymentText(id));
  assert.equal(answer.status, 200, answer.text);
  return JSON.parse(answer.text);
}

describe('a ruleset', { concurrency: true, skip: drivesNode }, () => {
  test('of a watched file is replaced by a valid change, and stays on a broken one', () =>
    onWorkbench(async (bench) => {
      const file = join(bench.folder, 'rules.yaml');
      await writeFile(file, smallRuleset('first', 'review'));
      const server = await bench.serve(['--open', '--ruleset', file]);
      const caller = bench.call(server);
      const first = await rulesetOf(caller);
      const before = await decide(caller, 'payment-1');
      assert.deepEqual([before.outcome, before.rulesetVersion], ['review', first.version]);

      await writeFile(file, BROKEN);
      const [line] = await server.until(/.*rules\[0\]\.score.*/);
      await server.until(/.*rules\[0\]\.outcome.*/);
      assert.match(line, /"message":"Ruleset problem".*"at":"9:12 rules\[0\]\.score"/);
      assert.match(server.stderr, /"at":"8:14 rules\[0\]\.outcome"/);
      assert.match(server.stderr, /the one in force stays/);
      assert.deepEqual(await rulesetOf(caller), first);
      assert.equal((await decide(caller, 'payment-2')).outcome, 'review');

      await writeFile(`${file}.draft`, smallRuleset('second', 'decline'));
      await rename(`${file}.draft`, file);
      await server.until(/"A ruleset is in force".*"second"/);
      const second = await rulesetOf(caller);
      const after = await decide(caller, 'payment-3');
      assert.deepEqual([second.name, after.outcome, after.rulesetVersion], ['second', 'decline', second.version]);
      const again = await decide(caller, 'payment-1');
      assert.deepEqual(again, before);
      await server.end('SIGKILL');
    }));

  test('of a file that Kubernetes mounts is replaced when the mount is', () =>
    onWorkbench(async (bench) => {
      const inMount = (...names: string[]) => join(bench.folder, 'mount', ...names);
      for (const [version, outcome] of [
        ['..one', 'review'],
        ['..two', 'decline'],
      ] as const) {
        await mkdir(inMount(version), { recursive: true });
        await writeFile(inMount(version, 'rules.yaml'), smallRuleset(version.slice(2), outcome));
      }
      await symlink('..one', inMount('..data'));
      await symlink('..data/rules.yaml', inMount('rules.yaml'));
      const server = await bench.serve(['--open', '--ruleset', inMount('rules.yaml')]);
      await symlink('..two', inMount('..next'));
      await rename(inMount('..next'), inMount('..data'));
      await server.until(/"A ruleset is in force".*"two"/);
      assert.equal((await decide(bench.call(server), 'payment-1')).outcome, 'decline');
    }));

  test('that was published is in force at once and after a restart; a broken one changes nothing', () =>
    onWorkbench(async (bench) => {
      const server = await bench.serve();
      const caller = bench.call(server);
      const shipped = await rulesetOf(caller);
      const validated = await caller.send('POST', '/v1/ruleset/validate', BROKEN, YAML);
      assert.equal(validated.status, 200);
      const { valid, problems } = JSON.parse(validated.text);
      const places = problems.map(({ line, field }: { line: number; field: string }) => [line, field]);
      assert.equal(valid, false);
      assert.deepEqual(places, [
        [8, 'rules[0].outcome'],
        [9, 'rules[0].score'],
      ]);
      const refused = await caller.send('PUT', '/v1/ruleset', BROKEN, YAML);
      assertProblem(refused, 422, 'RULESET_INVALID');
      assert.deepEqual(JSON.parse(refused.text).errors, problems);
      assert.deepEqual(await rulesetOf(caller), shipped);
      const published = await caller.send('PUT', '/v1/ruleset', smallRuleset('published', 'challenge'), YAML);
      assert.equal(published.status, 200, published.text);
      const report = await rulesetOf(caller);
      assert.deepEqual(report, JSON.parse(published.text));
      assert.equal((await decide(caller, 'payment-1')).outcome, 'challenge');
      await server.end('SIGKILL');

      const after = await bench.serve();
      const reader = bench.call(after);
      assert.deepEqual(await rulesetOf(reader), report);
      const decision = await decide(reader, 'payment-2');
      assert.deepEqual([decision.outcome, decision.rulesetVersion], ['challenge', report.version]);
      await after.end('SIGKILL');
    }));

  test('that is broken does not start: each problem is told with line, column and field', () =>
    onWorkbench(async (bench) => {
      const file = join(bench.folder, 'rules.yaml');
      await writeFile(file, BROKEN);
      const server = bench.launch(['serve', '--open', '--port', '0', '--data', bench.data, '--ruleset', file]);
      assert.equal(await server.ended, 1);
      assert.match(server.stderr, /^RULESET_INVALID: Cannot install the ruleset as /);
      assert.match(server.stderr, /^ {2}8:14 rules\[0\]\.outcome .*deny/m);
      assert.match(server.stderr, /^ {2}9:12 rules\[0\]\.score /m);
      const missing = bench.launch([
        'serve',
        '--open',
        '--data',
        bench.data,
        '--ruleset',
        join(bench.folder, 'none.yaml'),
      ]);
      assert.equal(await missing.ended, 1);
      assert.match(missing.stderr, /^INPUT_FILE: .*none\.yaml.*\. Name a file that exists\./);
    }));
});
