import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { BrowserPage, missingBrowser } from '../integration/browser.ts';
import { drivesNode } from '../integration/engine-process.ts';
import { onWorkbench } from '../integration/workbench.ts';
import { click, findBarriers, LOADED, textOf } from './console-bench.ts';

const CURRENT = "document.querySelector('.panel .row.spread .tag').textContent";

describe('orders to sagas in Chromium', { skip: drivesNode || missingBrowser }, () => {
  test('send again, call a person, cancel, and are refused where the saga does not allow it', () =>
    onWorkbench(async (bench) => {
      const responses = join(bench.folder, 'responses.yaml');
      const down = ['--behave', 'card-processor=down,authenticator=down'];
      const sandbox = bench.launch(['sandbox', '--port', '0', '--responses', responses, ...down]);
      await sandbox.until(/answers at http/);
      const server = await bench.serve(['--open', '--responses', responses]);
      const caller = bench.call(server);
      const start = async (kind: string, id: string): Promise<void> => {
        const body = JSON.stringify({ kind, id, requestId: `r-${id}`, by: 'alice' });
        assert.equal((await caller.send('POST', '/v1/sagas', body)).status, 202);
      };
      await start('freeze-card', 'card-1');
      const page = await BrowserPage.open(bench.folder);
      try {
        await page.look(1440, 900, 'dark');
        await page.visit(`${server.url}/#/sagas`, LOADED);
        await page.until("document.querySelector('tbody a')");
        assert.deepEqual(await findBarriers(page), []);
        await page.evaluate("document.querySelector('tbody a').click()");
        await page.until(`document.querySelector('.orders') && ${CURRENT} !== ''`);
        await page.until("document.querySelector('.state.current')");
        await click(page, '.orders button', 'Call a person');
        await click(page, '.orders button', 'Yes');
        await page.until("document.querySelector('main').textContent.includes('a person was called')");
        await click(page, '.orders button', 'Cancel');
        await click(page, '.orders button', 'Yes');
        await page.until("document.querySelector('.orders [role=alert]')");
        assert.match(await textOf(page, '.orders'), /About SAGA_REFUSED/);
        assert.deepEqual(await findBarriers(page), []);
        await fetch(`${sandbox.url}/behaviours/card-processor`, { method: 'PUT', body: 'ok' });
        await click(page, '.orders button', 'Send again now');
        await click(page, '.orders button', 'Yes');
        await page.until("document.querySelector('main').textContent.includes('Sent freeze: ')");
        await start('step-up', 'payment-1');
        await page.visit(`${server.url}/#/sagas/step-up/payment-1`, `${LOADED} && document.querySelector('.orders')`);
        await click(page, '.orders button', 'Cancel');
        await click(page, '.orders button', 'Yes');
        await page.until(`${CURRENT} === 'abandoned'`);
      } finally {
        await page.close();
      }
    }));
});
