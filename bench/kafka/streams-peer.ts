import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createKafkaSource } from '../../src/adapters/kafka/mod.ts';
import type { InboundMessage, MessageReader } from '../../src/ports/message-bus.ts';
import { temporaryFolder } from '../engine/harness.ts';
import { type Figure, figure, median } from '../figures.ts';
import { paymentText, randomNumbers } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';
import { ConsumerProcess, type ReadRate } from './consumer-process.ts';
import { type LoadMessage, TopicLoad } from './topic-load.ts';
import { startPalisade } from './topic-to-decision.ts';

const run = promisify(execFile);
const PEER = fileURLToPath(new URL('../peers/kafka-streams', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
const CARDS = 1_000;
const PARTITIONS = 4;
/** A card pays about every six minutes of event time, so that an hour has ten payments of it. */
const STEP_MS = 360_000 / CARDS;
/** One payment in so many is twenty times as large. */
const EVERY = 50;
const LATENCY_RATE_PER_S = 1_000;
const SEND_EVERY_MS = 10;
/** Nothing takes as long: an alert that has not come by then never will. */
const ALERT_MS_MAX = 60_000;

/** The rule of the peer in the language of rulesets: above five times the mean of the hour of the clock. */
const RULESET = `name: amount-spike
currency: { base: EUR, rates: {} }
features:
  card.count_hour: { aggregate: count, window: tumbling 1h }
  card.mean_hour: { aggregate: mean(event.amount), window: tumbling 1h }
rules:
  - id: amount-spike
    when: card.count_hour >= 3 && event.amount > 5.0 * card.mean_hour
    outcome: review
    score: 45
    reason: AMOUNT_SPIKE
policy:
  thresholds: { challenge: 30, review: 40, decline: 90 }
  fallback:
    - { outcome: review }
`;

/** One side of the comparison. */
type Side = {
  readonly name: string;
  readonly start: (topics: Topics, folder: string) => Promise<ConsumerProcess>;
  /** Id of the payment that an alert is about. */
  readonly idOf: (alert: InboundMessage) => string;
};

type Topics = { readonly prefix: string; readonly payments: string; readonly alerts: string };

type Outcome = { readonly rate: ReadRate; readonly latencyMs: number };

function messages(): (index: number) => LoadMessage {
  const random = randomNumbers(11);
  const factors: number[] = [];
  return (index) => {
    while (factors.length <= index) factors.push(random() < 1 / EVERY ? 20 : 1);
    const card = (index * 7_919) % CARDS;
    const text = paymentText(index, card, 'pay', STEP_MS);
    const isLarge = factors[index] === 20;
    const value = isLarge
      ? text.replace(/"amountMinor":(\d+)/, (_, amount) => `"amountMinor":${Number(amount) * 20}`)
      : text;
    return { key: `card-${card}`, value };
  };
}

/** The jars of the peer, built from its own sources where they changed. */
async function buildPeer(): Promise<string> {
  const sources = await Promise.all(
    ['pom.xml', 'src/main/java/palisade/peer/AmountSpike.java'].map((path) => readFile(join(PEER, path))),
  );
  const hash = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 12);
  const place = join(CACHE, `palisade-kafka-streams-${hash}`);
  if (existsSync(place)) return place;
  await mkdir(dirname(place), { recursive: true });
  const folder = await mkdtemp(`${place}-`);
  try {
    await cp(PEER, folder, { recursive: true });
    const options = ['-q', '-B', 'package', 'dependency:copy-dependencies', '-DincludeScope=runtime'];
    await run('mvn', [...options, '-DoutputDirectory=jars'], { cwd: folder });
    await cp(join(folder, 'target/kafka-streams-peer-1.jar'), join(folder, 'jars/peer.jar'));
    await rename(join(folder, 'jars'), place);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return place;
}

function sides(brokers: readonly string[], jars: string): readonly Side[] {
  const palisade: Side = {
    name: 'Palisade',
    start: async ({ prefix }, folder) => {
      const file = join(folder, 'rules.yaml');
      await writeFile(file, RULESET);
      return startPalisade(brokers, prefix, join(folder, 'data'), ['--ruleset', file]);
    },
    idOf: ({ headers }) => headers.ce_subject ?? '',
  };
  const streams = (name: string, guarantee: string): Side => ({
    name,
    start: async ({ prefix, payments, alerts }, folder) => {
      const java = ['-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', `${jars}/*`];
      const args = [brokers.join(','), prefix, payments, alerts, folder, guarantee];
      return new ConsumerProcess('java', [...java, 'palisade.peer.AmountSpike', ...args]);
    },
    idOf: ({ value }) => new TextDecoder().decode(value),
  });
  return [
    palisade,
    streams('Kafka Streams, at least once', 'at_least_once'),
    streams('Kafka Streams, exactly once', 'exactly_once_v2'),
  ];
}

/** The same rule over the same payments and the same broker, by Palisade and by Kafka Streams either way, in turn. */
export async function measureStreams({ quick, note }: SuiteOptions, brokers: readonly string[]): Promise<Figure[]> {
  const runs = quick ? 1 : 5;
  // The backlog ends at half past: the hour in which latency is measured has means to compare with.
  const count = quick ? 25_000 : 155_000;
  const all = sides(brokers, await buildPeer());
  const outcomes: readonly Outcome[][] = all.map(() => []);
  const load = await TopicLoad.start(brokers);
  try {
    for (let index = 0; index < runs; index++) {
      const inTurn = [...all.entries()];
      for (const [at, side] of index % 2 === 0 ? inTurn : inTurn.toReversed()) {
        const outcome = await measureSide(load, brokers, side, `spike-${at}-${index}`, count);
        outcomes[at]?.push(outcome);
        const { rate, latencyMs } = outcome;
        note(
          `  ${side.name}: ${rate.perSecond.toFixed(0)} a second at ${rate.cpuUs.toFixed(0)} µs, ` +
            `alert after ${latencyMs.toFixed(1)} ms`,
        );
      }
    }
  } finally {
    await load.close();
  }
  const [ours = [], theirs = [], transacted = []] = outcomes;
  return figuresOf(ours, theirs, transacted);
}

function figuresOf(ours: readonly Outcome[], theirs: readonly Outcome[], transacted: readonly Outcome[]): Figure[] {
  const ratios = (read: (outcome: Outcome) => number, others = theirs): number[] =>
    ours.map((outcome, index) => read(outcome) / read(others[index] ?? outcome));
  const rateOf = ({ rate }: Outcome): number => rate.perSecond;
  const latencyOf = ({ latencyMs }: Outcome): number => latencyMs;
  return [
    figure('kafka_streams_throughput_ratio', 'Palisade over Kafka Streams, payments a second', '', ratios(rateOf)),
    figure('kafka_streams_latency_ratio', 'Palisade over Kafka Streams, payment to alert', '', ratios(latencyOf)),
    figure('kafka_streams_eos_throughput_ratio', 'the same, over exactly_once_v2', '', ratios(rateOf, transacted)),
    figure('kafka_streams_eos_latency_ratio', 'the same, over exactly_once_v2', '', ratios(latencyOf, transacted)),
    figure('palisade_spike_per_s', 'Palisade, one rule', '1/s', ours.map(rateOf)),
    figure('kafka_streams_spike_per_s', 'Kafka Streams, one rule', '1/s', theirs.map(rateOf)),
    figure('palisade_spike_latency_ms', 'Palisade, payment to alert, median', 'ms', ours.map(latencyOf)),
    figure('kafka_streams_spike_latency_ms', 'Kafka Streams, payment to alert, median', 'ms', theirs.map(latencyOf)),
  ];
}

/** Payments of the first so many that the rule finds, worked out from the texts alone. */
function spikesOf(count: number, messageOf: (index: number) => LoadMessage): ReadonlySet<string> {
  const hours = new Map<string, { count: number; sum: number }>();
  const found = new Set<string>();
  for (let index = 0; index < count; index++) {
    const { key, value } = messageOf(index);
    const { transactionId, occurredAt, amountMinor } = JSON.parse(value);
    const place = `${key} ${String(occurredAt).slice(0, 13)}`;
    const hour = hours.get(place) ?? { count: 0, sum: 0 };
    hours.set(place, hour);
    hour.count += 1;
    hour.sum += Number(amountMinor);
    if (hour.count >= 3 && amountMinor * hour.count > 5 * hour.sum) found.add(transactionId);
  }
  return found;
}

/** Waits for the alerts that the rule has to give. Throws where some never come, or others do. */
async function arrival(arrived: ReadonlyMap<string, number>, expected: ReadonlySet<string>): Promise<void> {
  for (let waitedMs = 0; arrived.size < expected.size && waitedMs < ALERT_MS_MAX; waitedMs += 100) await sleep(100);
  const differing = [...expected.symmetricDifference(new Set(arrived.keys()))];
  if (expected.size > 0 && differing.length === 0) return;
  throw new Error(`another rule: ${arrived.size} alerts, ${expected.size} to be, such as ${differing.slice(0, 5)}`);
}

async function measureSide(
  load: TopicLoad,
  brokers: readonly string[],
  side: Side,
  prefix: string,
  count: number,
): Promise<Outcome> {
  const topics = { prefix, payments: `${prefix}.transactions`, alerts: `${prefix}.alerts` };
  const folder = await temporaryFolder();
  await load.createTopics([topics.payments, topics.alerts], PARTITIONS);
  const messageOf = messages();
  await load.fill(topics.payments, count, messageOf);
  const arrivedMs = new Map<string, number>();
  const watch = await watchAlerts(brokers, topics.alerts, (alert) => {
    const id = side.idOf(alert);
    if (!arrivedMs.has(id)) arrivedMs.set(id, performance.now());
  });
  const program = await side.start(topics, folder.path);
  try {
    const rate = await program.readAll(load, prefix, topics.payments, count);
    const backlog = spikesOf(count, messageOf);
    await arrival(arrivedMs, backlog);
    const sentMs = await sendSteadily(load, topics.payments, count, messageOf);
    await arrival(arrivedMs, spikesOf(count + sentMs.size, messageOf));
    const latencies = [...arrivedMs].flatMap(([id, atMs]) => {
      const sent = sentMs.get(id);
      return sent === undefined || backlog.has(id) ? [] : [atMs - sent];
    });
    return { rate, latencyMs: median(latencies) };
  } finally {
    await program.end();
    await watch.close();
    await folder.remove();
  }
}

function watchAlerts(
  brokers: readonly string[],
  topic: string,
  take: (alert: InboundMessage) => void,
): Promise<MessageReader> {
  const onMessage = async (alert: InboundMessage): Promise<void> => take(alert);
  return createKafkaSource({ brokers }).consume({
    group: `${topic}-watch`,
    topics: [topic],
    onMessage,
    onEnd: () => {},
  });
}

/** Sends payments at a steady rate, and tells when each was sent. */
async function sendSteadily(
  load: TopicLoad,
  topic: string,
  before: number,
  messageOf: (index: number) => LoadMessage,
): Promise<ReadonlyMap<string, number>> {
  const total = LATENCY_RATE_PER_S * 5;
  const sentMs = new Map<string, number>();
  const startMs = performance.now();
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) * LATENCY_RATE_PER_S) / 1000));
    const batch = Array.from({ length: due - sent }, (_, index) => messageOf(before + sent + index));
    const nowMs = performance.now();
    for (let index = sent; index < due; index++) sentMs.set(`pay-${before + index}`, nowMs);
    sent = due;
    if (batch.length > 0) await load.send(topic, batch);
    await sleep(SEND_EVERY_MS);
  }
  return sentMs;
}
