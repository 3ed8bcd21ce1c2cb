import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE, startServerUnderTest } from '../engine/servers.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import { SteadyLoad } from '../steady-load.ts';
import type { SuiteOptions } from '../suite.ts';
import type { ReadLoad } from './read-load.ts';

const CARDS = 2_000;
const PAYMENTS_PER_S = 500;
const READS_PER_S = 200;
const CONNECTIONS = 8;

/** Reads in a thread of its own, so that making payments here does not count as waiting there; times in ms. */
async function readSteadily(url: string, seconds: number): Promise<number[]> {
  const load: ReadLoad = { url, seconds, readsPerS: READS_PER_S, cards: CARDS, connections: CONNECTIONS };
  const worker = new Worker(new URL('./read-worker.ts', import.meta.url), { workerData: load });
  const [times] = await once(worker, 'message');
  await worker.terminate();
  return times;
}

function textsOf(prefix: string): (index: number) => string {
  return (index) => paymentText(index, index % CARDS, prefix, ordinaryStepMs(CARDS));
}

/** How long a read of an entity's features takes over HTTP while payments are decided. */
export async function measureReads({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 1 : 5;
  const seconds = quick ? 3 : 10;
  const folder = await temporaryFolder();
  const server = await startServerUnderTest(PALISADE, ['serve', '--data', folder.path, '--port', '0', '--open']);
  const payments = new SteadyLoad(server.url, CONNECTIONS);
  const [p50s, p99s]: [number[], number[]] = [[], []];
  try {
    await payments.run(CARDS * 3, 1000, textsOf('first'));
    await readSteadily(server.url, 2);
    for (let run = 0; run < runs; run++) {
      const load = payments.run(PAYMENTS_PER_S * seconds, PAYMENTS_PER_S, textsOf(`load${run}`));
      const times = await readSteadily(server.url, seconds);
      await load;
      p50s.push(quantile(times, 0.5));
      p99s.push(quantile(times, 0.99));
      note(`  run ${run + 1} of ${runs}: p50 ${p50s.at(-1)?.toFixed(2)} ms, p99 ${p99s.at(-1)?.toFixed(2)} ms`);
    }
  } finally {
    payments.close();
    await server.stop();
    await folder.remove();
  }
  const what = `features of a card over HTTP, beside ${PAYMENTS_PER_S} payments/s`;
  return [figure('feature_read_p50_ms', what, 'ms', p50s), figure('feature_read_p99_ms', what, 'ms', p99s, '< 3')];
}
