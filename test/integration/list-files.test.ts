import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import type { CaseRow } from '../../src/ports/cases.ts';
import { drivesNode } from './engine-process.ts';
import { assertProblem, type HttpCaller, paymentText } from './http-caller.ts';
import { smallRuleset } from './small-ruleset.ts';
import { onWorkbench } from './workbench.ts';

type Row = Readonly<Record<string, unknown>>;

/** Every row of a list, page by page. */
async function listed(caller: HttpCaller, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await caller.get(`${path}${from}`);
    assert.equal(answer.status, 200, answer.text);
    const page = JSON.parse(answer.text);
    rows.push(...page.items);
    cursor = page.nextCursor;
  }
  return rows;
}

/** A list as a file: the rows of NDJSON, and those of CSV as another program reads them. */
async function taken(caller: HttpCaller, path: string, name: string): Promise<{ objects: Row[]; lines: Row[] }> {
  const mark = path.includes('?') ? '&' : '?';
  const objects = await caller.get(`${path}${mark}format=ndjson`);
  assert.equal(objects.headers['content-disposition'], `attachment; filename="${name}.ndjson"`);
  const lines = await caller.get(`${path}${mark}format=csv`);
  assert.equal(lines.headers['content-disposition'], `attachment; filename="${name}.csv"`);
  return {
    objects: objects.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line)),
    lines: parse(lines.text, { columns: true }),
  };
}

/** Has payments decided, each of an account of its own, and waits until there is a case for each. */
async function makeCases(caller: HttpCaller, count: number): Promise<void> {
  const payments = Array.from({ length: count }, (_, index) =>
    paymentText(`payment-${index}`, { accountId: `account-${index}`, cardId: `card-${index}`, amountMinor: 5_000 }),
  );
  for (const { status } of await Promise.all(payments.map((text) => caller.authorize(text)))) assert.equal(status, 200);
  for (let tries = 0; ; tries++) {
    const { total } = JSON.parse((await caller.get('/v1/cases?limit=1')).text);
    if (total === count) return;
    assert.ok(tries < 3_600, `there are ${total} cases of ${count}`);
    await sleep(50);
  }
}

describe('lists taken away as files', { skip: drivesNode }, () => {
  test('have the rows of the list, over more pages than one', () =>
    onWorkbench(async (bench) => {
      const rules = join(bench.folder, 'rules.yaml');
      await writeFile(rules, smallRuleset('first', 'decline'));
      const caller = bench.call(await bench.serve(['--open', '--ruleset', rules]));
      await makeCases(caller, 620);
      const byId = (rows: readonly Row[]): Row[] =>
        rows.toSorted((left, right) => Number(left.caseId) - Number(right.caseId));
      // A case rises with the hours: the list and the file are of two moments.
      const still = ({ priority: _, ...row }: Row): Row => row;
      const cases = byId(await listed(caller, '/v1/cases?limit=500')) as unknown as CaseRow[];
      const files = await taken(caller, '/v1/exports/cases', 'cases');
      assert.deepEqual(byId(files.objects).map(still), cases.map(still));
      const lines = byId(files.lines);
      assert.deepEqual(
        lines.map(({ caseId, subjectKind, subjectId, reasons, assignee }) => {
          return { caseId, subjectKind, subjectId, reasons, assignee };
        }),
        cases.map(({ caseId, subject, reasons }) => {
          return { caseId, subjectKind: subject.kind, subjectId: subject.id, reasons: reasons.join(' '), assignee: '' };
        }),
      );
      const some = await taken(caller, '/v1/exports/cases?search=account-7&rows=2', 'cases');
      assert.deepEqual([some.objects.length, some.lines.length], [2, 2]);
      assert.equal((await taken(caller, '/v1/exports/cases?subject=account-77', 'cases')).lines.length, 1);
      assertProblem(await caller.get('/v1/exports/cases?status=lost'), 400, 'REQUEST_INVALID');

      const entity = '/v1/entities/merchant/merchant-1/timeline?limit=500';
      const happened = await listed(caller, entity);
      const timeline = await taken(caller, '/v1/exports/timelines/merchant/merchant-1', 'timeline');
      assert.equal(happened.length, 620);
      assert.deepEqual(timeline.objects, happened);
      assert.deepEqual(
        timeline.lines.map(({ id, values }) => [id, JSON.parse(String(values))]),
        happened.map(({ id, values }) => [id, values]),
      );
      const ofCard = await taken(caller, '/v1/exports/timelines/card/card-9?type=decision', 'timeline');
      assert.deepEqual(
        ofCard.lines.map(({ id, type }) => `${type} ${id}`),
        ['decision payment-9'],
      );
    }));

  test('hold the suppressions that the filters choose, with texts that a spreadsheet would run made harmless', () =>
    onWorkbench(async (bench) => {
      const caller = bench.call(await bench.serve());
      const set = async (path: string, note: string): Promise<void> => {
        const body = JSON.stringify({ until: '2030-01-01T00:00:00.000Z', note });
        assert.equal((await caller.send('PUT', `/v1/suppressions/${path}`, body)).status, 200);
      };
      await set('amount-spike/card/card-1', '=1+1, "quoted"');
      await set('amount-spike/card/card-2', 'plain');
      await set('impossible-travel/account/account-1', 'of an account');
      const all = JSON.parse((await caller.get('/v1/suppressions')).text).suppressions;
      const files = await taken(caller, '/v1/exports/suppressions', 'suppressions');
      assert.deepEqual(files.objects, all);
      assert.deepEqual(
        files.lines.map(({ ruleId, kind, id, note }) => `${ruleId} ${kind} ${id} ${note}`),
        [
          `amount-spike card card-1 '=1+1, "quoted"`,
          'amount-spike card card-2 plain',
          'impossible-travel account account-1 of an account',
        ],
      );
      const chosen = await taken(caller, '/v1/exports/suppressions?kind=card&id=card-2', 'suppressions');
      assert.deepEqual(
        chosen.lines.map(({ note }) => note),
        ['plain'],
      );
      const { suppressions } = JSON.parse((await caller.get('/v1/suppressions?rule=impossible-travel')).text);
      assert.deepEqual(
        suppressions.map(({ id }: { id: string }) => id),
        ['account-1'],
      );
      assertProblem(await caller.get('/v1/suppressions?kind=nobody'), 400, 'REQUEST_INVALID');
    }));
});
