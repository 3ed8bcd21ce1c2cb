import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { readDecisions } from '../../projections/decisions/decisions.queries.ts';
import { openReadStoreReader } from '../../src/adapters/sqlite/read-store-reader.ts';
import { openSqliteReadStore } from '../../src/adapters/sqlite/sqlite-read-store.ts';
import { answerTo } from '../../src/cli/console/console-answers.ts';
import type { ConsoleQuestion } from '../../src/cli/console/console-messages.ts';
import { CONSOLE_PROJECTIONS } from '../../src/cli/console/console-projections.ts';
import { encodeFact } from '../../src/codec/mod.ts';
import { OUTCOMES } from '../../src/domain/decision.ts';
import type { ReferenceUpdate } from '../../src/domain/events.ts';
import { readList } from '../../src/domain/list-statement.ts';
import type { Fact, TransactionDecided } from '../../src/domain/records.ts';
import { Conditions } from '../../src/domain/row-selection.ts';
import {
  ANY_DECISION,
  type DecisionQuery,
  type DecisionRow,
  type LinkGraph,
  type Page,
  type RuleReport,
  type TimelineEntry,
  type TrafficSeries,
} from '../../src/ports/console.ts';
import type { StoredRecord } from '../../src/ports/event-log.ts';
import { differencesOf } from '../../src/runtime/projection-difference.ts';
import { ProjectionRunner } from '../../src/runtime/projection-runner.ts';
import { referenceOf } from '../support/event-builders.ts';
import { decidedOf, labelOf, loginOf, publishedRates, supersededOf } from './console-facts.ts';

const folder = mkdtempSync(join(tmpdir(), 'palisade-console-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** The console's projections over facts, taken in by batches of a size. */
async function follow(facts: readonly Fact[], batch: number) {
  const file = join(folder, `${files++}.sqlite`);
  const store = openSqliteReadStore(file);
  const records = facts.map(
    (fact, index): StoredRecord => ({
      position: index + 1,
      recordId: `r-${index}`,
      type: fact.type,
      body: encodeFact(fact),
      streams: [],
    }),
  );
  let failure: Error | null = null;
  const runner = new ProjectionRunner({
    store,
    readAll: async (position, maxCount) => records.slice(position, position + maxCount),
    projectionsOf: () => CONSOLE_PROJECTIONS,
    append: async () => {},
    failed: (error) => {
      failure = error;
    },
  });
  runner.start();
  for (let from = 0; from < records.length; from += batch) await runner.apply(records.slice(from, from + batch));
  await runner.settled();
  assert.equal(failure, null);
  const reader = openReadStoreReader(file);
  const ask = <Answer>(question: ConsoleQuestion): Answer =>
    reader.read((readerOf) => answerTo(question, readerOf)) as Answer;
  const close = (): void => {
    reader.close();
    store.close();
  };
  return { runner, store, reader, ask, close };
}

const ALL: DecisionQuery = { ...ANY_DECISION, sort: 'occurredAt', descending: true, limit: 3, cursor: null };

const decided = fc
  .record({
    card: fc.constantFrom('card-1', 'card-2', 'Card.3'),
    device: fc.option(fc.constantFrom('dev:1', 'dev:2'), { nil: undefined }),
    outcome: fc.constantFrom(...OUTCOMES),
    rule: fc.option(fc.constantFrom('amount-spike', 'impossible-travel'), { nil: undefined }),
    shadowRule: fc.option(fc.constantFrom('amount-spike', 'far'), { nil: undefined }),
    country: fc.option(fc.constantFrom('DE', 'FR'), { nil: undefined }),
    currency: fc.constantFrom('EUR', 'USD', 'JPY'),
    amountMinor: fc.integer({ min: 1, max: 5 }).map((each) => each * 100),
    minute: fc.integer({ min: 0, max: 6 }),
  })
  .map((parts) => parts);

const query = fc.record({
  outcomes: fc.subarray([...OUTCOMES], { maxLength: 2 }),
  cardId: fc.option(fc.constantFrom('card-1', 'Card.3', 'nobody')),
  deviceId: fc.option(fc.constantFrom('dev:1')),
  country: fc.option(fc.constantFrom('DE')),
  rule: fc.option(fc.constantFrom('amount-spike', 'far')),
  amountMin: fc.option(fc.constantFrom(1, 2.5)),
  amountMax: fc.option(fc.constantFrom(2, 4)),
  fromMinute: fc.option(fc.integer({ min: 0, max: 6 })),
  search: fc.constantFrom('', 'CARD-', 'amount', 'decl card', 'dev:2 fr'),
  sort: fc.constantFrom('occurredAt' as const, 'amount' as const, 'score' as const, 'position' as const),
  descending: fc.boolean(),
});
const START_MS = Date.UTC(2026, 0, 5);

/** So low that every way to the rows is taken. */
const bounds = fc.record({
  fewRows: fc.integer({ min: -1, max: 5 }),
  stepsMax: fc.integer({ min: 1, max: 9 }),
  manyRows: fc.integer({ min: 0, max: 9 }),
});

/** One word is broad and another narrow, and a time leads to fewer rows than either: each row is tested for both. */
const OF_CARD = {
  card: 'card-1',
  device: undefined,
  rule: undefined,
  shadowRule: undefined,
  country: undefined,
  currency: 'EUR',
  amountMinor: 100,
} as const;
const TWO_DECLINED_ONE_APPROVED = [
  { ...OF_CARD, outcome: 'decline', minute: 0 } as const,
  { ...OF_CARD, outcome: 'decline', minute: 0 } as const,
  { ...OF_CARD, outcome: 'approve', minute: 1 } as const,
];
const DECLINED_LATER = {
  outcomes: [],
  cardId: null,
  deviceId: null,
  country: null,
  rule: null,
  amountMin: null,
  amountMax: null,
  fromMinute: 1,
  search: 'decl card' as const,
  sort: 'score' as const,
  descending: false,
};

/** What a list has to hold, worked out row by row. */
function expected(rows: readonly DecisionRow[], asked: DecisionQuery): readonly number[] {
  const words = (row: DecisionRow): string[] =>
    [row.transactionId, row.outcome, row.cardId, row.deviceId, row.country, row.currency, row.channel]
      .concat(row.reasons, row.rules, row.shadowRules, [row.accountId, row.mode])
      .map((word) => (word ?? '').toLowerCase());
  const placeOf = (row: DecisionRow): number | null => {
    if (asked.sort === 'occurredAt') return Date.parse(row.occurredAt);
    return asked.sort === 'position' ? row.position : row[asked.sort];
  };
  const sign = asked.descending ? -1 : 1;
  return rows
    .filter((row) => asked.outcomes.length === 0 || asked.outcomes.includes(row.outcome))
    .filter((row) => asked.cardId === null || row.cardId === asked.cardId)
    .filter((row) => asked.deviceId === null || row.deviceId === asked.deviceId)
    .filter((row) => asked.country === null || row.country === asked.country)
    .filter((row) => asked.rule === null || [...row.rules, ...row.shadowRules].includes(asked.rule))
    .filter((row) => asked.amountMin === null || (row.amount !== null && row.amount >= asked.amountMin))
    .filter((row) => asked.amountMax === null || (row.amount !== null && row.amount <= asked.amountMax))
    .filter((row) => asked.fromMs === null || Date.parse(row.occurredAt) >= asked.fromMs)
    .filter((row) =>
      asked.search
        .toLowerCase()
        .split(' ')
        .every((word) => word === '' || words(row).some((each) => each.startsWith(word))),
    )
    .filter((row) => placeOf(row) !== null)
    .sort((left, right) => sign * (Number(placeOf(left)) - Number(placeOf(right)) || left.position - right.position))
    .map(({ position }) => position);
}

describe('the lists of decisions', () => {
  test('hold what a search row by row finds, on every page, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(decided, { maxLength: 25 }),
        query,
        fc.integer({ min: 1, max: 9 }),
        bounds,
        async (all, asked, batch, limits) => {
          const facts = [publishedRates({ USD: 0.5 }), ...all.map((each, index) => decidedOf(`t-${index}`, each))];
          const { ask, reader, close } = await follow(facts, batch);
          const { fromMinute, ...rest } = asked;
          const wanted: DecisionQuery = {
            ...ALL,
            ...rest,
            fromMs: fromMinute === null ? null : START_MS + fromMinute * 60_000,
          };
          const rows = ask<Page<DecisionRow>>({ about: 'decisions', query: { ...ALL, limit: 500 } }).items;
          assert.equal(rows.length, all.length);
          const found: number[] = [];
          for (let cursor: string | null = null; ; ) {
            const page: Page<DecisionRow> = reader.read((readerOf) =>
              readDecisions(readerOf('console.decisions'), { ...wanted, cursor }, limits),
            );
            assert.equal(page.position, facts.length);
            found.push(...page.items.map(({ position }) => position));
            cursor = page.nextCursor;
            if (cursor === null) break;
            assert.equal(page.items.length, wanted.limit);
          }
          close();
          assert.deepEqual(found, expected(rows, wanted));
        },
      ),
      {
        numRuns: 60,
        examples: [[TWO_DECLINED_ONE_APPROVED, DECLINED_LATER, 1, { fewRows: 0, stepsMax: 1, manyRows: 2 }]],
      },
    );
  });

  test('are sorted where few rows are left, walked through where many are, with the same answer', () => {
    const page = (conditions: Conditions, rows: number, having = 1): string[] => {
      const seen: string[] = [];
      readList({
        table: 't',
        words: 'w',
        vocabulary: 'v',
        orders: 'o',
        wordColumns: ['x'],
        conditions,
        ranges: [],
        sort: 'position',
        descending: true,
        after: null,
        limit: 1,
        all: (sql, values) => {
          if (sql.includes('FROM v')) return [{ n: 2, rows: having }];
          if (sql.startsWith('WITH found')) return [{ n: rows, positions: '[7]' }];
          seen.push(`${sql} ${values.join()}`);
          return [];
        },
      });
      return seen;
    };
    const ofCard = new Conditions().equal('card_id', 'a');
    const [few = '', ...none] = page(ofCard, 1);
    assert.deepEqual([/json_each.* \[7\]/s.test(few), none], [true, []]);
    const steps = /LIMIT 3000\)/;
    for (const conditions of [ofCard, new Conditions().search('a_b')]) {
      const [walked = '', sorted = ''] = page(conditions, 50_000);
      assert.match(walked, steps);
      assert.match(sorted, /MATCH/);
      const [first = '', all = ''] = page(conditions, 1e6);
      assert.match(first, steps);
      assert.doesNotMatch(all, /MATCH|LIMIT 3000/);
    }
    const tested = /LIKE \? ESCAPE .* % a\\_b%/s;
    for (const walked of page(new Conditions().search('a_b'), 1, 1e6)) {
      assert.doesNotMatch(walked, /MATCH/);
      assert.match(walked, tested);
    }
  });
});

const SOME: readonly Fact[] = [
  publishedRates({ USD: 0.5 }),
  decidedOf('a', { card: 'c1', device: 'd1', outcome: 'decline', rule: 'spike', minute: 0, amountMinor: 1000 }),
  decidedOf('b', { card: 'c2', device: 'd1', outcome: 'approve', shadowRule: 'far', minute: 1, amountMinor: 500 }),
  loginOf('l', 'acc-c1', 'd1', 2),
  decidedOf('c', { card: 'c1', outcome: 'decline', rule: 'spike', shadowRule: 'far', minute: 3, currency: 'USD' }),
  labelOf('x', 'a', 'legitimate', 'c1'),
  labelOf('y', 'a', 'fraud', 'c1'),
  labelOf('z', 'c', 'legitimate', 'c1'),
  supersededOf('c', { card: 'c1', outcome: 'approve', minute: 3, currency: 'USD' }, 'decline', 'spike'),
];

describe('the other answers', () => {
  test('rules have hits, precision by the newest label, amounts, overlap and disagreement', async () => {
    const { ask, close } = await follow(SOME.slice(0, 8), 2);
    const { rules, overlaps } = ask<RuleReport>({ about: 'rules', rulesetVersion: null });
    const spike = rules.find(({ ruleId }) => ruleId === 'spike');
    const far = rules.find(({ ruleId }) => ruleId === 'far');
    close();
    assert.deepEqual([spike?.hits, spike?.amountStopped, spike?.precision, spike?.soleHits], [2, 10.5, 0.5, 2]);
    assert.deepEqual([far?.shadowHits, far?.shadowDisagreements], [2, 1]);
    assert.deepEqual(
      overlaps.map(({ leftRule, rightRule, both }) => [leftRule, rightRule, both]),
      [['far', 'spike', 1]],
    );
  });

  test('a decision that the fallback policy replaced is counted once, as it was answered', async () => {
    const { ask, close } = await follow(SOME, 100);
    const { row } = ask<{ row: DecisionRow }>({ about: 'decision', transactionId: 'c' });
    const { points } = ask<TrafficSeries>({ about: 'traffic', query: { interval: '1h', fromMs: null, toMs: null } });
    close();
    assert.deepEqual([row.outcome, row.superseded, row.position], ['approve', true, 5]);
    assert.deepEqual([points[0]?.decisions, points[0]?.declined, points[0]?.amountDeclined], [3, 1, 10]);
  });

  test('sums of amounts are told to the thousandth', async () => {
    const cents = [10, 20].map((amountMinor, minute) =>
      decidedOf(`s-${minute}`, { card: 'c1', outcome: 'decline', rule: 'spike', minute, amountMinor }),
    );
    const { ask, close } = await follow([publishedRates({}), ...cents], 2);
    const { points } = ask<TrafficSeries>({ about: 'traffic', query: { interval: '1h', fromMs: null, toMs: null } });
    const { rules } = ask<RuleReport>({ about: 'rules', rulesetVersion: null });
    close();
    assert.notEqual(0.1 + 0.2, 0.3, 'the sum that is stored has digits of no meaning');
    assert.deepEqual([points[0]?.amount, points[0]?.amountDeclined, rules[0]?.amountStopped], [0.3, 0.3, 0.3]);
  });

  test('links go over what two entities share, and say since when', async () => {
    const { ask, close } = await follow(SOME, 3);
    const graph = ask<LinkGraph>({ about: 'links', query: { kind: 'card', id: 'c1', depth: 2, nodesMax: 10 } });
    close();
    const other = graph.nodes.find(({ id }) => id === 'c2');
    assert.deepEqual([other?.depth, other?.decisions], [2, 1]);
    const shared = graph.links.find(({ left, right }) => left.id === 'c2' && right.id === 'd1');
    assert.equal(shared?.since, new Date(START_MS + 60_000).toISOString());
  });

  test('a timeline has decisions and all else, newest record first, over pages', async () => {
    const { ask, close } = await follow(SOME, 3);
    const types: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const page: Page<TimelineEntry> = ask({
        about: 'timeline',
        query: { kind: 'card', id: 'c1', types: [], fromMs: null, toMs: null, limit: 2, cursor },
      });
      types.push(...page.items.map(({ type, position }) => `${position} ${type}`));
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    close();
    assert.deepEqual(types, ['8 label', '7 label', '6 label', '5 decision', '2 decision']);
  });

  test('a timeline has the profile as it was stated, time by time', async () => {
    const statedOf = (eventId: string, stated: Partial<ReferenceUpdate>): Fact => {
      const event = referenceOf(eventId, { entityId: 'c1', ...stated });
      return { type: 'SideEventRecorded', event, assessment: null, rulesetVersion: 'v1', recordedAt: event.occurredAt };
    };
    const home = { latitude: 52.5, longitude: 13.4 };
    const stated = [
      statedOf('r1', { attributes: { tier: 'gold', vip: true } }),
      statedOf('r2', { homeCountry: 'DE', home }),
    ];
    const { ask, close } = await follow(stated, 3);
    const query = { kind: 'card' as const, id: 'c1', types: [], fromMs: null, toMs: null, limit: 9, cursor: null };
    const page: Page<TimelineEntry> = ask({ about: 'timeline', query });
    close();
    const about = { entity: 'card', entityId: 'c1' };
    assert.deepEqual(
      page.items.map(({ values }) => values),
      [
        { ...about, homeCountry: 'DE', home: '52.5, 13.4' },
        { ...about, 'attributes.tier': 'gold', 'attributes.vip': true },
      ],
    );
  });

  test('the feed gives every row once, in the order of the log, whatever the pages', async () => {
    const { ask, close } = await follow(SOME, 4);
    const told: string[] = [];
    let after = 0;
    for (;;) {
      const page = ask<{ position: number; items: { position: number; type: string }[] }>({
        about: 'feed',
        query: { after, types: ['decision', 'alert', 'happening'], limit: 2 },
      });
      told.push(...page.items.map(({ position, type }) => `${position} ${type}`));
      if (page.position <= after) break;
      after = page.position;
    }
    close();
    const wanted = ['2 alert', '2 decision', '3 decision', '4 happening', '5 decision', '6 happening', '7 happening'];
    assert.deepEqual(told, [...wanted, '8 happening']);
  });
});

test('what is built anew, in other batches, is row for row what was followed', async () => {
  const facts = (all: readonly TransactionDecided[]): Fact[] => [
    publishedRates({ USD: 0.5 }),
    ...all,
    ...SOME.slice(1),
  ];
  const one = fc.array(decided, { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(one, fc.integer({ min: 1, max: 9 }), async (all, batch) => {
      const log = facts(all.map((each, index) => decidedOf(`t-${index}`, each)));
      const [left, right] = [await follow(log, batch), await follow(log, 1000)];
      const others = new Map(right.runner.readable().map((each) => [each.projection.name, each.tables]));
      for (const { projection, tables } of left.runner.readable()) {
        const other = others.get(projection.name);
        assert.ok(other);
        assert.deepEqual(differencesOf(projection.tables, tables, other), []);
      }
      left.close();
      right.close();
    }),
    { numRuns: 15 },
  );
});
