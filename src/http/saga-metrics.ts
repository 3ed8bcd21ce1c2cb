import { Counter, Gauge, type Registry } from 'prom-client';
import type { EndpointReport, SagaStatistics, Sagas } from '../ports/saga-door.ts';

type Counts = Readonly<Record<string, number>>;

const BY_KIND: readonly (readonly ['gauge' | 'counter', string, string, (now: SagaStatistics) => Counts])[] = [
  ['gauge', 'palisade_sagas_open', 'Sagas that have work to do', (now) => now.openByKind],
  ['gauge', 'palisade_sagas_escalated', 'Open sagas that called a person', (now) => now.escalatedByKind],
  ['gauge', 'palisade_sagas_oldest_seconds', 'Age of the oldest open saga', (now) => now.oldestSecondsByKind],
  ['counter', 'palisade_sagas_ended_total', 'Sagas that came to their end', (now) => now.endedByKind],
  ['counter', 'palisade_sagas_done_seconds_total', 'Time from start to end, summed', (now) => now.doneSecondsByKind],
];

const BY_ENDPOINT: readonly (readonly [string, string, (endpoint: EndpointReport) => number])[] = [
  ['palisade_endpoint_waiting', 'Effects that wait to be sent', ({ waiting }) => waiting],
  ['palisade_endpoint_under_way', 'Attempts under way', ({ underWay }) => underWay],
  [
    'palisade_endpoint_open',
    '1 while the breaker keeps attempts away',
    ({ breaker }) => (breaker === 'closed' ? 0 : 1),
  ],
  ['palisade_endpoint_disabled', '1 after the endpoint said 410', ({ isDisabled }) => (isDisabled ? 1 : 0)],
];

const OF_RUNNER: readonly (readonly [string, string, (now: SagaStatistics) => number])[] = [
  [
    'palisade_sagas_lag_records',
    'Records between the head of the log and where the sagas are',
    (now) => now.lagRecords,
  ],
  ['palisade_sagas_queue_depth', 'Facts whose sagas are not durable yet', (now) => now.openFacts],
  ['palisade_sagas_queue_depth_max', 'Facts without durable sagas that there may be', (now) => now.openFactsMax],
];

/** Adds what the sagas tell of themselves. Kinds and endpoints come from code and settings, never from a client. */
export function registerSagas(registry: Registry, sagas: Sagas): void {
  const registers = [registry];
  for (const [type, name, help, read] of BY_KIND) {
    if (type === 'gauge') {
      new Gauge({
        name,
        help,
        labelNames: ['kind'],
        registers,
        collect() {
          const counts = read(sagas.statistics());
          for (const kind of sagas.kinds()) this.set({ kind }, counts[kind] ?? 0);
        },
      });
    } else counterByLabel(registers, name, help, 'kind', () => read(sagas.statistics()));
  }
  const attempts = (): Counts => sagas.statistics().attemptsByOutcome;
  counterByLabel(registers, 'palisade_saga_attempts_total', 'Attempts to deliver effects', 'outcome', attempts);
  for (const [name, help, read] of BY_ENDPOINT) {
    new Gauge({
      name,
      help,
      labelNames: ['endpoint'],
      registers,
      collect() {
        for (const endpoint of sagas.statistics().endpoints) this.set({ endpoint: endpoint.name }, read(endpoint));
      },
    });
  }
  for (const [name, help, read] of OF_RUNNER) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(sagas.statistics()));
      },
    });
  }
  new Counter({
    name: 'palisade_sagas_blocked_seconds_total',
    help: 'Time that facts without durable sagas held their source',
    registers,
    collect() {
      this.reset();
      this.inc(sagas.statistics().blockedMs / 1e3);
    },
  });
}

function counterByLabel(registers: Registry[], name: string, help: string, label: string, read: () => Counts): void {
  new Counter({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      this.reset();
      for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
    },
  });
}
