import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { AggregateSpec, FeatureSpec, WindowSpec } from '../../src/domain/features.ts';
import {
  compileWindowPlan,
  decodeWindowState,
  encodeWindowState,
  featuresAt,
  hashWindowContent,
} from '../../src/windows/mod.ts';
import { FLAG, type OracleEvent, windowValue } from './oracle.ts';
import { agrees, event, feature, Player } from './rig.ts';
import { shuffledWithin, streamsOf } from './streams.ts';

const GAP_MS = 120;

const WINDOWS: Readonly<Record<string, WindowSpec>> = {
  sliding: { kind: 'sliding', sizeMs: 400 },
  tumbling: { kind: 'tumbling', sizeMs: 400 },
  tumbling_long: { kind: 'tumbling', sizeMs: 3000 },
  hopping: { kind: 'hopping', sizeMs: 1000, everyMs: 50 },
  hopping_uneven: { kind: 'hopping', sizeMs: 700, everyMs: 300 },
  session: { kind: 'session', gapMs: GAP_MS },
  unbounded: { kind: 'unbounded' },
};

const KINDS: Pick<FeatureSpec, 'on' | 'outcome' | 'where'>[] = [
  { on: 'transaction', outcome: 'all', where: null },
  { on: 'transaction', outcome: 'approved', where: null },
  { on: 'login', outcome: 'all', where: FLAG },
];

const AGGREGATES: Readonly<Record<string, AggregateSpec>> = {
  count: { function: 'count' },
  sum: { function: 'sum', field: 'amount' },
  mean: { function: 'mean', field: 'amount' },
  min: { function: 'min', field: 'amount' },
  max: { function: 'max', field: 'amount' },
  stddev: { function: 'stddev', field: 'amount' },
  variance: { function: 'variance', field: 'amount' },
  first: { function: 'first', field: 'amount' },
  last: { function: 'last', field: 'amount' },
  rate: { function: 'rate', field: null },
  sum_rate: { function: 'rate', field: 'amount' },
  rate_of_change: { function: 'rate_of_change', field: 'amount' },
  median: { function: 'quantile', field: 'amount', share: 0.5 },
  p95: { function: 'quantile', field: 'amount', share: 0.95 },
  zscore: { function: 'zscore', field: 'amount' },
  iqr: { function: 'iqr_position', field: 'amount' },
  merchants: { function: 'distinct', field: 'merchantId' },
};

const specs = Object.entries(WINDOWS).flatMap(([kind, window]) =>
  KINDS.flatMap((selection, index) =>
    Object.entries(AGGREGATES).map(([name, aggregate]) =>
      feature(`${name}_${kind}_${index}`, aggregate, null, { ...selection, window }),
    ),
  ),
);
const plan = compileWindowPlan(specs, { amountScale: 0.01 });

/** Below 50 minor units every amount is a bucket of its own, so that quantiles and quartiles are exact too. */
const EXACT_AMOUNTS = fc.integer({ min: 0, max: 49 });
const exactStreams = streamsOf(EXACT_AMOUNTS);

function expectAll(actual: readonly number[], seen: readonly OracleEvent[], nowMs: number, when: string): void {
  specs.forEach((spec, index) => {
    const value = actual[index] ?? Number.NaN;
    const want = windowValue(spec, seen, nowMs);
    assert.ok(agrees(value, want), `${spec.name} ${when}: ${value}, expected ${want}`);
  });
}

/** Whether no event comes so late that a session may have been given up that it would have joined. */
function isWithinLateness(stream: readonly OracleEvent[]): boolean {
  let now = Number.NEGATIVE_INFINITY;
  return stream.every((one) => {
    now = Math.max(now, one.atMs);
    return now - one.atMs <= 3 * GAP_MS;
  });
}

describe('windows of every kind against a list of all events', () => {
  test('every aggregate agrees at every event, in order or up to three gaps late', () => {
    const check = fc.property(exactStreams, fc.boolean(), (stream, sorted) => {
      const played = sorted ? [...stream].sort((left, right) => left.atMs - right.atMs) : stream;
      fc.pre(isWithinLateness(played));
      const player = new Player(plan);
      let now = Number.NEGATIVE_INFINITY;
      played.forEach((one, index) => {
        now = Math.max(now, one.atMs);
        const seen = [...played.slice(0, index), { ...one, outcome: null }];
        const actual = player.play({ ...one });
        if (index % 3 === 0 || index === played.length - 1) expectAll(actual, seen, now, `at event ${index}`);
      });
    });
    fc.assert(check, { numRuns: 60 });
  });

  test('any order of arrival within the lateness leaves the same state hash and features as the order of time', () => {
    const check = fc.property(
      shuffledWithin(3 * GAP_MS, exactStreams),
      fc.nat({ max: 200 }),
      ([sorted, shuffled], ahead) => {
        fc.pre(sorted.length > 0);
        const probe = event(Math.max(...sorted.map((one) => one.atMs)) + ahead, {
          amount: 33,
          values: { merchantId: 99 },
        });
        const hashes: string[] = [];
        const [inOrder, outOfOrder] = [sorted, shuffled].map((list) => {
          const player = new Player(plan);
          for (const one of list) player.play(one);
          hashes.push(hashWindowContent(plan, player.state));
          return player.play(probe);
        });
        assert.deepEqual(outOfOrder, inOrder);
        assert.equal(hashes[1], hashes[0]);
        expectAll(inOrder ?? [], [...sorted, probe], probe.atMs, 'afterwards');
      },
    );
    fc.assert(check, { numRuns: 60 });
  });

  test('a query at a later time agrees: windows end, sessions close', () => {
    const check = fc.property(exactStreams, fc.nat({ max: 4000 }), (stream, ahead) => {
      const sorted = [...stream].sort((left, right) => left.atMs - right.atMs);
      fc.pre(sorted.length > 0);
      const player = new Player(plan);
      for (const one of sorted) player.play(one);
      const atMs = (sorted.at(-1)?.atMs ?? 0) + ahead;
      expectAll([...featuresAt(plan, player.state, atMs)], sorted, atMs, `${ahead} ms later`);
    });
    fc.assert(check, { numRuns: 40 });
  });

  test('going on from a snapshot is the same, byte for byte', () => {
    const check = fc.property(streamsOf(), fc.nat(), (stream, cut) => {
      const player = new Player(plan);
      const resumed = new Player(plan);
      stream.forEach((one, index) => {
        if (index === cut % stream.length) {
          resumed.state = decodeWindowState(plan, encodeWindowState(plan, resumed.state));
        }
        assert.deepEqual(resumed.play(one), player.play(one));
      });
      assert.deepEqual(resumed.state.slab, player.state.slab);
    });
    fc.assert(check, { numRuns: 40 });
  });
});
