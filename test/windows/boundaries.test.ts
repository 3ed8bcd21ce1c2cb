import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AggregateSpec, WindowSpec } from '../../src/domain/features.ts';
import { compileWindowPlan, featuresAt } from '../../src/windows/mod.ts';
import { event, feature, Player } from './rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 2, 29, 12);

/** One feature for each aggregate over one window. */
function playerOf(window: WindowSpec, ...aggregates: AggregateSpec[]): Player {
  const specs = aggregates.map((aggregate, index) => feature(`f${index}`, aggregate, null, { window }));
  return new Player(compileWindowPlan(specs, { amountScale: 0.01 }));
}

const COUNT = { function: 'count' } as const;
const hourly = { kind: 'tumbling', sizeMs: HOUR } as const;
const everyFive = { kind: 'hopping', sizeMs: HOUR, everyMs: 5 * MINUTE } as const;
const session = { kind: 'session', gapMs: 15 * MINUTE } as const;

describe('an event exactly on an edge', () => {
  test('of a tumbling window begins the next one', () => {
    const player = playerOf(hourly, COUNT);
    player.play(event(NOON));
    assert.deepEqual(player.play(event(NOON + HOUR - 1)), [2]);
    assert.deepEqual(player.play(event(NOON + HOUR)), [1]);
  });

  test('of a hopping window is in the one that begins there, and out of the one that ends there', () => {
    const player = playerOf(everyFive, COUNT);
    player.play(event(NOON));
    assert.deepEqual(player.play(event(NOON + HOUR - 1)), [2]);
    const atEnd = playerOf(everyFive, COUNT);
    atEnd.play(event(NOON));
    assert.deepEqual(atEnd.play(event(NOON + HOUR)), [1]);
  });

  test('of a session, a whole gap after the last, belongs to it; a millisecond more does not', () => {
    const player = playerOf(session, COUNT);
    player.play(event(NOON));
    assert.deepEqual(player.play(event(NOON + 15 * MINUTE)), [2]);
    assert.deepEqual(player.play(event(NOON + 30 * MINUTE + 1)), [1]);
  });

  test('late, a whole gap from two sessions, joins them', () => {
    const player = playerOf(session, COUNT, { function: 'first', field: 'amount' });
    player.play(event(NOON, { amount: 100 }));
    assert.deepEqual(player.play(event(NOON + 30 * MINUTE, { amount: 300 })), [1, 3]);
    assert.deepEqual(player.play(event(NOON + 15 * MINUTE, { amount: 200 })), [3, 1]);
  });
});

describe('a burst across the edge of a window', () => {
  const windows: WindowSpec[] = [
    { kind: 'tumbling', sizeMs: MINUTE },
    { kind: 'hopping', sizeMs: MINUTE, everyMs: 10_000 },
    { kind: 'sliding', sizeMs: MINUTE },
  ];
  for (const [index, expected] of [2, 4, 4].entries()) {
    test(`counts ${expected} of 4 in a ${windows[index]?.kind} window`, () => {
      const player = playerOf(windows[index] ?? hourly, COUNT);
      const counts = [-20_000, -10_000, 5000, 15_000].map((offset) => player.play(event(NOON + offset))[0]);
      assert.equal(counts.at(-1), expected);
    });
  }
});

describe('equal timestamps', () => {
  test('all count, and neither first nor last hangs on the order', () => {
    const values = [
      [500, 100, 300],
      [300, 500, 100],
      [100, 300, 500],
    ].map((amounts) => {
      const player = playerOf(
        hourly,
        COUNT,
        { function: 'first', field: 'amount' },
        { function: 'last', field: 'amount' },
      );
      for (const amount of amounts) player.play(event(NOON, { amount }));
      return player.read();
    });
    for (const value of values) assert.deepEqual(value, [3, 1, 5]);
  });

  test('have no rate of change', () => {
    const player = playerOf(hourly, { function: 'rate_of_change', field: 'amount' });
    player.play(event(NOON, { amount: 100 }));
    assert.deepEqual(player.play(event(NOON, { amount: 900 })), [0]);
    assert.deepEqual(player.play(event(NOON + 2000, { amount: 500 })), [2]);
  });
});

describe('an empty window', () => {
  const all: AggregateSpec[] = [
    COUNT,
    { function: 'sum', field: 'amount' },
    { function: 'min', field: 'amount' },
    { function: 'first', field: 'amount' },
    { function: 'rate', field: null },
    { function: 'variance', field: 'amount' },
    { function: 'quantile', field: 'amount', share: 0.5 },
    { function: 'distinct', field: 'merchantId' },
  ];
  for (const window of [hourly, everyFive, session, { kind: 'sliding', sizeMs: HOUR } as const]) {
    test(`of kind ${window.kind} is 0 in everything, before the first event and after the last`, () => {
      const player = playerOf(window, ...all);
      assert.deepEqual(
        player.read(),
        all.map(() => 0),
      );
      player.play(event(NOON, { amount: 700, values: { merchantId: 3 } }));
      assert.deepEqual(
        [...featuresAt(player.plan, player.state, NOON + 2 * HOUR)],
        all.map(() => 0),
      );
    });
  }
});

describe('a gap of a year', () => {
  test('empties every window but a whole life', () => {
    for (const window of [hourly, everyFive, session] as const) {
      const player = playerOf(window, COUNT);
      for (let index = 0; index < 700; index++) player.play(event(NOON + index));
      assert.deepEqual(player.play(event(NOON + 365 * DAY)), [1]);
    }
    const life = playerOf({ kind: 'unbounded' }, COUNT, { function: 'min', field: 'amount' });
    for (let index = 0; index < 700; index++) life.play(event(NOON + index, { amount: 50 }));
    assert.deepEqual(life.play(event(NOON + 365 * DAY, { amount: 90 })), [701, 0.5]);
  });
});

describe('time is UTC', () => {
  test('so that the day on which clocks change has 24 hours like any other', () => {
    const daily = playerOf({ kind: 'tumbling', sizeMs: DAY }, COUNT);
    const midnight = Date.UTC(2026, 2, 29);
    const counts = Array.from({ length: 25 }, (_, hour) => daily.play(event(midnight + hour * HOUR))[0]);
    assert.deepEqual([counts[23], counts[24]], [24, 1]);
  });

  test('before 1970 too', () => {
    const player = playerOf(hourly, COUNT);
    player.play(event(-HOUR));
    assert.deepEqual(player.play(event(-1)), [2]);
    assert.deepEqual(player.play(event(0)), [1]);
  });
});

describe('the current event against what was usual', () => {
  test('is left out of its own baseline, before and after its outcome is known', () => {
    const player = playerOf({ kind: 'sliding', sizeMs: DAY }, { function: 'zscore', field: 'amount' });
    for (const amount of [900, 1100, 900, 1100]) player.play(event(NOON, { amount, outcome: 'approved' }));
    const spike = event(NOON + 1, { amount: 2000, outcome: 'approved' });
    assert.deepEqual(player.play(spike), [10]);
    assert.deepEqual(player.read(), [10]);
  });

  test('is 1.5 interquartile ranges out where the fences of Tukey are', () => {
    const player = playerOf({ kind: 'unbounded' }, { function: 'iqr_position', field: 'amount' });
    for (const amount of [10, 20, 20, 30]) player.play(event(NOON, { amount }));
    assert.deepEqual(player.play(event(NOON + 1, { amount: 35 })), [1.5]);
  });
});
