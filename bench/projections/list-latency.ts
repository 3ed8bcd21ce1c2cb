import { join } from 'node:path';
import { openReadStoreReader } from '../../src/adapters/sqlite/read-store-reader.ts';
import { openSqliteReadStore } from '../../src/adapters/sqlite/sqlite-read-store.ts';
import { answerTo } from '../../src/cli/console/console-answers.ts';
import type { ConsoleQuestion } from '../../src/cli/console/console-messages.ts';
import { CONSOLE_PROJECTIONS } from '../../src/cli/console/console-projections.ts';
import { ANY_OPEN_CASE, CASE_SORTS, type CaseSort } from '../../src/ports/cases.ts';
import { ANY_ALERT, ANY_DECISION, type DecisionQuery } from '../../src/ports/console.ts';
import { ProjectionRunner } from '../../src/runtime/projection-runner.ts';
import { temporaryFolder } from '../engine/harness.ts';
import { type Figure, figure, median, quantile } from '../figures.ts';
import type { SuiteOptions } from '../suite.ts';
import { decidedRecords } from './decided-records.ts';

const BATCH = 512;
const ROUNDS = 2;
const DAY_MS = 86_400_000;

/** The first page of every list. */
const FIRST = { descending: true, limit: 50, cursor: null } as const;

const HOUR_MS = 3_600_000;
const BEGIN_MS = Date.UTC(2026, 0, 5);

/** Every filter of decisions, where few rows meet it, where many do, and where none does. */
const FILTERS: Readonly<Record<string, Partial<DecisionQuery>>> = {
  none: {},
  approved: { outcomes: ['approve'] },
  declined: { outcomes: ['decline'] },
  twoOutcomes: { outcomes: ['challenge', 'decline'] },
  fallback: { modes: ['fallback'] },
  full: { modes: ['full'] },
  card: { cardId: 'card-77' },
  noCard: { cardId: 'nobody' },
  account: { accountId: 'account-77' },
  device: { deviceId: 'device-77' },
  busyMerchant: { merchantId: 'merchant-0' },
  rareMerchant: { merchantId: 'merchant-4999' },
  ip: { ip: '10.0.0.77' },
  country: { country: 'FR' },
  noCountry: { country: 'XX' },
  rule: { rule: 'rule-3' },
  unlabelled: { label: 'none' },
  fraud: { label: 'fraud' },
  amounts: { amountMin: 990, amountMax: 991 },
  dear: { amountMin: 500 },
  tiny: { amountMax: 0.01 },
  cheap: { amountMax: 500 },
  earlier: { toMs: BEGIN_MS + DAY_MS / 50 },
  hour: { fromMs: BEGIN_MS + HOUR_MS / 2, toMs: BEGIN_MS + HOUR_MS },
  later: { fromMs: BEGIN_MS + HOUR_MS / 2 },
  search: { search: 'rule_1' },
  broadSearch: { search: 'card-1' },
  manyWords: { search: 'decl fr card-1 rule_2' },
  noSuchWord: { search: 'nothing-has-this' },
  idSearch: { search: 'txn-4711' },
  // Ids that begin so stand together in the log.
  idsBegun: { search: 'txn-47' },
  everyMerchant: { search: 'merchant-' },
  everyRow: { search: 'eur' },
};

/** What is asked together. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['declined', 'country'],
  ['approved', 'busyMerchant'],
  ['country', 'dear'],
  ['busyMerchant', 'later'],
  ['busyMerchant', 'earlier'],
  ['declined', 'hour'],
  ['rule', 'later'],
  ['unlabelled', 'cheap'],
  ['twoOutcomes', 'broadSearch'],
  ['noCountry', 'dear'],
  ['country', 'search'],
  ['fallback', 'later'],
];
const SORTS = ['occurredAt', 'amount', 'score', 'position'] as const;
/** A place in the midst of the rows, in each order. */
const DEEP: Readonly<Record<(typeof SORTS)[number], string>> = {
  occurredAt: `[${BEGIN_MS + HOUR_MS / 4},9000]`,
  amount: '[500,9000]',
  score: '[0,9000]',
  position: '[9000,9000]',
};

/** Each filter and pair in each order, both ways, from the first page and from one in the midst. */
function* decisionLists(): Generator<readonly [string, ConsoleQuestion]> {
  const pairs = PAIRS.map(([left, right]) => [`${left}+${right}`, { ...FILTERS[left], ...FILTERS[right] }] as const);
  for (const [name, filter] of [...Object.entries(FILTERS), ...pairs]) {
    for (const sort of SORTS) {
      for (const descending of [true, false]) {
        for (const cursor of [null, DEEP[sort]]) {
          const words = `${name} by ${sort}${descending ? ' down' : ''}${cursor === null ? '' : ' deep'}`;
          yield [
            words,
            { about: 'decisions', query: { ...ANY_DECISION, ...FIRST, ...filter, sort, descending, cursor } },
          ];
        }
      }
    }
  }
}

const DEEP_CASE: Readonly<Record<CaseSort, number>> = {
  priority: 90,
  openedAt: BEGIN_MS + DAY_MS / 2,
  lastAlertAt: BEGIN_MS + DAY_MS / 2,
  amount: 500,
  score: 80,
};

/** The other lists. */
function* otherLists(): Generator<readonly [string, ConsoleQuestion]> {
  const range = { fromMs: null, toMs: null, limit: 50, cursor: null };
  for (const sort of ['occurredAt', 'score'] as const) {
    const query = { ...ANY_ALERT, ...FIRST, sort };
    yield [`alerts by ${sort}`, { about: 'alerts', query }];
    yield [`alerts searched by ${sort}`, { about: 'alerts', query: { ...query, search: 'rule_1 card-1' } }];
    yield [`declined alerts by ${sort}`, { about: 'alerts', query: { ...query, outcomes: ['decline'], scoreMin: 90 } }];
    const ofCard = { ...query, entityKind: 'merchant', entityId: 'merchant-0' } as const;
    yield [`alerts of a merchant by ${sort}`, { about: 'alerts', query: ofCard }];
  }
  for (const [kind, id] of [
    ['card', 'card-77'],
    ['merchant', 'merchant-0'],
    ['ip', '10.0.0.77'],
  ] as const) {
    yield [`timeline of a ${kind}`, { about: 'timeline', query: { ...range, kind, id, types: [] } }];
    yield [`links of a ${kind}`, { about: 'links', query: { kind, id, depth: 2, nodesMax: 100 } }];
    yield [`profile of a ${kind}`, { about: 'entity', kind, id }];
  }
  const queue = { ...ANY_OPEN_CASE, ...FIRST, isWaiting: false, nowMs: BEGIN_MS + DAY_MS } as const;
  for (const sort of CASE_SORTS) {
    const deep = JSON.stringify([DEEP_CASE[sort], 9_000, queue.nowMs]);
    yield [`cases by ${sort}`, { about: 'cases', query: { ...queue, sort } }];
    yield [`cases by ${sort}, smallest first`, { about: 'cases', query: { ...queue, sort, descending: false } }];
    yield [`cases by ${sort}, deep`, { about: 'cases', query: { ...queue, sort, cursor: deep } }];
  }
  yield ['cases that wait', { about: 'cases', query: { ...queue, sort: 'priority', isWaiting: true } }];
  yield ['cases searched', { about: 'cases', query: { ...queue, sort: 'priority', search: 'rule_1' } }];
  yield ['traffic by the minute', { about: 'traffic', query: { fromMs: null, toMs: null, interval: '1m' } }];
  yield ['rules', { about: 'rules', rulesetVersion: null }];
  yield ['feed', { about: 'feed', query: { after: 9_000, types: ['decision', 'alert', 'happening'], limit: 200 } }];
}

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
      figure('list_p99_ms', 'the same: every filter, order and kind of list', 'ms', [quantile(times, 0.99)], '100'),
      figure('list_max_ms', 'the slowest of all of them', 'ms', [Math.max(...times)]),
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

/** Times of every list, twice: first as it comes, then with what it reads in memory. */
function askAll(file: string, note: (text: string) => void): number[] {
  const reader = openReadStoreReader(file);
  const times: number[] = [];
  const slowest: [string, number][] = [];
  for (const [name, question] of [...decisionLists(), ...otherLists()]) {
    for (let round = 0; round < ROUNDS; round++) {
      const fromMs = performance.now();
      reader.read((readerOf) => answerTo(question, readerOf));
      times.push(performance.now() - fromMs);
    }
    slowest.push([name, Math.max(...times.slice(-ROUNDS))]);
  }
  reader.close();
  slowest.sort(([, left], [, right]) => right - left);
  for (const [name, timeMs] of slowest.slice(0, 8)) note(`  ${timeMs.toFixed(1)} ms: ${name}`);
  note(`  ${slowest.length} lists, ${times.filter((timeMs) => timeMs >= 100).length} of ${times.length} over 100 ms`);
  return times;
}
