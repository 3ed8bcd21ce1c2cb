import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE, startServerUnderTest } from '../engine/servers.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import { SteadyLoad } from '../steady-load.ts';
import type { SuiteOptions } from '../suite.ts';
import type { ReadKind, ReadLoad, ReadTimes } from './read-load.ts';

const CARDS = 2_000;
const PAYMENTS_PER_S = 500;
/** Every so many payments are of one card, which is never without a payment on its way to the disk. */
const BUSY_EVERY = 4;
const CONNECTIONS = 8;

const READS: readonly ReadKind[] = [
  {
    name: 'features',
    paths: Array.from({ length: CARDS }, (_, index) => cardPath((index * 7919) % CARDS)),
    readsPerS: 200,
  },
  { name: 'busy', paths: [cardPath(CARDS)], readsPerS: 50 },
  { name: 'floor', paths: ['/livez'], readsPerS: 50 },
];

function cardPath(card: number): string {
  return `/v1/cards/card-${card}`;
}

/** Reads in a thread of its own, so that making payments here does not count as waiting there. */
async function readSteadily(url: string, seconds: number): Promise<ReadTimes> {
  const load: ReadLoad = { url, seconds, reads: READS, connections: CONNECTIONS };
  const worker = new Worker(new URL('./read-worker.ts', import.meta.url), { workerData: load });
  const [times]: ReadTimes[] = await once(worker, 'message');
  await worker.terminate();
  if (times === undefined) throw new Error('The reading thread answered nothing');
  return times;
}

function textsOf(prefix: string, cardOf: (index: number) => number): (index: number) => string {
  return (index) => paymentText(index, cardOf(index), prefix, ordinaryStepMs(CARDS));
}

/** Each card in turn, the busy one like the others. */
function inTurn(index: number): number {
  return index % (CARDS + 1);
}

function oftenBusy(index: number): number {
  return index % BUSY_EVERY === 0 ? CARDS : index % CARDS;
}

/**
 * How long a read of an entity's features takes over HTTP while payments are decided. The floor is a route that does
 * nothing, read in between: what of the time is the machine's.
 */
export async function measureReads({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 1 : 5;
  const seconds = quick ? 3 : 10;
  const folder = await temporaryFolder();
  const server = await startServerUnderTest(PALISADE, ['serve', '--data', folder.path, '--port', '0', '--open']);
  const payments = new SteadyLoad(server.url, CONNECTIONS);
  const [p50s, p99s, busy, floors]: [number[], number[], number[], number[]] = [[], [], [], []];
  try {
    await payments.run(CARDS * 4, 1000, textsOf('first', inTurn));
    await readSteadily(server.url, 2);
    for (let run = 0; run < runs; run++) {
      const load = payments.run(PAYMENTS_PER_S * seconds, PAYMENTS_PER_S, textsOf(`load${run}`, oftenBusy));
      const [{ timesMs, shedCount }, { shedCount: shedPayments }] = await Promise.all([
        readSteadily(server.url, seconds),
        load,
      ]);
      p50s.push(quantile(timesMs.features ?? [], 0.5));
      p99s.push(quantile(timesMs.features ?? [], 0.99));
      busy.push(quantile(timesMs.busy ?? [], 0.99));
      floors.push(quantile(timesMs.floor ?? [], 0.99));
      note(
        `  run ${run + 1} of ${runs}: p50 ${p50s.at(-1)?.toFixed(2)} ms, p99 ${p99s.at(-1)?.toFixed(2)} ms, busy ` +
          `${busy.at(-1)?.toFixed(2)} ms, floor ${floors.at(-1)?.toFixed(2)} ms; shed: ${shedCount} reads, ` +
          `${shedPayments} payments`,
      );
    }
  } finally {
    payments.close();
    await server.stop();
    await folder.remove();
  }
  const what = `features of a card over HTTP, beside ${PAYMENTS_PER_S} payments/s`;
  const ofBusy = `of a card that pays ${PAYMENTS_PER_S / BUSY_EVERY} times/s, once that is durable`;
  return [
    figure('feature_read_p50_ms', what, 'ms', p50s),
    figure('feature_read_p99_ms', what, 'ms', p99s, '< 3'),
    figure('feature_read_busy_p99_ms', ofBusy, 'ms', busy),
    figure('read_floor_p99_ms', 'a route that does nothing, in the same runs', 'ms', floors),
  ];
}
