import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { BrowserPage, missingBrowser } from '../integration/browser.ts';
import { drivesNode } from '../integration/engine-process.ts';
import { smallRuleset } from '../integration/small-ruleset.ts';
import { onWorkbench, type Workbench } from '../integration/workbench.ts';
import { click, findBarriers, LOADED, onConsole, pay, textOf } from './console-bench.ts';

const DECLINED = { amountMinor: 5_000, occurredAt: '2026-01-31T13:45:00+02:00' };

/** Puts another text in the place of one in the editor, as typing does. */
function replace(page: BrowserPage, from: string, to: string): Promise<unknown> {
  return page.evaluate(`(() => { const area = document.querySelector('textarea');
    area.value = area.value.replace(${JSON.stringify(from)}, ${JSON.stringify(to)});
    area.dispatchEvent(new Event('input', { bubbles: true })); })()`);
}

/** Begins a draft of a name on the page of rules. */
async function beginDraft(page: BrowserPage, name: string): Promise<void> {
  await page.until("document.querySelector('input[placeholder=night-gambling]')");
  await page.evaluate("document.querySelector('input[placeholder=night-gambling]').focus()");
  await page.type(name);
  await click(page, 'button', 'Begin a draft');
  await page.until("document.querySelector('textarea')");
}

/** Waits until a tile of a trial has a figure. */
function tile(page: BrowserPage, name: string, figure: string): Promise<void> {
  return page.until(`[...document.querySelectorAll('.tile')].some((each) =>
    each.querySelector('dt').textContent === ${JSON.stringify(name)}
    && each.querySelector('dd').firstChild.textContent === ${JSON.stringify(figure)})`);
}

async function makeKey(bench: Workbench, id: string): Promise<string> {
  const file = join(bench.folder, 'keys.json');
  const made = bench.launch(['keys', 'create', id, '--file', file, '--scopes', 'read,rules,authorize']);
  assert.equal(await made.ended, 0, made.stderr);
  return /pk_\S+/.exec(made.stdout)?.[0] ?? assert.fail(made.stdout);
}

describe('the page of rules in Chromium', { skip: drivesNode || missingBrowser }, () => {
  test('says what is wrong as one types, saves, tries, publishes, and rolls back', () =>
    onConsole(async ({ caller, page, open }) => {
      await pay(caller, 'payment-1', DECLINED);
      await open('rules');
      await beginDraft(page, 'Softer rules');
      assert.match(String(await page.evaluate('location.hash')), /rules\/draft\/softer-rules$/);
      await replace(page, 'outcome: decline', 'outcome: deny');
      await page.until("document.querySelector('.problems')");
      assert.match(await textOf(page, '.problems'), /Line 8.*rules\[0\]\.outcome/);
      assert.match(await textOf(page, '.numbers .wrong'), /^8$/);
      await click(page, 'button', 'Save the draft');
      await page.until("document.querySelector('.way').textContent.includes('1 to correct')");
      assert.deepEqual(await findBarriers(page), []);
      await replace(page, 'outcome: deny', 'outcome: challenge');
      await page.until("document.querySelector('.editor [role=status]').textContent === 'Valid'");
      assert.match(await textOf(page, '.changes'), /- {5}outcome: decline\n\+ {5}outcome: challenge/);
      await click(page, 'button', 'Save the draft');
      await page.until("document.querySelector('.way').textContent.includes('not asked for')");
      await click(page, 'button', 'Start a backtest');
      await tile(page, 'Flipped', '1');
      assert.match(await textOf(page, 'main'), /Decisions that flip/);
      await click(page, 'button', 'Run in the shadow');
      await page.until("[...document.querySelectorAll('.tag')].some((tag) => tag.textContent === 'running')");
      await pay(caller, 'payment-2', { ...DECLINED, cardId: 'card-2' });
      await page.until("document.querySelectorAll('.tile').length === 12");
      await click(page, 'button', 'Publish');
      await click(page, 'button', 'Yes, publish');
      await page.until("document.querySelector('.way').textContent.includes('it decides now')");
      assert.deepEqual(await findBarriers(page), []);
      assert.match((await caller.get('/v1/ruleset')).text, /outcome: challenge/);
      await open('rules');
      await click(page, 'button', 'Roll back');
      await click(page, 'button', 'Yes, roll back');
      await page.until("document.body.textContent.includes('rolled back to')");
      assert.deepEqual(await findBarriers(page), []);
      assert.match((await caller.get('/v1/ruleset')).text, /outcome: decline/);
    }));
});

describe('the page of rules of a server with keys, in Chromium', { skip: drivesNode || missingBrowser }, () => {
  test('lets a second person approve, and not the one who wrote it', () =>
    onWorkbench(async (bench) => {
      const [ann, bob] = [await makeKey(bench, 'ann'), await makeKey(bench, 'bob')];
      const rules = join(bench.folder, 'rules.yaml');
      await writeFile(rules, smallRuleset('first', 'decline'));
      const server = await bench.serve(['--keys', join(bench.folder, 'keys.json'), '--ruleset', rules]);
      const page = await BrowserPage.open(bench.folder);
      const as = async (key: string, address: string): Promise<void> => {
        await page.visit(`${server.url}/livez`, "document.readyState === 'complete'");
        await page.evaluate(`sessionStorage.setItem('palisade-key', ${JSON.stringify(key)})`);
        await page.visit(`${server.url}/#/${address}`, LOADED);
      };
      try {
        await as(ann, 'rules');
        await beginDraft(page, 'softer');
        await replace(page, 'outcome: decline', 'outcome: challenge');
        await click(page, 'button', 'Save the draft');
        await page.until("document.body.textContent.includes('somebody else has to approve')");
        const isOff = (words: string): string =>
          `[...document.querySelectorAll('button')].find((each) => each.textContent === '${words}').disabled`;
        assert.deepEqual([await page.evaluate(isOff('Approve')), await page.evaluate(isOff('Publish'))], [true, true]);
        await as(bob, 'rules/draft/softer');
        await page.until("document.querySelector('.grow input')");
        await page.evaluate("document.querySelector('.grow input').focus()");
        await page.type('Looks right');
        await click(page, 'button', 'Approve');
        await page.until("document.querySelector('.timeline').textContent.includes('Looks right')");
        await as(ann, 'rules/draft/softer');
        await click(page, 'button', 'Publish');
        await click(page, 'button', 'Yes, publish');
        await page.until("document.querySelector('.way').textContent.includes('it decides now')");
        assert.match((await bench.call(server, { key: bob }).get('/v1/ruleset')).text, /outcome: challenge/);
      } finally {
        await page.close();
      }
    }));
});
