import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE, startServerUnderTest } from '../engine/servers.ts';
import { type Figure, figure, median, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import { SteadyLoad } from '../steady-load.ts';
import type { SuiteOptions } from '../suite.ts';

const CARDS = 2_000;
const CONNECTIONS = 64;
const RATE_PER_S = 300;
/** Every decision with every other of its card: it runs as long as it may. */
const HEAVY =
  'SELECT count(*), sum(l.amount * r.amount) FROM decisions l JOIN decisions r ON l.amount < r.amount ' +
  'JOIN decisions t ON t.amount < r.amount';

/** How long authorizations take while an analyst's query runs, against how long they take without one. */
export async function measureInterference({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 3 : 9;
  const seconds = quick ? 3 : 8;
  const folder = await temporaryFolder();
  const server = await startServerUnderTest(PALISADE, ['serve', '--data', folder.path, '--port', '0', '--open']);
  const steady = new SteadyLoad(server.url, CONNECTIONS);
  const [alone, beside, growth]: [number[], number[], number[]] = [[], [], []];
  const p99Of = async (prefix: string): Promise<number> => {
    const textOf = (index: number) => paymentText(index, index % CARDS, prefix, ordinaryStepMs(CARDS));
    return quantile((await steady.run(RATE_PER_S * seconds, RATE_PER_S, textOf)).timesMs, 0.99);
  };
  try {
    await p99Of('warm');
    for (let run = 0; run < runs; run++) {
      const bare = await p99Of(`alone-${run}`);
      const query = askHeavily(server.url, seconds);
      const own = await p99Of(`beside-${run}`);
      await query;
      alone.push(bare);
      beside.push(own);
      growth.push((own / bare - 1) * 100);
      note(`  run ${run + 1} of ${runs}: p99 ${own.toFixed(1)} ms beside a query, ${bare.toFixed(1)} ms without`);
    }
  } finally {
    steady.close();
    await server.stop();
    await folder.remove();
  }
  note(`  a query lets the p99 grow by ${median(growth).toFixed(0)} %`);
  return [
    figure('query_interference', `growth of the p99 at ${RATE_PER_S} authorizations a second`, '%', growth, '20'),
    figure('query_p99_alone_ms', 'p99 without a query', 'ms', alone),
    figure('query_p99_beside_ms', 'p99 with a heavy query all the time', 'ms', beside),
  ];
}

/** Keeps a query running for so long: each is ended by its limit, or by its end, and the next begins. */
async function askHeavily(url: string, seconds: number): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    const body = JSON.stringify({ sql: HEAVY });
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(endMs - performance.now())));
    await fetch(`${url}/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal,
    }).then(
      (response) => response.text(),
      () => '',
    );
  }
}
