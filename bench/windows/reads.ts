import { Agent, type IncomingMessage, request } from 'node:http';
import autocannon from 'autocannon';
import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE, startServerUnderTest } from '../engine/servers.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';

const CARDS = 2_000;
const PAYMENTS_PER_S = 500;
const READS_PER_S = 200;
const CONNECTIONS = 8;

/** Reads a body to its end; fails where the status is not 200. */
function get(url: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage): void => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`GET ${url} was answered ${String(response.statusCode)}`));
      });
    };
    request(url, { agent }, answered).once('error', reject).end();
  });
}

/** Reads features at a steady rate, whether or not the answers keep up; answers the time of each read, ms. */
async function readSteadily(url: string, seconds: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const times: number[] = [];
  const reads: Promise<void>[] = [];
  const startMs = performance.now();
  for (let index = 0; index < READS_PER_S * seconds; index++) {
    const dueMs = startMs + (index * 1000) / READS_PER_S;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const sentMs = performance.now();
    const card = (index * 7919) % CARDS;
    reads.push(
      get(`${url}/v1/cards/card-${card}`, agent).then(() => {
        times.push(performance.now() - sentMs);
      }),
    );
  }
  await Promise.all(reads);
  agent.destroy();
  return times;
}

function pay(url: string, prefix: string, load: { amount: number } | { duration: number; overallRate: number }) {
  let sent = 0;
  return autocannon({
    url: `${url}/v1/authorizations`,
    connections: CONNECTIONS,
    ...load,
    requests: [
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        setupRequest: (one) => {
          const index = sent++;
          return { ...one, body: paymentText(index, index % CARDS, prefix, ordinaryStepMs(CARDS)) };
        },
      },
    ],
  });
}

/** How long a read of an entity's features takes over HTTP while payments are decided. */
export async function measureReads({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 1 : 5;
  const seconds = quick ? 3 : 10;
  const folder = await temporaryFolder();
  const server = await startServerUnderTest(PALISADE, ['serve', '--data', folder.path, '--port', '0', '--open']);
  const [p50s, p99s]: [number[], number[]] = [[], []];
  try {
    await pay(server.url, 'first', { amount: CARDS * 3 });
    await readSteadily(server.url, 2);
    for (let run = 0; run < runs; run++) {
      const load = pay(server.url, `load${run}`, { duration: seconds + 1, overallRate: PAYMENTS_PER_S });
      const times = await readSteadily(server.url, seconds);
      await load;
      p50s.push(quantile(times, 0.5));
      p99s.push(quantile(times, 0.99));
      note(`  run ${run + 1} of ${runs}: p50 ${p50s.at(-1)?.toFixed(2)} ms, p99 ${p99s.at(-1)?.toFixed(2)} ms`);
    }
  } finally {
    await server.stop();
    await folder.remove();
  }
  const what = `features of a card over HTTP, beside ${PAYMENTS_PER_S} payments/s`;
  return [figure('feature_read_p50_ms', what, 'ms', p50s), figure('feature_read_p99_ms', what, 'ms', p99s, '< 3')];
}
