import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_RULESET_FILE } from '../../src/cli/engine-server.ts';
import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE, type ServerUnderTest, startServerUnderTest } from '../engine/servers.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import { SteadyLoad } from '../steady-load.ts';
import type { SuiteOptions } from '../suite.ts';
import { FIVE_VIEWS } from './view-sets.ts';

const CARDS = 2_000;
const PAYMENTS_PER_S = 400;
const CONNECTIONS = 32;
const LOOK_EVERY_MS = 50;
const LAG = /"lagSeconds":([0-9.e-]+)/;

/** How far the views were behind at regular times until the work has ended, ms. */
async function watchLag(server: ServerUnderTest, work: Promise<unknown>): Promise<number[]> {
  const lags: number[] = [];
  let isRunning = true;
  const ended = work.finally(() => {
    isRunning = false;
  });
  while (isRunning) {
    const answer = await fetch(`${server.url}/v1/views/tumbling?limit=1`);
    lags.push(Number(LAG.exec(await answer.text())?.[1]) * 1000);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  await ended;
  return lags;
}

/** Servers with five views and with none, in turn under the same steady load: answers, and how far views lag. */
export async function measureLag({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 1 : 5;
  const seconds = quick ? 3 : 8;
  const [plainFolder, viewsFolder] = [await temporaryFolder(), await temporaryFolder()];
  const ruleset = join(viewsFolder.path, 'ruleset.yaml');
  await writeFile(ruleset, `${await readFile(DEFAULT_RULESET_FILE, 'utf8')}${FIVE_VIEWS}`);
  const args = ['serve', '--port', '0', '--open'];
  const plain = await startServerUnderTest(PALISADE, [...args, '--data', plainFolder.path]);
  const own = await startServerUnderTest(PALISADE, [...args, '--data', viewsFolder.path, '--ruleset', ruleset]);
  const [toPlain, toOwn] = [new SteadyLoad(plain.url, CONNECTIONS), new SteadyLoad(own.url, CONNECTIONS)];
  const [ratios, p99s, bare99s, lag50s, lag99s]: number[][] = [[], [], [], [], []];
  try {
    for (let run = -1; run < runs; run++) {
      const count = PAYMENTS_PER_S * seconds;
      const textOf = (index: number): string => paymentText(index, index % CARDS, `run${run}`, ordinaryStepMs(CARDS));
      const bare = await toPlain.run(count, PAYMENTS_PER_S, textOf);
      const load = toOwn.run(count, PAYMENTS_PER_S, textOf);
      const lags = await watchLag(own, load);
      const [bare99, own99] = [quantile(bare.timesMs, 0.99), quantile((await load).timesMs, 0.99)];
      if (run < 0) continue;
      bare99s?.push(bare99);
      p99s?.push(own99);
      ratios?.push(own99 / bare99);
      lag50s?.push(quantile(lags, 0.5));
      lag99s?.push(quantile(lags, 0.99));
      note(`  run ${run + 1} of ${runs}: p99 ${own99.toFixed(2)} of ${bare99.toFixed(2)} ms, lag ${lags.length} looks`);
    }
  } finally {
    toPlain.close();
    toOwn.close();
    await plain.stop();
    await own.stop();
    await plainFolder.remove();
    await viewsFolder.remove();
  }
  const beside = `beside ${PAYMENTS_PER_S} payments/s`;
  return [
    figure(
      'view_http_p99_ratio',
      `p99 of an authorization with five views, of one with none, ${beside}`,
      'ratio',
      ratios ?? [],
    ),
    figure('view_http_p99_ms', `with five views, ${beside}`, 'ms', p99s ?? []),
    figure('view_http_bare_p99_ms', `with none, ${beside}`, 'ms', bare99s ?? []),
    figure('view_lag_p50_ms', `how far the views are behind the log, ${beside}`, 'ms', lag50s ?? []),
    figure('view_lag_p99_ms', `how far the views are behind the log, ${beside}`, 'ms', lag99s ?? []),
  ];
}
