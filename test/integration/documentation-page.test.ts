import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BrowserPage, missingBrowser } from './browser.ts';
import { drivesNode } from './engine-process.ts';
import { onWorkbench } from './workbench.ts';

type OpenApi = { readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>> };

const SUMMARIES = `[...document.querySelectorAll('.opblock')].map((block) => [
  block.querySelector('.opblock-summary-method').textContent,
  block.querySelector('.opblock-summary-path').dataset.path,
].join(' '))`;

describe('the documentation page in Chromium', { skip: drivesNode || missingBrowser }, () => {
  test('lists every operation, without a complaint and without another host', () =>
    onWorkbench(async (bench) => {
      const server = await bench.serve();
      const { paths }: OpenApi = JSON.parse((await bench.call(server).get('/openapi.json')).text);
      const expected = Object.entries(paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
      );
      const page = await BrowserPage.open(bench.folder);
      try {
        await page.visit(`${server.url}/docs`, `document.querySelectorAll('.opblock').length >= ${expected.length}`);
        const shown = await page.evaluate(SUMMARIES);
        assert.ok(Array.isArray(shown));
        assert.deepEqual(shown.sort(), expected.sort());
        assert.match(String(await page.evaluate("document.querySelector('.info .title').textContent")), /^Palisade/);
        // One operation is opened: its schemas are drawn only then.
        await page.evaluate("document.querySelector('[id$=authorize] .opblock-summary-control').click()");
        await page.visit(
          `${server.url}/docs#/Authorizations/authorize`,
          "document.querySelector('.opblock-body .opblock-section-request-body')",
        );
        const { requests, complaints } = page.record;
        assert.deepEqual(complaints, []);
        assert.ok(requests.length > 3, requests.join('\n'));
        const elsewhere = requests.filter((url) => !url.startsWith(server.url) && !/^(?:data|blob|about):/.test(url));
        assert.deepEqual(elsewhere, []);
      } finally {
        await page.close();
      }
    }));

  test('complains, and asks another host, where a page does: the test would notice', () =>
    onWorkbench(async (bench) => {
      const page = await BrowserPage.open(bench.folder);
      try {
        const html =
          '<img src="http://127.0.0.1:9/x.png"><script>console.error("canary"); throw new Error("thrown")</script>';
        await page.visit(`data:text/html,${encodeURIComponent(html)}`, "document.readyState === 'complete'");
        const { requests, complaints } = page.record;
        assert.ok(requests.includes('http://127.0.0.1:9/x.png'));
        assert.ok(
          complaints.some((text) => text.includes('canary')) && complaints.some((text) => text.includes('thrown')),
        );
      } finally {
        await page.close();
      }
    }));
});
