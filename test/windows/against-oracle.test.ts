import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { FeatureSpec } from '../../src/domain/features.ts';
import {
  compileWindowPlan,
  decodeWindowState,
  encodeWindowState,
  featuresAt,
  hashWindowState,
} from '../../src/windows/mod.ts';
import type { OracleEvent } from './oracle.ts';
import { currentValue, FLAG, windowValue } from './oracle.ts';
import { agrees, feature, Player } from './rig.ts';
import { streamsOf } from './streams.ts';

const SIZES = [1, 50, 400, 3000];
const KINDS: Pick<FeatureSpec, 'on' | 'outcome' | 'where'>[] = [
  { on: 'transaction', outcome: 'all', where: null },
  { on: 'transaction', outcome: 'all', where: FLAG },
  { on: 'transaction', outcome: 'approved', where: null },
  { on: 'transaction', outcome: 'declined', where: FLAG },
  { on: 'login', outcome: 'all', where: null },
];

const windowed = SIZES.flatMap((sizeMs) =>
  KINDS.flatMap((kind, index) => {
    const name = `${index}_${sizeMs}`;
    return [
      feature(`count_${name}`, { function: 'count' }, sizeMs, kind),
      feature(`sum_${name}`, { function: 'sum', field: 'amount' }, sizeMs, kind),
      feature(`mean_${name}`, { function: 'mean', field: 'amount' }, sizeMs, kind),
      feature(`max_${name}`, { function: 'max', field: 'amount' }, sizeMs, kind),
      feature(`stddev_${name}`, { function: 'stddev', field: 'amount' }, sizeMs, kind),
      feature(`merchants_${name}`, { function: 'distinct', field: 'merchantId' }, sizeMs, kind),
      feature(`countries_${name}`, { function: 'distinct', field: 'country' }, sizeMs, kind),
    ];
  }),
);
const current = KINDS.flatMap((kind, index) => [
  feature(`distance_${index}`, { function: 'distance_km' }, null, kind),
  feature(`speed_${index}`, { function: 'speed_kmh' }, null, kind),
  feature(`new_country_${index}`, { function: 'first_time', field: 'country' }, null, kind),
  feature(`new_device_${index}`, { function: 'first_time', field: 'deviceId' }, null, kind),
  feature(`age_${index}`, { function: 'age_s' }, null, kind),
  feature(`idle_${index}`, { function: 'idle_s' }, null, kind),
]);
const specs = [...windowed, ...current];
const plan = compileWindowPlan(specs, { amountScale: 0.01 });

const streams = streamsOf();

function expectSame(actual: readonly number[], expected: readonly number[], when: string): void {
  specs.forEach((spec, index) => {
    const value = actual[index] ?? Number.NaN;
    const want = expected[index] ?? Number.NaN;
    const tolerance = spec.window === null ? 1e-6 : 1e-12;
    assert.ok(agrees(value, want, tolerance), `${spec.name} ${when}: ${value}, expected ${want}`);
  });
}

describe('windows against a list of all events', () => {
  test('every feature agrees at every event, in any order, with repeats', () => {
    const check = fc.property(streams, (stream) => {
      const player = new Player(plan);
      let now = Number.NEGATIVE_INFINITY;
      stream.forEach((one, index) => {
        now = Math.max(now, one.atMs);
        const earlier = stream.slice(0, index);
        const undecided = { ...one, outcome: null };
        const seen = [...earlier, undecided];
        const expected = specs.map((spec) =>
          spec.window === null ? currentValue(spec, earlier, undecided) : windowValue(spec, seen, now),
        );
        expectSame(player.play({ ...one }), expected, `at event ${index}`);
      });
    });
    fc.assert(check, { numRuns: 150 });
  });

  test('a query at a later time agrees, and changes nothing', () => {
    const check = fc.property(streams, fc.nat({ max: 4000 }), (stream, ahead) => {
      fc.pre(stream.length > 0);
      const player = new Player(plan);
      for (const one of stream) player.play(one);
      const before = hashWindowState(player.state);
      const atMs = Math.max(...stream.map((one) => one.atMs)) + ahead;
      const actual = featuresAt(plan, player.state, atMs);
      for (const [index, spec] of windowed.entries()) {
        assert.ok(agrees(actual[index] ?? Number.NaN, windowValue(spec, stream, atMs), 1e-12), spec.name);
      }
      for (const [index, spec] of specs.entries()) {
        if (spec.aggregate.function !== 'age_s' && spec.aggregate.function !== 'idle_s') continue;
        const probe = { ...(stream[0] as OracleEvent), atMs, on: 'signal' as const };
        assert.ok(agrees(actual[index] ?? Number.NaN, currentValue(spec, stream, probe)), spec.name);
      }
      assert.equal(hashWindowState(player.state), before);
    });
    fc.assert(check, { numRuns: 150 });
  });

  test('the order of arrival does not matter for what the features are afterwards', () => {
    const check = fc.property(
      streams.chain((stream) =>
        fc.tuple(fc.constant(stream), fc.shuffledSubarray(stream, { minLength: stream.length })),
      ),
      fc.boolean(),
      ([stream, shuffled], flag) => {
        fc.pre(stream.length > 0);
        const atMs = Math.max(...stream.map((one) => one.atMs)) + 10;
        const values = { merchantId: 3, country: 9, deviceId: 2 };
        const probe: OracleEvent = {
          ...{ atMs, on: 'transaction', flag, outcome: null, amount: 12, values },
          ...{ latitude: 10, longitude: 20 },
        };
        const [left, right] = [stream, shuffled].map((list) => {
          const player = new Player(plan);
          for (const one of list) player.play(one);
          return player.play(probe);
        });
        assert.deepEqual(left, right);
      },
    );
    fc.assert(check, { numRuns: 150 });
  });

  test('going on from a snapshot is the same, byte for byte, as never having stopped', () => {
    const check = fc.property(streams, fc.nat(), (stream, cut) => {
      const player = new Player(plan);
      const resumed = new Player(plan);
      stream.forEach((one, index) => {
        if (index === cut % (stream.length + 1)) {
          const bytes = encodeWindowState(plan, resumed.state);
          resumed.state = decodeWindowState(plan, bytes);
          assert.deepEqual(encodeWindowState(plan, resumed.state), bytes);
        }
        assert.deepEqual(resumed.play(one), player.play(one));
      });
      assert.deepEqual(encodeWindowState(plan, resumed.state), encodeWindowState(plan, player.state));
      assert.equal(hashWindowState(resumed.state), hashWindowState(player.state));
    });
    fc.assert(check, { numRuns: 150 });
  });

  test('replaying without reading gives the same bytes as deciding live', () => {
    const check = fc.property(streams, (stream) => {
      const live = new Player(plan);
      const folded = new Player(plan);
      for (const one of stream) {
        live.play(one);
        folded.admit(one);
        folded.settle(one);
      }
      assert.deepEqual(folded.state.slab, live.state.slab);
    });
    fc.assert(check, { numRuns: 30 });
  });
});
