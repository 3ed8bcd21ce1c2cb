import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE } from '../engine/servers.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';
import { ConsumerProcess, type ReadRate } from './consumer-process.ts';
import { type LoadMessage, TopicLoad } from './topic-load.ts';

const CARDS = 5_000;
const PARTITIONS = 4;
/** Share of what it can take that it is given in the run in which the lag is looked at. */
const STEADY_SHARE = 0.6;
const SEND_EVERY_MS = 20;

function messageOf(prefix: string, index: number): LoadMessage {
  const card = index % CARDS;
  return { key: `card-${card}`, value: paymentText(index, card, prefix, ordinaryStepMs(CARDS)) };
}

/** Starts `palisade serve --kafka` on the default ruleset and the embedded log. */
export function startPalisade(
  brokers: readonly string[],
  prefix: string,
  folder: string,
  more: readonly string[],
): ConsumerProcess {
  const kafka = ['--kafka', brokers.join(','), '--kafka-prefix', prefix];
  const args = ['serve', '--open', '--port', '0', '--data', folder, ...kafka, ...more];
  return new ConsumerProcess(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    fileURLToPath(PALISADE),
    ...args,
  ]);
}

/** From a topic to durable decisions: a backlog as fast as it goes, then a steady load and its lag. */
export async function measureEvents({ quick, note }: SuiteOptions, brokers: readonly string[]): Promise<Figure[]> {
  const runs = quick ? 1 : 5;
  const count = quick ? 10_000 : 100_000;
  const read: ReadRate[] = [];
  const published: ReadRate[] = [];
  const lagsMs: number[] = [];
  const load = await TopicLoad.start(brokers);
  try {
    for (let run = 0; run < runs; run++) {
      const backlog = await measureBacklog(load, brokers, `events-${run}`, count, ['--no-publish']);
      read.push(backlog.rate);
      lagsMs.push(backlog.lagMs);
      const outbound = await measureBacklog(load, brokers, `published-${run}`, count, []);
      published.push(outbound.rate);
      note(
        `  run ${run + 1} of ${runs}: ${backlog.rate.perSecond.toFixed(0)} a second at ` +
          `${backlog.rate.cpuUs.toFixed(0)} µs, lag ${backlog.lagMs.toFixed(0)} ms; ` +
          `${outbound.rate.perSecond.toFixed(0)} a second with what is published`,
      );
    }
  } finally {
    await load.close();
  }
  const perSecond = (rates: readonly ReadRate[]): number[] => rates.map((rate) => rate.perSecond);
  const cpuUs = (rates: readonly ReadRate[]): number[] => rates.map((rate) => rate.cpuUs);
  return [
    figure('kafka_events_per_s', 'from a topic to durable decisions, default ruleset', '1/s', perSecond(read), '15000'),
    figure('kafka_cpu_us', 'the same: CPU of the engine for each, all threads', 'µs', cpuUs(read)),
    figure('kafka_lag_ms', 'longest wait at a steady 60 % of that', 'ms', lagsMs, 'bounded'),
    figure('kafka_published_per_s', 'the same, decisions published too', '1/s', perSecond(published)),
    figure('kafka_published_cpu_us', 'the same: CPU of the engine for each, all threads', 'µs', cpuUs(published)),
  ];
}

async function measureBacklog(
  load: TopicLoad,
  brokers: readonly string[],
  prefix: string,
  count: number,
  more: readonly string[],
): Promise<{ readonly rate: ReadRate; readonly lagMs: number }> {
  const topic = `${prefix}.transactions`;
  const folder = await temporaryFolder();
  await load.createTopics([topic], PARTITIONS);
  await load.fill(topic, count, (index) => messageOf(prefix, index));
  const engine = startPalisade(brokers, prefix, folder.path, more);
  try {
    const rate = await engine.readAll(load, prefix, topic, count);
    return { rate, lagMs: await measureLag(load, prefix, topic, count, rate.perSecond * STEADY_SHARE) };
  } finally {
    await engine.end();
    await folder.remove();
  }
}

/** The 99th percentile of how long messages waited, by what was sent and not yet committed at each look, ms. */
async function measureLag(
  load: TopicLoad,
  prefix: string,
  topic: string,
  before: number,
  ratePerS: number,
): Promise<number> {
  const total = Math.floor(ratePerS * 5);
  const lagsMs: number[] = [];
  const startMs = performance.now();
  let sent = 0;
  let isOver = false;
  const look = (async () => {
    while (!isOver) {
      const done = (await load.committed(prefix, topic)) - before;
      lagsMs.push((Math.max(0, sent - done) * 1000) / ratePerS);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) * ratePerS) / 1000));
    if (due > sent) {
      const messages = Array.from({ length: due - sent }, (_, index) => messageOf(prefix, before + sent + index));
      sent = due;
      await load.send(topic, messages);
    }
    await new Promise((resolve) => setTimeout(resolve, SEND_EVERY_MS));
  }
  while ((await load.committed(prefix, topic)) < before + total)
    await new Promise((resolve) => setTimeout(resolve, 50));
  isOver = true;
  await look;
  return quantile(lagsMs, 0.99);
}
