import { Counter, Gauge, type Registry } from 'prom-client';
import type { BusReport, BusWatch } from '../ports/bus-report.ts';

type Counts = Readonly<Record<string, number>>;

/** By topic; the names come from the settings, so that no client can add a series. */
const BY_TOPIC: readonly (readonly ['gauge' | 'counter', string, string, (now: BusReport) => Counts])[] = [
  [
    'counter',
    'palisade_kafka_published_total',
    'Messages that Kafka took',
    (now) => now.publisher?.publishedByTopic ?? {},
  ],
  ['counter', 'palisade_kafka_taken_total', 'Messages that the engine took', (now) => now.intake.takenByTopic],
  ['counter', 'palisade_kafka_dead_letters_total', 'Messages that nobody can read', (now) => now.intake.deadByTopic],
  ['counter', 'palisade_kafka_deferred_total', 'Messages put off to come again', (now) => now.intake.deferredByTopic],
  ['gauge', 'palisade_kafka_lag_messages', 'Messages not read yet', (now) => now.reader?.lagByTopic ?? {}],
];

const GAUGES: readonly (readonly [string, string, (now: BusReport) => number])[] = [
  ['palisade_kafka_reading', '1 while events are read', (now) => (now.reader === null ? 0 : 1)],
  ['palisade_kafka_partitions', 'Partitions that this engine reads', (now) => now.reader?.partitions ?? 0],
  ['palisade_kafka_paused_partitions', 'Partitions that wait', (now) => now.reader?.pausedPartitions ?? 0],
  ['palisade_kafka_under_way', 'Messages that the engine has at present', (now) => now.reader?.underWay ?? 0],
];

const PUBLISHER_GAUGES: readonly (readonly [string, string, (now: NonNullable<BusReport['publisher']>) => number])[] = [
  ['palisade_kafka_publisher_position', 'Position that is published', (now) => now.position],
  ['palisade_kafka_publisher_lag_records', 'Records to publish', (now) => now.headPosition - now.position],
  ['palisade_kafka_publisher_lag_seconds', 'Since when there have been some', (now) => now.lagSeconds],
  ['palisade_kafka_publisher_failing', '1 while Kafka takes none', (now) => (now.failure === '' ? 0 : 1)],
];

/** Adds what a message bus tells of itself. */
export function registerBus(registry: Registry, watch: BusWatch): void {
  const registers = [registry];
  for (const [type, name, help, read] of BY_TOPIC) {
    if (type === 'counter') {
      new Counter({
        name,
        help,
        labelNames: ['topic'],
        registers,
        collect() {
          this.reset();
          for (const [topic, count] of Object.entries(read(watch.report()))) this.inc({ topic }, count);
        },
      });
    } else {
      new Gauge({
        name,
        help,
        labelNames: ['topic'],
        registers,
        collect() {
          this.reset();
          for (const [topic, count] of Object.entries(read(watch.report()))) this.set({ topic }, count);
        },
      });
    }
  }
  for (const [name, help, read] of GAUGES) gauge(registers, name, help, () => read(watch.report()));
  for (const [name, help, read] of PUBLISHER_GAUGES) {
    gauge(registers, name, help, () => {
      const { publisher } = watch.report();
      return publisher === null ? 0 : read(publisher);
    });
  }
  new Counter({
    name: 'palisade_kafka_publish_failures_total',
    help: 'Attempts to publish that Kafka did not take',
    registers,
    collect() {
      this.reset();
      this.inc(watch.report().publisher?.failedAttempts ?? 0);
    },
  });
}

function gauge(registers: Registry[], name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}
