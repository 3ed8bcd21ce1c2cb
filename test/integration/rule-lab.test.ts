import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RulesetShelfAnswer } from '../../src/ports/ruleset-lab.ts';
import { type CliProcess, drivesNode } from './engine-process.ts';
import { assertProblem, type HttpCaller, paymentText } from './http-caller.ts';
import { smallRuleset } from './small-ruleset.ts';
import { onWorkbench, type Workbench } from './workbench.ts';

const YAML = { 'content-type': 'application/yaml' };
const DRAFT = '/v1/rulesets/stricter';

/** Makes a key in the key file of a bench; both keys may read, draft and authorize. */
async function makeKey(bench: Workbench, id: string): Promise<string> {
  const file = join(bench.folder, 'keys.json');
  const made = bench.launch(['keys', 'create', id, '--file', file, '--scopes', 'read,rules,authorize']);
  assert.equal(await made.ended, 0, made.stderr);
  return /pk_\S+/.exec(made.stdout)?.[0] ?? assert.fail(made.stdout);
}

async function json(answer: Promise<{ status: number; text: string }>, status = 200): Promise<Record<string, unknown>> {
  const { status: came, text } = await answer;
  assert.equal(came, status, text);
  return JSON.parse(text);
}

/** Reads a draft until it is as is waited for. */
async function draftUntil(caller: HttpCaller, isReady: (detail: Record<string, unknown>) => boolean) {
  for (let tries = 0; tries < 3_600; tries++) {
    const detail = await json(caller.get(DRAFT));
    if (isReady(detail)) return detail;
    await sleep(50);
  }
  return assert.fail('the draft does not get there');
}

async function versionOf(caller: HttpCaller): Promise<string> {
  return String((await json(caller.get('/v1/ruleset'))).version);
}

async function outcomeOf(caller: HttpCaller, id: string): Promise<string> {
  return String((await json(caller.authorize(paymentText(id)))).outcome);
}

/** What a shadow came to, but for how many records it has read. */
function toldOf(detail: Record<string, unknown>): object {
  const { total, rules, outcomes, flips, hash } = Object(detail.shadow).result;
  return { total, rules, outcomes, flips, hash };
}

/** Where each ruleset that was in force came from, who put it there and who approved it; newest first. */
async function assertPublications(caller: HttpCaller, expected: readonly (string | null)[][]): Promise<void> {
  const shelf: RulesetShelfAnswer = JSON.parse((await caller.get('/v1/rulesets')).text);
  assert.equal(shelf.caller, 'ann');
  const told = shelf.publications.map(({ source, by, approvedBy }) => [source, by, approvedBy]);
  assert.deepEqual(told, expected);
}

describe('the rule lab of a server', { concurrency: true, skip: drivesNode }, () => {
  test('drafts, tries, approves by a second key, publishes and rolls back, over kills', () =>
    onWorkbench(async (bench) => {
      const [ann, bob] = [await makeKey(bench, 'ann'), await makeKey(bench, 'bob')];
      const keys = ['--keys', join(bench.folder, 'keys.json')];
      const rules = join(bench.folder, 'rules.yaml');
      await writeFile(rules, smallRuleset('live', 'challenge'));
      const serve = (): Promise<CliProcess> => bench.serve([...keys, '--ruleset', rules]);
      let server = await serve();
      let [author, second] = [bench.call(server, { key: ann }), bench.call(server, { key: bob })];
      const live = await versionOf(author);
      assert.equal(await outcomeOf(author, 'payment-1'), 'challenge');
      const never = await author.get(`/v1/entities/card/card-1/history?rulesetVersion=${'0'.repeat(32)}`);
      assertProblem(never, 400, 'REQUEST_INVALID');
      assert.match(never.text, /"field":"rulesetVersion"/);
      const { paths } = await json(author.get('/openapi.json'));
      assert.ok(Object(paths)['/v1/labels'].post.responses['409'], 'an eventId that is taken is documented');

      const saved = await json(author.send('PUT', `${DRAFT}?note=first+try`, smallRuleset('strict', 'decline'), YAML));
      assert.deepEqual(saved.problems, []);
      assert.notEqual((await json(author.send('POST', `${DRAFT}/backtest`))).backtest, null);
      const tried = await draftUntil(author, ({ backtest }) => Object(backtest).state !== 'running');
      const { state, result } = Object(tried.backtest);
      assert.deepEqual([state, result.total.flipped, result.outcomes.decline.after], ['done', 1, 1]);
      await json(author.send('POST', `${DRAFT}/shadow`));
      assert.equal(await outcomeOf(author, 'payment-2'), 'challenge');
      const shadowed = await draftUntil(author, ({ shadow }) => Object(shadow).result?.total.flipped === 1);

      await server.end('SIGKILL');
      server = await serve();
      [author, second] = [bench.call(server, { key: ann }), bench.call(server, { key: bob })];
      const again = await draftUntil(author, ({ shadow }) => Object(shadow).result?.total.decisions === 1);
      assert.deepEqual(Object(again.backtest).result, result);
      assert.deepEqual(toldOf(again), toldOf(shadowed));

      assertProblem(await author.send('POST', `${DRAFT}/publish`), 409, 'APPROVAL_NEEDED');
      assertProblem(await author.send('POST', `${DRAFT}/approve`), 409, 'APPROVAL_NEEDED');
      assertProblem(
        await author.send('PUT', '/v1/ruleset', smallRuleset('strict', 'decline'), YAML),
        403,
        'AUTH_SCOPE',
      );
      await json(second.send('POST', `${DRAFT}/approve?note=fine`));
      const report = await json(author.send('POST', `${DRAFT}/publish`));
      assert.equal(report.version, again.row && Object(again.row).version);
      assert.equal(await outcomeOf(author, 'payment-3'), 'decline');

      await server.end('SIGKILL');
      server = await serve();
      author = bench.call(server, { key: ann });
      assert.equal(await versionOf(author), report.version);
      assert.match(server.stderr, /what was published since is in force/);
      const history = Object(await json(author.get(DRAFT))).history as readonly { action: string; by: string }[];
      assert.deepEqual(
        history.map(({ action, by }) => `${action} ${by}`),
        ['unshadow ann', 'publish ann', 'approve bob', 'shadow ann', 'backtest ann', 'save ann'],
      );

      await json(author.send('POST', `/v1/rulesets/${live}/rollback?note=too+many`));
      assert.equal(await outcomeOf(author, 'payment-4'), 'challenge');
      await assertPublications(author, [
        ['rollback', 'ann', null],
        ['draft', 'ann', 'bob'],
        ['file', '', null],
      ]);

      // The file says something else: that is the last word now.
      await writeFile(rules, smallRuleset('edited', 'review'));
      await server.until(/"A ruleset is in force".*"edited"/);
      assert.equal(await outcomeOf(author, 'payment-5'), 'review');
      await server.end('SIGKILL');
    }));

  test('is worked from the command line, which tells the errors of the engine', () =>
    onWorkbench(async (bench) => {
      const [ann, bob] = [await makeKey(bench, 'ann'), await makeKey(bench, 'bob')];
      const server = await bench.serve(['--keys', join(bench.folder, 'keys.json')]);
      const file = join(bench.folder, 'draft.yaml');
      const run = async (key: string, ...args: string[]) => {
        const command = bench.launch(['rulesets', ...args, '--url', server.url, '--key', key]);
        return { code: await command.ended, out: command.stdout, problem: command.stderr };
      };
      await writeFile(file, smallRuleset('draft', 'deny'));
      const broken = await run(ann, 'save', 'stricter', file);
      assert.deepEqual([broken.code, /^8:14 rules\[0\]\.outcome /m.test(broken.problem)], [1, true], broken.problem);
      await writeFile(file, smallRuleset('draft', 'decline'));
      assert.equal((await run(ann, 'save', 'stricter', file)).code, 0);
      const tried = await run(ann, 'backtest', 'stricter');
      assert.deepEqual([tried.code, /Result hash: [0-9a-f]+/.test(tried.out)], [0, true], tried.problem);
      const early = await run(ann, 'publish', 'stricter');
      assert.deepEqual([early.code, /^APPROVAL_NEEDED: Cannot publish/.test(early.problem)], [1, true], early.problem);
      assert.equal((await run(bob, 'approve', 'stricter', '--note', 'fine')).code, 0);
      assert.equal((await run(ann, 'publish', 'stricter')).code, 0);
      const listed = await run(ann, 'list', '--json');
      const [newest, first] = JSON.parse(listed.out).publications;
      assert.deepEqual([newest.draftId, newest.approvedBy, first.source], ['stricter', 'bob', 'default']);
      assert.match((await run(ann, 'list')).out, /stricter +in force/);
      assert.match((await run(ann, 'show', 'stricter')).out, /approve +bob +[0-9a-f]+ +fine/);
      assert.equal((await run(ann, 'rollback', first.version)).code, 0);
      assert.match((await run(ann, 'show', newest.version)).out, /^name: draft/);
      await server.end('SIGKILL');
    }));
});
