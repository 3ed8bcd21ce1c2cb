import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ADMITTED_EXPIRED, ADMITTED_LATE, compileWindowPlan, reclassify } from '../../src/windows/mod.ts';
import type { OracleEvent } from './oracle.ts';
import { windowValue } from './oracle.ts';
import { agrees, event, feature, Player } from './rig.ts';

const HOUR = 3_600_000;

describe('amounts', () => {
  const specs = [
    feature('stddev', { function: 'stddev', field: 'amount' }, 1000),
    feature('sum', { function: 'sum', field: 'amount' }, 1000),
    feature('max', { function: 'max', field: 'amount' }, 1000),
  ];
  const plan = compileWindowPlan(specs, { amountScale: 0.01 });

  test('a huge amount does not poison the standard deviation after it has left', () => {
    const player = new Player(plan);
    player.play(event(0, { amount: 1e12 }));
    player.play(event(1, { amount: 1e13 }));
    for (let index = 0; index < 40; index++) player.play(event(500 + index, { amount: 1000 + (index % 2) }));
    const [stddev, sum, max] = player.play(event(1001, { amount: 1000 }));
    const amounts = [...Array.from({ length: 40 }, (_, index) => 1000 + (index % 2)), 1000];
    const mean = amounts.reduce((total, amount) => total + amount, 0) / 41;
    const variance = amounts.reduce((total, amount) => total + (amount - mean) ** 2, 0) / 41;
    assert.ok(agrees(stddev ?? 0, Math.sqrt(variance) / 100, 1e-12), `${stddev}`);
    assert.equal(sum, 410.2);
    assert.equal(max, 10.01);
  });

  test('small differences between huge amounts are not lost', () => {
    const player = new Player(plan);
    for (let index = 0; index < 511; index++) player.play(event(index, { amount: 1e13 - (index % 2) }));
    const [stddev] = player.play(event(511, { amount: 1e13 - 1 }));
    assert.ok(agrees(stddev ?? 0, 0.005, 1e-9), `${stddev}`);
  });

  test('sums and deviations of any amounts are exact', () => {
    const amount = fc.oneof(
      fc.integer({ min: -1e13, max: 1e13 }),
      fc.integer({ min: 4_194_300, max: 4_194_310 }),
      fc.integer({ min: 0, max: 1000 }),
    );
    const check = fc.property(fc.array(fc.tuple(fc.nat({ max: 100 }), amount), { maxLength: 60 }), (steps) => {
      const player = new Player(plan);
      const seen: OracleEvent[] = [];
      let atMs = 0;
      for (const [step, minor] of steps) {
        atMs += step;
        seen.push(event(atMs, { amount: minor }));
        const actual = player.play(event(atMs, { amount: minor }));
        specs.forEach((spec, index) => {
          assert.ok(agrees(actual[index] ?? Number.NaN, windowValue(spec, seen, atMs), 1e-14), spec.name);
        });
      }
    });
    fc.assert(check, { numRuns: 200 });
  });

  test('the largest amount of the window equals the amount of the event to the last digit', () => {
    const player = new Player(plan);
    for (let minor = 1; minor < 2000; minor++) {
      const actual = player.play(event(minor * 2000, { amount: minor }));
      assert.equal(actual[2], minor / 100);
      assert.equal(actual[1], minor / 100);
    }
  });

  test('an absent amount counts as nothing', () => {
    const player = new Player(plan);
    player.play(event(0, { amount: Number.NaN }));
    assert.deepEqual(player.play(event(1, { amount: 300 })), [1.5, 3, 3]);
  });

  test('falling and constant amounts keep the right maximum', () => {
    const player = new Player(plan);
    for (let index = 0; index < 300; index++) {
      const [, , max] = player.play(event(index * 10, { amount: 100_000 - index }));
      assert.equal(max, (100_000 - Math.max(0, index - 99)) / 100);
    }
    for (let index = 0; index < 300; index++) player.play(event(5000 + index * 10, { amount: 999 }));
    assert.equal(player.read()[2], 9.99);
  });
});

describe('time', () => {
  const count = feature('count', { function: 'count' }, 1000);
  const plan = compileWindowPlan([count], { amountScale: 0.01 });

  test('a window leaves its start out and takes its end in', () => {
    const player = new Player(plan);
    player.play(event(5000));
    assert.deepEqual(player.play(event(5999)), [2]);
    assert.deepEqual(player.play(event(6000)), [2]);
  });

  test('admit tells a late event, and one that no window holds any more', () => {
    const player = new Player(plan);
    assert.equal(player.admit(event(5000)), 0);
    assert.equal(player.admit(event(5000)), 0);
    assert.equal(player.admit(event(4001)), ADMITTED_LATE);
    assert.equal(player.admit(event(4000)), ADMITTED_LATE | ADMITTED_EXPIRED);
    assert.deepEqual(player.read(), [3]);
  });

  test('times before 1970 are times like others', () => {
    const player = new Player(plan);
    player.play(event(-9500));
    assert.deepEqual(player.play(event(-9000)), [2]);
    assert.deepEqual(player.play(event(-8400)), [2]);
  });

  test('settling twice, or before any event, changes nothing', () => {
    const approved = feature('approved', { function: 'count' }, 1000, { outcome: 'approved' });
    const player = new Player(compileWindowPlan([approved], { amountScale: 0.01 }));
    player.settle(event(0, { outcome: 'approved' }));
    assert.deepEqual(player.read(), [0]);
    player.play(event(1, { outcome: 'approved' }));
    player.settle(event(1, { outcome: 'approved' }));
    assert.deepEqual(player.read(), [1]);
  });
});

describe('a corrected outcome', () => {
  const outcomes = (['approved', 'declined'] as const).flatMap((outcome) =>
    [60_000, HOUR].flatMap((sizeMs) => [
      feature(`${outcome}_count_${sizeMs}`, { function: 'count' }, sizeMs, { outcome }),
      feature(`${outcome}_stddev_${sizeMs}`, { function: 'stddev', field: 'amount' }, sizeMs, { outcome }),
      feature(`${outcome}_max_${sizeMs}`, { function: 'max', field: 'amount' }, sizeMs, { outcome }),
    ]),
  );
  const plan = compileWindowPlan(outcomes, { amountScale: 0.01 });

  function correct(player: Player, one: OracleEvent): boolean {
    const flipped: OracleEvent = { ...one, outcome: one.outcome === 'approved' ? 'declined' : 'approved' };
    const [clear, set] = [player.bitsOf(one, true), player.bitsOf(flipped, true)];
    return reclassify(player.plan, player.state, one.atMs, one.amount, clear, set);
  }

  test('gives what the windows would hold had it been known at once, then and later', () => {
    const one = fc.record({
      atMs: fc.integer({ min: 0, max: 2 * HOUR }),
      amount: fc.integer({ min: 0, max: 5000 }),
      outcome: fc.constantFrom<OracleEvent['outcome']>('approved', 'declined'),
    });
    const check = fc.property(fc.array(one, { minLength: 1, maxLength: 80 }), fc.nat(), (list, pick) => {
      const stream = list.map(({ atMs, ...rest }) => event(atMs, rest));
      const index = pick % stream.length;
      const [corrected, known] = [new Player(plan), new Player(plan)];
      stream.forEach((entry, place) => {
        corrected.play(entry);
        const flipped = entry.outcome === 'approved' ? 'declined' : 'approved';
        known.play(place === index ? { ...entry, outcome: flipped } : entry);
      });
      const target = stream[index] ?? event(0);
      const now = Math.max(...stream.map((entry) => entry.atMs));
      assert.equal(correct(corrected, target), target.atMs > now - HOUR);
      assert.deepEqual(corrected.read(), known.read());
      for (const atMs of [now + 30_000, now + HOUR / 2, now + HOUR - 1, now + HOUR + 1]) {
        assert.deepEqual(corrected.play(event(atMs)), known.play(event(atMs)));
      }
    });
    fc.assert(check, { numRuns: 150 });
  });

  test('is refused for an event that is not there, and the second time', () => {
    const player = new Player(plan);
    const one = event(1000, { amount: 5, outcome: 'approved' });
    player.play(one);
    const before = player.state.slab.slice();
    assert.equal(correct(player, { ...one, atMs: 999 }), false);
    assert.equal(correct(player, { ...one, atMs: 1001 }), false);
    assert.equal(correct(player, { ...one, amount: 6 }), false);
    assert.deepEqual(player.state.slab, before);
    assert.equal(correct(player, one), true);
    const corrected = player.state.slab.slice();
    player.settle({ ...one, outcome: 'declined' });
    assert.deepEqual(player.state.slab, corrected);
    assert.equal(correct(player, one), false);
  });
});
