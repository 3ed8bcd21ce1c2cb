import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE, startServerUnderTest } from '../engine/servers.ts';
import { type Figure, figure, median, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import { SteadyLoad } from '../steady-load.ts';
import type { SuiteOptions } from '../suite.ts';

const CARDS = 2_000;
const CONNECTIONS = 64;
const RATE_PER_S = 300;
const SLICE_S = 1;
/** Slices of each kind that are told of together. */
const SLICES_OF_RUN = 12;
/** How long a query runs before its slice begins, and what it leaves is gone before the next: ms. */
const SETTLE_MS = 300;
/** Every decision with every other of its card: it runs as long as it may. */
const HEAVY =
  'SELECT count(*), sum(l.amount * r.amount) FROM decisions l JOIN decisions r ON l.amount < r.amount ' +
  'JOIN decisions t ON t.amount < r.amount';

/**
 * How long authorizations take while an analyst's query runs, against how long they take without one. Slices of a
 * second with and without a query take turns, and the p99 is that of all slices of a kind: what else a machine does is
 * in both alike.
 */
export async function measureInterference({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 2 : 7;
  const slices = quick ? 3 : SLICES_OF_RUN;
  const folder = await temporaryFolder();
  const server = await startServerUnderTest(PALISADE, ['serve', '--data', folder.path, '--port', '0', '--open']);
  const steady = new SteadyLoad(server.url, CONNECTIONS);
  const [alone, beside, growth, medians]: [number[], number[], number[], number[]] = [[], [], [], []];
  let sent = 0;
  const sliceOf = async (seconds: number): Promise<number[]> => {
    const from = sent;
    sent += seconds * RATE_PER_S;
    const textOf = (index: number) => paymentText(from + index, (from + index) % CARDS, 'sql', ordinaryStepMs(CARDS));
    return (await steady.run(seconds * RATE_PER_S, RATE_PER_S, textOf)).timesMs;
  };
  try {
    await sliceOf(quick ? 4 : 20);
    for (let run = 0; run < runs; run++) {
      const [bare, own]: [number[], number[]] = [[], []];
      for (let slice = 0; slice < slices; slice++) {
        await pause(SETTLE_MS);
        bare.push(...(await sliceOf(SLICE_S)));
        const query = askHeavily(server.url);
        await pause(SETTLE_MS);
        own.push(...(await sliceOf(SLICE_S)));
        await query.end();
      }
      alone.push(quantile(bare, 0.99));
      beside.push(quantile(own, 0.99));
      growth.push((quantile(own, 0.99) / quantile(bare, 0.99) - 1) * 100);
      medians.push((quantile(own, 0.5) / quantile(bare, 0.5) - 1) * 100);
      note(
        `  run ${run + 1} of ${runs}: p99 ${beside.at(-1)?.toFixed(1)} ms beside a query, ` +
          `${alone.at(-1)?.toFixed(1)} ms without`,
      );
    }
  } finally {
    steady.close();
    await server.stop();
    await folder.remove();
  }
  note(`  a query lets the p99 grow by ${median(growth).toFixed(0)} %`);
  return [
    figure('query_interference', `growth of the p99 at ${RATE_PER_S} authorizations a second`, '%', growth, '20'),
    figure('query_p50_growth', 'the same of the median', '%', medians),
    figure('query_p99_alone_ms', 'p99 without a query', 'ms', alone),
    figure('query_p99_beside_ms', 'p99 with a heavy query all the time', 'ms', beside),
  ];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Keeps a query running until it is told to end: each is ended by its limit, and the next begins. */
function askHeavily(url: string): { end(): Promise<void> } {
  const leaving = new AbortController();
  const run = async (): Promise<void> => {
    while (!leaving.signal.aborted) {
      await fetch(`${url}/v1/query`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sql: HEAVY }),
        signal: leaving.signal,
      }).then(
        (response) => response.text(),
        () => '',
      );
    }
  };
  const running = run();
  return {
    end: () => {
      leaving.abort();
      return running;
    },
  };
}
