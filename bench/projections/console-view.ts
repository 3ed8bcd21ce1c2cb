import { BrowserPage, missingBrowser } from '../../test/integration/browser.ts';
import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE, startServerUnderTest } from '../engine/servers.ts';
import { type Figure, figure, median } from '../figures.ts';
import type { SuiteOptions } from '../suite.ts';

/** Time since the navigation began at which the page shows figures, and its thread is free to answer. */
const INTERACTIVE = `new Promise((resolve) => {
  const answer = () => requestAnimationFrame(() => resolve(performance.now()));
  const look = () => document.querySelector('.tiles dd') ? setTimeout(answer) : requestAnimationFrame(look);
  look();
})`;

/** Bytes of the page and of its files as they came over the wire; what it asks of the API is not among them. */
const BYTES = `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .filter(({ name }) => !new URL(name).pathname.startsWith('/v1/'))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`;

/** What the first view of the console weighs, and how soon it can be used: in a browser that has nothing of it yet. */
export async function measureConsole({ quick, note }: SuiteOptions): Promise<Figure[]> {
  if (missingBrowser !== false) {
    note(`  left out: ${missingBrowser}`);
    return [];
  }
  const runs = quick ? 3 : 9;
  const folder = await temporaryFolder();
  const server = await startServerUnderTest(PALISADE, ['serve', '--data', folder.path, '--port', '0', '--open']);
  const [weights, times]: [number[], number[]] = [[], []];
  try {
    for (let run = 0; run < runs; run++) {
      const own = await temporaryFolder();
      const page = await BrowserPage.open(own.path);
      try {
        await page.visit(`${server.url}/`, "location.protocol === 'http:'");
        times.push(Number(await page.evaluate(INTERACTIVE)));
        weights.push(Number(await page.evaluate(BYTES)) / 1_000);
      } finally {
        await page.close();
        await own.remove();
      }
      note(
        `  run ${run + 1} of ${runs}: ${weights.at(-1)?.toFixed(0)} kB, usable after ${times.at(-1)?.toFixed(0)} ms`,
      );
    }
  } finally {
    await server.stop();
    await folder.remove();
  }
  note(`  first view: median ${median(times).toFixed(0)} ms`);
  return [
    figure('console_kb', 'first view of the console, compressed', 'kB', weights, '200'),
    figure('console_interactive_ms', 'from the navigation until it can be used, nothing cached', 'ms', times, '1000'),
  ];
}
