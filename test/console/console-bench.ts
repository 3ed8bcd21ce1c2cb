import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BrowserPage } from '../integration/browser.ts';
import { type HttpCaller, paymentText } from '../integration/http-caller.ts';
import { smallRuleset } from '../integration/small-ruleset.ts';
import { onWorkbench, type Workbench } from '../integration/workbench.ts';

/** What a test of the console works with: a server, a caller of its API, and a page of a browser. */
export type ConsoleBench = {
  readonly bench: Workbench;
  readonly url: string;
  readonly caller: HttpCaller;
  readonly page: BrowserPage;
  /** Opens a page of the console, and waits until it has loaded what it shows. */
  readonly open: (address: string) => Promise<void>;
};

/** An id that would be markup, were it not escaped. */
export const HOSTILE_ID = '"><img/src=x/onerror=window.hacked=1>';

/** Serves the console with a ruleset that declines payments above 10, and opens a browser. */
export async function onConsole(body: (parts: ConsoleBench) => Promise<void>): Promise<void> {
  await onWorkbench(async (bench) => {
    const file = join(bench.folder, 'rules.yaml');
    await writeFile(file, smallRuleset('first', 'decline'));
    const server = await bench.serve(['--open', '--ruleset', file]);
    const page = await BrowserPage.open(bench.folder);
    try {
      const open = async (address: string): Promise<void> => {
        await page.visit('about:blank', "location.href === 'about:blank'");
        await page.visit(`${server.url}/#/${address}`, LOADED);
      };
      await page.look(1440, 900, 'light');
      await body({ bench, url: server.url, caller: bench.call(server), page, open });
    } finally {
      await page.close();
    }
  });
}

/** Whether the page stands and waits for nothing. */
export const LOADED = "document.querySelector('main h1') && !document.querySelector('.loading')";

/** Has a payment decided, and waits until lists have it. */
export async function pay(caller: HttpCaller, id: string, changes: Record<string, unknown> = {}): Promise<void> {
  const answer = await caller.authorize(paymentText(id, changes));
  assert.equal(answer.status, 200, answer.text);
  const path = `/v1/decisions/${encodeURIComponent(id)}`;
  for (let tries = 0; (await caller.get(path)).status !== 200; tries++) {
    assert.ok(tries < 3_600, `the projections do not get to ${id}`);
    await sleep(50);
  }
}

/** What the page complained of, but for calls that the engine shed as the machine was slow: it makes those again. */
export function complaintsOf({ record }: BrowserPage): readonly string[] {
  return record.complaints.filter((each) => !/status of 503.*\/v1\/(?!sagas)/.test(each));
}

/** Clicks on the first element of a selector whose text has these words. */
export async function click(page: BrowserPage, selector: string, words = ''): Promise<void> {
  const found = `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .find((each) => each.textContent.includes(${JSON.stringify(words)}) && !each.disabled)`;
  await page.until(found);
  await page.evaluate(`${found}.click()`);
}

/** Text of an element, or '' where there is none. */
export async function textOf(page: BrowserPage, selector: string): Promise<string> {
  return String(await page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.textContent ?? ''`));
}

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong with the page as it is, by WCAG 2.2 AA and its own best practices. */
export async function findBarriers(page: BrowserPage): Promise<readonly string[]> {
  await page.evaluate(`window.axe === undefined ? void (0, eval)(${JSON.stringify(AXE)}) : undefined`);
  const found = await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(RULES)} }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
      id + ': ' + html.slice(0, 160) + ' ' + failureSummary.split('\\n')[1])))`);
  assert.ok(Array.isArray(found));
  return found.map(String);
}
