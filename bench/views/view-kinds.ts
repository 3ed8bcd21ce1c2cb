import { join } from 'node:path';
import { openSqliteReadStore } from '../../src/adapters/sqlite/sqlite-read-store.ts';
import { encodeFact } from '../../src/codec/mod.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { Transaction } from '../../src/domain/events.ts';
import type { StoredRecord } from '../../src/ports/event-log.ts';
import { ProjectionRunner } from '../../src/runtime/projection-runner.ts';
import { RulesetProjections } from '../../src/runtime/views/ruleset-projections.ts';
import { temporaryFolder } from '../engine/harness.ts';
import { type Figure, figure, median } from '../figures.ts';
import { paymentText, randomNumbers } from '../payments.ts';
import type { SuiteOptions } from '../suite.ts';
import { rulesetOf, VIEW_KINDS } from './view-sets.ts';

/** Payments of all cards are so far apart, ms of event time. */
const STEP_MS = 480;
/** A card pays every 24 s where there are so many, so that an hour by the minute has more payments than windows. */
const CARDS = 50;
/** A card pays every eight minutes where there are so many: most windows differ from others by none of its payments. */
const CARDS_SPARSE = 1000;
const MERCHANTS = 500;
const BATCH = 256;

const DECISION: Omit<Decision, 'transactionId' | 'decidedAt'> = {
  outcome: 'approve',
  score: 0,
  mode: 'full',
  responseCode: '00',
  reasons: [],
  shadow: [],
  failures: [],
  responses: [],
  rulesetVersion: 'one',
  revisions: {},
};

/** Rows of the table that the views read, and decided payments, as the log has them behind the ruleset. */
function recordsOf(count: number, cards: number): StoredRecord[] {
  const [occurredAt, recordedAt] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'];
  const rows = Array.from({ length: MERCHANTS }, (_, index): StoredRecord => {
    const [recordId, columns] = [`row-${index}`, { amount: index % 50 }];
    const event = {
      type: 'table_row',
      eventId: recordId,
      occurredAt,
      table: 'limit',
      key: `merchant-${index}`,
    } as const;
    const body = encodeFact({ type: 'TableRowRecorded', row: { ...event, columns }, recordedAt });
    return { position: index + 2, recordId, type: 'TableRowRecorded', body, streams: [] };
  });
  return [...rows, ...paymentRecords(count, cards)];
}

function paymentRecords(count: number, cards: number): StoredRecord[] {
  const random = randomNumbers(11);
  return Array.from({ length: count }, (_, index) => {
    const transaction: Transaction = JSON.parse(paymentText(index, Math.floor(random() * cards), 'p', STEP_MS));
    const { transactionId, occurredAt } = transaction;
    const decision = { ...DECISION, transactionId, decidedAt: occurredAt };
    const body = encodeFact({ type: 'TransactionDecided', transaction, decision, features: [] });
    return { position: index + 2 + MERCHANTS, recordId: transactionId, type: 'TransactionDecided', body, streams: [] };
  });
}

/** Lets one kind of view follow all records, with its rows in a file; CPU time of this thread, µs a record. */
async function follow(kind: string, payments: readonly StoredRecord[]): Promise<number> {
  const folder = await temporaryFolder();
  const store = openSqliteReadStore(join(folder.path, 'views.sqlite'));
  const text = rulesetOf(kind);
  const published = { type: 'RulesetPublished', version: 'one', text, recordedAt: '2026-01-05T00:00:00.000Z' } as const;
  const first = { position: 1, recordId: 'r', type: published.type, body: encodeFact(published), streams: [] };
  const declared = new RulesetProjections();
  let failure: Error | null = null;
  const runner = new ProjectionRunner({
    store,
    readAll: async (after) => (after < first.position ? [first] : []),
    projectionsOf: (ruleset) => declared.of(ruleset).filter(({ name }) => name === kind),
    append: async () => {},
    failed: (error) => {
      failure = error;
    },
  });
  try {
    runner.start();
    await runner.apply([first]);
    await runner.settled();
    const before = process.threadCpuUsage();
    for (let from = 0; from < payments.length; from += BATCH) await runner.apply(payments.slice(from, from + BATCH));
    const { user, system } = process.threadCpuUsage(before);
    if (failure !== null) throw failure;
    return (user + system) / payments.length;
  } finally {
    runner.close();
    store.close();
    await folder.remove();
  }
}

/** What each kind of view costs, from the text of a record to the rows in the file. */
export async function measureKinds({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 2 : 7;
  const records = recordsOf(quick ? 4_000 : 20_000, CARDS);
  const costs = new Map<string, number[]>(VIEW_KINDS.map((kind) => [kind, []]));
  for (let run = -1; run < runs; run++) {
    for (const [kind, samples] of costs) {
      const cost = await follow(kind, records);
      if (run >= 0) samples.push(cost);
    }
  }
  return [...costs].map(([kind, samples]) => {
    note(`  ${kind}: ${median(samples).toFixed(1)} µs per event`);
    const perS = samples.map((us) => 1e6 / us);
    return figure(`view_${kind}_per_s`, 'events that one view takes in, of one core', '1/s', perS);
  });
}

/** An hour by the minute against an hour that tumbles, for groups with more events than windows, and with fewer. */
export async function measureHops({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const runs = quick ? 2 : 7;
  const figures: Figure[] = [];
  for (const [pace, cards] of [
    ['', CARDS],
    ['_sparse', CARDS_SPARSE],
  ] as const) {
    const records = recordsOf(quick ? 4_000 : 20_000, cards);
    const ratios: number[] = [];
    for (let run = -1; run < runs; run++) {
      const tumbling = await follow('tumbling', records);
      const hopping = await follow('hopping', records);
      if (run >= 0) ratios.push(hopping / tumbling);
    }
    const perHour = Math.round(3_600_000 / STEP_MS / cards);
    note(`  ${perHour} events an hour and group: ${median(ratios).toFixed(2)}`);
    const what = `CPU of a view of an hour by the minute, of one that tumbles, at ${perHour} events an hour and group`;
    figures.push(figure(`view_hopping_to_tumbling${pace}`, what, 'ratio', ratios));
  }
  return figures;
}
