import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { Worker } from 'node:worker_threads';
import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE, startServerUnderTest } from '../engine/servers.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';

const CARDS = 2_000;
const PAYMENTS_PER_S = 500;
const READS_PER_S = 200;
const CONNECTIONS = 8;

/** What the reading thread is to do. */
export type ReadLoad = {
  readonly url: string;
  readonly seconds: number;
  readonly readsPerS: number;
  readonly cards: number;
  readonly connections: number;
};

/** Reads in a thread of its own, so that making payments here does not count as waiting there; times in ms. */
async function readSteadily(url: string, seconds: number): Promise<number[]> {
  const load: ReadLoad = { url, seconds, readsPerS: READS_PER_S, cards: CARDS, connections: CONNECTIONS };
  const worker = new Worker(new URL('./read-worker.ts', import.meta.url), { workerData: load });
  const [times] = await once(worker, 'message');
  await worker.terminate();
  return times;
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** Sends one payment and reads its answer to the end. */
function pay(url: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sent = request(`${url}/v1/authorizations`, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error('A payment was refused')),
      );
    });
    sent.once('error', reject).end(text);
  });
}

/** Pays at a steady rate, one by one and not a second's worth at once, whether or not the answers keep up. */
async function paySteadily(url: string, prefix: string, count: number, ratePerS: number): Promise<void> {
  const startMs = performance.now();
  const payments: Promise<void>[] = [];
  for (let index = 0; index < count; index++) {
    const waitMs = startMs + (index * 1000) / ratePerS - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    payments.push(pay(url, paymentText(index, index % CARDS, prefix, ordinaryStepMs(CARDS))));
  }
  await Promise.all(payments);
}

/** How long a read of an entity's features takes over HTTP while payments are decided. */
export async function measureReads({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 1 : 5;
  const seconds = quick ? 3 : 10;
  const folder = await temporaryFolder();
  const server = await startServerUnderTest(PALISADE, ['serve', '--data', folder.path, '--port', '0', '--open']);
  const [p50s, p99s]: [number[], number[]] = [[], []];
  try {
    await paySteadily(server.url, 'first', CARDS * 3, 1000);
    await readSteadily(server.url, 2);
    for (let run = 0; run < runs; run++) {
      const load = paySteadily(server.url, `load${run}`, PAYMENTS_PER_S * seconds, PAYMENTS_PER_S);
      const times = await readSteadily(server.url, seconds);
      await load;
      p50s.push(quantile(times, 0.5));
      p99s.push(quantile(times, 0.99));
      note(`  run ${run + 1} of ${runs}: p50 ${p50s.at(-1)?.toFixed(2)} ms, p99 ${p99s.at(-1)?.toFixed(2)} ms`);
    }
  } finally {
    agent.destroy();
    await server.stop();
    await folder.remove();
  }
  const what = `features of a card over HTTP, beside ${PAYMENTS_PER_S} payments/s`;
  return [figure('feature_read_p50_ms', what, 'ms', p50s), figure('feature_read_p99_ms', what, 'ms', p99s, '< 3')];
}
