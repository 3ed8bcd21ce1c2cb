import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrowserPage } from '../integration/browser.ts';
import { missingBrowser } from '../integration/browser.ts';
import { drivesNode } from '../integration/engine-process.ts';
import { click, findBarriers, onConsole, pay, textOf } from './console-bench.ts';

const DECLINED = { amountMinor: 5_000, occurredAt: '2026-01-31T13:45:00+02:00' };

async function enter(page: BrowserPage, selector: string, words: string): Promise<void> {
  await page.until(`document.querySelector(${JSON.stringify(selector)})`);
  await page.evaluate(`document.querySelector(${JSON.stringify(selector)}).focus()`);
  await page.type(words);
}

describe('work on cases in Chromium', { skip: drivesNode || missingBrowser }, () => {
  test('assigns a case, lets it sleep, and says who did what', () =>
    onConsole(async ({ caller, page, open }) => {
      await pay(caller, 'payment-1', DECLINED);
      await open('cases');
      await page.until("document.querySelector('tbody a')");
      await page.evaluate("document.querySelector('tbody a').click()");
      await enter(page, 'input[placeholder=analyst-2]', 'bob');
      await click(page, 'button', 'Assign');
      await page.until("document.querySelector('.facts').textContent.includes('Assigned tobob')");
      await click(page, 'button', 'Snooze');
      await page.until("document.querySelector('.facts').textContent.includes('Snoozed until')");
      await page.until("/assign.*snooze|snooze.*assign/s.test(document.querySelector('main').textContent)");
      assert.deepEqual(await findBarriers(page), []);
      await open('cases');
      await page.until("[...document.querySelectorAll('.tag')].some((tag) => tag.textContent === 'snoozed')");
    }));

  test('assigns many after a preview of how many they are', () =>
    onConsole(async ({ caller, page, open }) => {
      for (const id of ['1', '2', '3']) await pay(caller, `payment-${id}`, { ...DECLINED, accountId: `account-${id}` });
      await open('cases');
      await page.until("document.querySelectorAll('tbody input').length === 3");
      await page.evaluate("document.querySelectorAll('tbody input')[0].click()");
      await page.evaluate("document.querySelectorAll('tbody input')[2].click()");
      await enter(page, 'input[placeholder=analyst-2]', 'cem');
      await click(page, 'button', 'Assign');
      await page.until("document.querySelector('[role=alert]')?.textContent === 'Assign 2 cases to cem?'");
      assert.deepEqual(await findBarriers(page), []);
      await click(page, 'button', 'Yes, assign');
      await page.until(
        "[...document.querySelectorAll('.tag')].filter((tag) => tag.textContent === 'of cem').length === 2",
      );
    }));

  test('switches a rule off for a customer, shows where that is so, and switches it on again', () =>
    onConsole(async ({ caller, page, open }) => {
      await pay(caller, 'payment-1', DECLINED);
      await open('cases');
      await page.until("document.querySelector('tbody a')");
      await page.evaluate("document.querySelector('tbody a').click()");
      await click(page, 'button', 'Switch it off');
      await page.until("document.querySelector('main').textContent.includes('above-ten is off for it until')");
      const answer = await caller.authorize(
        JSON.stringify({
          ...{ transactionId: 'payment-2', type: 'purchase', cardId: 'card-1', accountId: 'account-1' },
          ...{ amountMinor: 5_000, currency: 'EUR', channel: 'ecommerce', occurredAt: '2026-01-31T13:46:00+02:00' },
        }),
      );
      assert.equal(JSON.parse(answer.text).outcome, 'approve');
      await open('suppressions');
      await page.until("document.querySelector('tbody tr')");
      assert.match(await textOf(page, 'tbody'), /above-ten.*account account-1/s);
      assert.deepEqual(await findBarriers(page), []);
      await click(page, 'button', 'Switch on');
      await click(page, 'button', 'Yes, switch on');
      await page.until("document.querySelector('.empty')?.textContent.includes('No rule is off for anybody')");
    }));
});
