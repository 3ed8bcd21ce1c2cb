import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missingBrowser } from '../integration/browser.ts';
import { drivesNode } from '../integration/engine-process.ts';
import { click, findBarriers, onConsole, pay, textOf } from './console-bench.ts';

describe('the past on the pages of the console, in Chromium', { skip: drivesNode || missingBrowser }, () => {
  test('is how an entity got to its state, and what its windows held', () =>
    onConsole(async ({ caller, page, open }) => {
      for (const minute of [41, 42, 43]) {
        await pay(caller, `payment-${minute}`, { amountMinor: 500, occurredAt: `2026-01-31T13:${minute}:00+02:00` });
      }
      const freeze = { type: 'reference', eventId: 'freeze-1', occurredAt: '2026-01-31T13:44:00+02:00' };
      const stated = { ...freeze, entity: 'card', entityId: 'card-1', status: 'freeze' };
      assert.equal((await caller.send('POST', '/v1/events', JSON.stringify(stated))).status, 200);
      await open('entity/card/card-1');
      await page.until("document.querySelector('main').textContent.includes('now frozen')");
      await page.until("[...document.querySelectorAll('h3')].some((each) => each.textContent === 'How it got there')");
      assert.match(await textOf(page, 'main'), /active to frozen by *reference *freeze-1/);
      await page.until("document.querySelector('.over-time canvas')");
      assert.match(await textOf(page, '.over-time .legend'), /count_1h *3/);
      assert.deepEqual(await findBarriers(page), []);
    }));

  test('is gone through on the page of a decision, record by record', () =>
    onConsole(async ({ caller, page, open }) => {
      for (const minute of [41, 42, 43]) {
        await pay(caller, `payment-${minute}`, { amountMinor: 500, occurredAt: `2026-01-31T13:${minute}:00+02:00` });
      }
      await open('decision/payment-42');
      await page.until("document.querySelector('.travel')");
      const told = "document.querySelector('.travel + [role=status]').textContent";
      const counted = "document.querySelector('.travel ~ .values dd').textContent";
      assert.match(String(await page.evaluate(told)), /Revision 1.*this payment.*payment-42/s);
      assert.equal(await page.evaluate(counted), '2');
      await page.evaluate("document.querySelector('.travel button').click()");
      await page.until(`${told}.includes('1 before this payment')`);
      assert.match(String(await page.evaluate(counted)), /^1 *then 2$/);
      await page.evaluate(`(() => { const slider = document.querySelector('.travel input'); slider.value = 2;
        slider.dispatchEvent(new Event('input', { bubbles: true })); })()`);
      await page.until(`${told}.includes('1 after it')`);
      assert.match(String(await page.evaluate(told)), /Revision 2.*payment-43/s);
      assert.deepEqual(await findBarriers(page), []);
      await click(page, 'button', 'This payment');
      await page.until(`${told}.includes('Revision 1')`);
    }));

  test('is taken away as files, as it is filtered', () =>
    onConsole(async ({ url, caller, page, open }) => {
      await pay(caller, 'payment-1', { amountMinor: 5_000 });
      await pay(caller, 'payment-2', { amountMinor: 500, cardId: 'card-2' });
      await open('decisions?range=all&outcome=decline');
      await page.until("document.querySelectorAll('.exports a').length === 2");
      const address = String(await page.evaluate("document.querySelector('.exports a').href"));
      const file = await caller.get(address.slice(url.length));
      assert.equal(file.headers['content-disposition'], 'attachment; filename="decisions.csv"');
      assert.deepEqual([/payment-1/.test(file.text), /payment-2/.test(file.text)], [true, false]);
      await caller.send('PUT', '/v1/suppressions/above-ten/card/card-9', '{"until":"2030-01-01T00:00:00Z","note":""}');
      for (const [place, list] of [
        ['alerts?range=all', 'alerts'],
        ['cases', 'cases'],
        ['entity/card/card-1', 'timelines/card/card-1'],
        ['suppressions', 'suppressions'],
      ]) {
        await open(place ?? '');
        await page.until(`document.querySelector('.exports a[href*="/v1/exports/${list}?"]')`);
        const link = String(await page.evaluate("document.querySelector('.exports a').href"));
        const { status, text } = await caller.get(link.slice(url.length));
        assert.equal(status, 200, text);
        assert.match(text, /card-1|card-9|account-1/);
        assert.deepEqual(await findBarriers(page), []);
      }
    }));
});
