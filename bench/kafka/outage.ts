import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaSource } from '../../src/adapters/kafka/mod.ts';
import type { InboundMessage } from '../../src/ports/message-bus.ts';
import type { TestBroker } from '../../test/support/kafka/broker.ts';
import { temporaryFolder } from '../engine/harness.ts';
import { PALISADE, startServerUnderTest } from '../engine/servers.ts';
import { type Figure, figure, quantile } from '../figures.ts';
import { ordinaryStepMs, paymentText } from '../payments.ts';
import { SteadyLoad } from '../steady-load.ts';
import type { SuiteOptions } from '../suite.ts';

const CARDS = 500;
const RATE_PER_S = 300;
const CONNECTIONS = 64;
const POLL_MS = 100;
/** Seconds without a broker; 3600 for an hour. */
const OUTAGE_S = Number(process.env.PALISADE_OUTAGE_S ?? 120);

function payment(index: number): string {
  return paymentText(index, index % CARDS, 'out', ordinaryStepMs(CARDS));
}

async function metricOf(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

/**
 * A broker that is away under a steady load of calls over HTTP: what the calls notice, what memory does, and how fast
 * what waited goes out when it is back. Throws where a decision is missing or a card lost its order.
 */
export async function measureOutage({ quick, note }: SuiteOptions, broker: TestBroker): Promise<Figure[]> {
  const before = RATE_PER_S * (quick ? 3 : 10);
  const during = RATE_PER_S * (quick ? 10 : OUTAGE_S);
  const prefix = `outage-${Date.now().toString(36)}`;
  const folder = await temporaryFolder();
  const kafka = ['--kafka', broker.brokers.join(','), '--kafka-prefix', prefix];
  const server = await startServerUnderTest(PALISADE, [
    'serve',
    '--open',
    '--port',
    '0',
    '--data',
    folder.path,
    ...kafka,
  ]);
  const load = new SteadyLoad(server.url, CONNECTIONS);
  try {
    const lag = (): Promise<number> => metricOf(server.url, 'palisade_kafka_publisher_lag_records');
    const up = await load.run(before, RATE_PER_S, payment);
    while ((await lag()) > 0) await sleep(POLL_MS);
    await broker.kill();
    const rssBefore = await metricOf(server.url, 'process_resident_memory_bytes');
    const down = await load.run(during, RATE_PER_S, (index) => payment(before + index));
    const rssAfter = await metricOf(server.url, 'process_resident_memory_bytes');
    const waiting = await lag();
    await broker.start();
    const failing = (): Promise<number> => metricOf(server.url, 'palisade_kafka_publisher_failing');
    while ((await failing()) === 1) await sleep(POLL_MS);
    const startMs = performance.now();
    const left = await lag();
    while ((await lag()) > 0) await sleep(POLL_MS);
    const perSecond = (left * 1000) / (performance.now() - startMs);
    await requireInOrder(broker.brokers, `${prefix}.decisions`, up.timesMs.length + down.timesMs.length);
    note(`  ${waiting} records waited; ${down.shedCount} calls were shed, ${up.shedCount} before`);
    const [p99Up, p99Down] = [quantile(up.timesMs, 0.99), quantile(down.timesMs, 0.99)];
    return [
      figure(
        'kafka_outage_p99_ratio',
        'p99 of calls while the broker is away, over before',
        '',
        [p99Down / p99Up],
        '1',
      ),
      figure('kafka_outage_growth_mb', 'memory more after the outage, the caches of the engine included', 'MB', [
        (rssAfter - rssBefore) / 1e6,
      ]),
      figure('kafka_outage_waiting', 'records that waited in the log', '', [waiting]),
      figure('kafka_catch_up_per_s', 'records published a second when it is back', '1/s', [perSecond]),
    ];
  } finally {
    load.close();
    await server.stop();
    await folder.remove();
  }
}

/** Every decision comes, and the first time that each does, it is after those of its card before it, by revision. */
async function requireInOrder(brokers: readonly string[], topic: string, count: number): Promise<void> {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  const { promise: enough, resolve, reject } = Promise.withResolvers<void>();
  const onMessage = async ({ key, value, headers }: InboundMessage): Promise<void> => {
    const id = headers.ce_subject ?? '';
    if (seen.has(id)) return;
    seen.add(id);
    const { revisions } = JSON.parse(new TextDecoder().decode(value)).decision;
    if (revisions.card <= (last.get(key) ?? -1)) reject(new Error(`${key} lost its order at ${id}`));
    last.set(key, revisions.card);
    if (seen.size === count) resolve();
  };
  const reader = await createKafkaSource({ brokers }).consume({
    group: `${topic}-check`,
    topics: [topic],
    onMessage,
    onEnd: reject,
  });
  try {
    await enough;
  } finally {
    await reader.close();
  }
}
