import { join } from 'node:path';
import { openReadStoreReader } from '../../src/adapters/sqlite/read-store-reader.ts';
import { openSqliteReadStore } from '../../src/adapters/sqlite/sqlite-read-store.ts';
import { answerTo } from '../../src/cli/console/console-answers.ts';
import { CONSOLE_PROJECTIONS } from '../../src/cli/console/console-projections.ts';
import type { DecisionQuery } from '../../src/ports/console.ts';
import { ProjectionRunner } from '../../src/runtime/projection-runner.ts';
import { temporaryFolder } from '../engine/harness.ts';
import { type Figure, figure, median, quantile } from '../figures.ts';
import type { SuiteOptions } from '../suite.ts';
import { decidedRecords } from './decided-records.ts';

const BATCH = 512;
const ROUNDS = 20;
const DAY_MS = 86_400_000;

const ALL: DecisionQuery = {
  outcomes: [],
  modes: [],
  cardId: null,
  accountId: null,
  deviceId: null,
  merchantId: null,
  ip: null,
  country: null,
  rule: null,
  label: null,
  amountMin: null,
  amountMax: null,
  fromMs: null,
  toMs: null,
  search: '',
  sort: 'occurredAt',
  descending: true,
  limit: 50,
  cursor: null,
};

/** Lists as people ask for them, and the ones that are hard: broad filters, and an order that no filter goes with. */
const LISTS: Readonly<Record<string, Partial<DecisionQuery>>> = {
  newest: {},
  declined: { outcomes: ['decline'] },
  card: { cardId: 'card-77' },
  busyMerchant: { merchantId: 'merchant-0', sort: 'amount' },
  rule: { rule: 'rule-3', sort: 'score' },
  twoFilters: { outcomes: ['challenge', 'decline'], country: 'FR', sort: 'amount' },
  amounts: { amountMin: 990, amountMax: 991 },
  earlier: { toMs: Date.UTC(2026, 0, 5) + DAY_MS / 50, sort: 'amount' },
  search: { search: 'rule_1' },
  broadSearch: { search: 'card-1', sort: 'amount' },
};

/** How fast the console's projections take records in, and how soon lists over them answer. */
export async function measureLists({ quick, note }: SuiteOptions): Promise<Figure[]> {
  const count = quick ? 20_000 : 1_000_000;
  const folder = await temporaryFolder();
  const file = join(folder.path, 'views.sqlite');
  const store = openSqliteReadStore(file);
  try {
    const perSecond = await follow(store, count, note);
    const times = askAll(file, note);
    return [
      figure(
        'projected_per_s',
        `records taken in by the console's projections, to ${count}`,
        '1/s',
        perSecond,
        '5,000',
      ),
      figure('list_p50_ms', `a page of 50 of ${count} decisions`, 'ms', [median(times)]),
      figure('list_p99_ms', 'the same, and the first of each kind', 'ms', [quantile(times, 0.99)], '100'),
    ];
  } finally {
    store.close();
    await folder.remove();
  }
}

/** Records per CPU second, batch by batch of fifty thousand. */
async function follow(
  store: ReturnType<typeof openSqliteReadStore>,
  count: number,
  note: (text: string) => void,
): Promise<number[]> {
  const runner = new ProjectionRunner({
    store,
    readAll: async () => [],
    projectionsOf: () => CONSOLE_PROJECTIONS,
    append: async () => {},
    failed: (error) => {
      throw error;
    },
  });
  runner.start();
  const recordAt = decidedRecords(7);
  await runner.apply([recordAt(0)]);
  await runner.settled();
  const rates: number[] = [];
  let [spentUs, taken] = [0, 0];
  for (let from = 1; from <= count; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - from + 1) }, (_, index) => recordAt(from + index));
    const before = process.threadCpuUsage();
    await runner.apply(batch);
    const { user, system } = process.threadCpuUsage(before);
    spentUs += user + system;
    taken += batch.length;
    if (taken < Math.min(50_000, count / 4)) continue;
    rates.push((taken * 1e6) / spentUs);
    [spentUs, taken] = [0, 0];
    note(`  ${from + batch.length - 1} of ${count}: ${rates.at(-1)?.toFixed(0)} records a CPU second`);
  }
  return rates;
}

function askAll(file: string, note: (text: string) => void): number[] {
  const reader = openReadStoreReader(file);
  const times: number[] = [];
  for (const [name, changes] of Object.entries(LISTS)) {
    const own: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const fromMs = performance.now();
      reader.read((readerOf) => answerTo({ about: 'decisions', query: { ...ALL, ...changes } }, readerOf));
      own.push(performance.now() - fromMs);
    }
    times.push(...own);
    note(`  ${name}: median ${median(own).toFixed(1)} ms, first ${own[0]?.toFixed(1)} ms`);
  }
  reader.close();
  return times;
}
