import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BrowserPage, missingBrowser } from '../integration/browser.ts';
import { drivesNode } from '../integration/engine-process.ts';
import { smallRuleset } from '../integration/small-ruleset.ts';
import { onWorkbench } from '../integration/workbench.ts';
import { click, complaintsOf, findBarriers, HOSTILE_ID, LOADED, onConsole, pay, textOf } from './console-bench.ts';

const DECLINED = { amountMinor: 5_000, occurredAt: '2026-01-31T13:45:00+02:00' };
const APPROVED = { amountMinor: 500, occurredAt: '2026-01-31T13:46:00+02:00', cardId: 'card-2' };
const PLACES = [
  'live',
  'alerts?range=all',
  'cases',
  'suppressions',
  'decisions?range=all',
  'decision/payment-1',
  'entity',
  'entity/card/card-1',
  'sagas',
  'rules',
  'rules/draft/softer',
  'sql',
];

describe('the console in Chromium', { skip: drivesNode || missingBrowser }, () => {
  test('has no barrier, no complaint, no line too wide and no other host, light and dark, wide and narrow', () =>
    onConsole(async ({ url, caller, page, open }) => {
      await pay(caller, 'payment-1', DECLINED);
      await pay(caller, 'payment-2', APPROVED);
      const draft = smallRuleset('softer', 'challenge');
      await caller.send('PUT', '/v1/rulesets/softer', draft, { 'content-type': 'application/yaml' });
      await caller.send('POST', '/v1/rulesets/softer/shadow');
      for (const [width, colours] of [
        [1440, 'light'],
        [360, 'dark'],
      ] as const) {
        await page.look(width, 800, colours);
        for (const place of PLACES) {
          await open(place);
          assert.deepEqual(await findBarriers(page), [], `${place} ${colours}`);
          const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
          assert.equal(await page.evaluate(wide), 0, `${place} at ${width}`);
        }
      }
      // This server runs no sagas, and says so by 503.
      assert.deepEqual(
        complaintsOf(page).filter((each) => !/\b503\b.*\/v1\/sagas\?/.test(each)),
        [],
      );
      const elsewhere = page.record.requests.filter((each) => !each.startsWith(url) && !/^(?:data|about):/.test(each));
      assert.deepEqual(elsewhere, []);
    }));

  test('shows an alert when it comes, on the pages that are open', () =>
    onConsole(async ({ caller, page, open }) => {
      await open('live');
      await page.until("document.querySelector('.stream.live')");
      assert.match(await textOf(page, '.ticker'), /None yet/);
      await pay(caller, 'payment-1', DECLINED);
      await page.until("document.querySelector('.ticker a[href*=payment-1]')");
      await open('alerts?range=all');
      await page.until("document.querySelector('.stream.live')");
      await pay(caller, 'payment-2', DECLINED);
      await click(page, 'button', 'Show 1 new alert');
      await page.until("document.querySelectorAll('tbody tr').length === 2");
    }));

  test('finds by words, range, kind and order, and says what to do where nothing fits', () =>
    onConsole(async ({ caller, page, open }) => {
      await pay(caller, 'payment-1', DECLINED);
      await pay(caller, 'payment-2', { ...DECLINED, cardId: 'card-9', occurredAt: '2026-01-30T13:45:00+02:00' });
      await open('alerts?range=all');
      const ids = "[...document.querySelectorAll('tbody tr')].map((row) => row.querySelector('a').textContent).join()";
      await page.until(`${ids} === 'payment-1,payment-2'`);
      await open('alerts?range=all&sort=occurredAt+asc');
      await page.until(`${ids} === 'payment-2,payment-1'`);
      await open('alerts?range=1h');
      await page.until(`${ids} === 'payment-1'`);
      await open('alerts?range=all');
      await page.press('/');
      await page.type('card-9');
      await page.until(`${ids} === 'payment-2'`);
      assert.match(String(await page.evaluate('location.hash')), /q=card-9/);
      await open('alerts?range=all&source=login');
      await page.until("document.querySelector('.empty')");
      await click(page, 'button', 'Show all alerts of all time');
      await page.until(`${ids} === 'payment-1,payment-2'`);
    }));

  test('shows ids as they are, whatever characters they have', () =>
    onConsole(async ({ caller, page, open }) => {
      const hostile = { ...DECLINED, cardId: HOSTILE_ID, merchantId: HOSTILE_ID, deviceId: HOSTILE_ID };
      await pay(caller, HOSTILE_ID, hostile);
      const id = encodeURIComponent(HOSTILE_ID);
      for (const place of ['live', 'alerts?range=all', 'decisions?range=all', `decision/${id}`, `entity/card/${id}`]) {
        await open(place);
        await page.until(`document.body.textContent.includes('"><img') || document.querySelector('.ticker li')`);
        assert.equal(await page.evaluate("window.hacked ?? document.querySelectorAll('img[src=x]').length"), 0, place);
      }
      assert.equal(await textOf(page, 'h1 .id'), HOSTILE_ID);
      assert.deepEqual(complaintsOf(page), []);
    }));

  test('answers questions in SQL, and says why it does not', () =>
    onConsole(async ({ caller, page, open }) => {
      await pay(caller, HOSTILE_ID, DECLINED);
      await open('sql');
      await page.until("[...document.querySelectorAll('summary')].some((each) => each.textContent === 'decisions')");
      const ask = async (sql: string): Promise<void> => {
        await page.evaluate(`document.querySelector('textarea').value = ${JSON.stringify(sql)}`);
        await click(page, 'button', 'Run');
      };
      await ask('SELECT transaction_id, outcome FROM decisions');
      await page.until("document.querySelector('tbody td')");
      assert.equal(await textOf(page, 'tbody td'), HOSTILE_ID);
      assert.deepEqual(await findBarriers(page), []);
      await ask('DELETE FROM decisions');
      await page.until("document.querySelector('[role=alert]')?.textContent.includes('QUERY_REFUSED')");
    }));

  test('goes by keys', () =>
    onConsole(async ({ caller, page, open }) => {
      await pay(caller, 'payment-1', DECLINED);
      await open('live');
      await page.press('g');
      await page.press('d');
      await page.until("document.querySelector('h1')?.textContent === 'Decisions'");
      await page.press('?');
      await page.until("document.querySelector('dialog[open]')");
      assert.deepEqual(await findBarriers(page), []);
      await click(page, 'dialog button', 'Close');
      await page.until("document.querySelector('dialog') === null");
      await page.until("document.querySelector('tbody tr')");
      await page.press('j');
      assert.match(String(await page.evaluate('document.activeElement.href')), /decision\/payment-1$/);
      await page.press('t');
      assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'light');
    }));

  test('takes the next case, resolves it with a note, and resolves many after a preview', () =>
    onConsole(async ({ caller, page, open }) => {
      await pay(caller, 'payment-1', DECLINED);
      await pay(caller, 'payment-2', { ...DECLINED, accountId: 'account-2' });
      await pay(caller, 'payment-3', { ...DECLINED, accountId: 'account-3' });
      await open('cases');
      await page.until("document.querySelectorAll('tbody tr').length === 3");
      await click(page, 'button', 'Take the next one');
      await page.until("/^#\\/cases\\/./.test(location.hash) && document.querySelector('textarea')");
      await page.evaluate("document.querySelector('textarea').focus()");
      await page.type('Called the customer');
      await click(page, 'button.primary', 'fraud');
      await page.until("[...document.querySelectorAll('.tag')].some((tag) => tag.textContent === 'resolved')");
      assert.match(await textOf(page, 'main'), /Called the customer/);
      assert.deepEqual(await findBarriers(page), []);
      await open('cases');
      await page.until("document.querySelectorAll('tbody input').length === 2");
      await page.evaluate("document.querySelectorAll('tbody input')[0].click()");
      await page.evaluate("document.querySelectorAll('tbody input')[1].click()");
      await click(page, 'button', 'legitimate');
      await page.until("document.querySelector('[role=alert]')?.textContent.includes('Resolve 2 cases as legitimate')");
      await click(page, 'button', 'Yes, resolve');
      await page.until("document.querySelector('.empty')?.textContent.includes('No case is open')");
      const labelled = async (): Promise<number> =>
        JSON.parse((await caller.get('/v1/decisions?label=legitimate')).text).items.length;
      // The label is an event of its own.
      while ((await labelled()) !== 2) await sleep(50);
    }));

  test('says what is the matter when the engine is gone', () =>
    onConsole(async ({ bench, page, open }) => {
      await open('alerts?range=all');
      await bench.endAll();
      await page.evaluate("document.querySelector('input[type=checkbox]').click()");
      await page.until("document.querySelector('[role=alert]')");
      assert.match(await textOf(page, '[role=alert]'), /The engine does not answer. Check that it runs/);
    }));
});

describe('the console of a server with keys, in Chromium', { skip: drivesNode || missingBrowser }, () => {
  test('asks for a key, says when it is wrong, and keeps it for the tab only', () =>
    onWorkbench(async (bench) => {
      const keys = join(bench.folder, 'keys.json');
      const made = bench.launch(['keys', 'create', 'analyst', '--file', keys, '--scopes', 'read']);
      assert.equal(await made.ended, 0, made.stderr);
      const key = /pk_\S+/.exec(made.stdout)?.[0] ?? assert.fail(made.stdout);
      const server = await bench.serve(['--keys', keys]);
      const page = await BrowserPage.open(bench.folder);
      try {
        await page.visit(`${server.url}/#/alerts`, "document.querySelector('dialog[open] input[type=password]')");
        assert.deepEqual(await findBarriers(page), []);
        const enter = async (text: string): Promise<void> => {
          await page.evaluate("document.querySelector('dialog input').focus()");
          await page.type(text);
          await click(page, 'dialog button', 'Use this key');
        };
        await enter('pk_wrong_key');
        await page.until("document.querySelector('dialog[open]')?.textContent.includes('not valid')");
        await page.evaluate("document.querySelector('dialog input').value = ''");
        await enter(key);
        await page.until(`document.querySelector('dialog') === null && ${LOADED} && document.querySelector('.empty')`);
        await page.until("document.querySelector('.stream.live')");
        assert.equal(await page.evaluate('localStorage.length + document.cookie.length'), 0);
        assert.equal(await page.evaluate("sessionStorage.getItem('palisade-key')"), key);
        await click(page, 'button', 'Sign out');
        await page.until("document.querySelector('dialog[open]')");
        assert.equal(await page.evaluate('sessionStorage.length'), 0);
      } finally {
        await page.close();
      }
    }));
});
