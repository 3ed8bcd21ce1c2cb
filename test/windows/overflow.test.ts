import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { hash53 } from '../../src/domain/hash.ts';
import { compileWindowPlan, decodeWindowState, encodeWindowState, hashWindowContent } from '../../src/windows/mod.ts';
import type { OracleEvent } from './oracle.ts';
import { FLAG, sizeOf, windowValue } from './oracle.ts';
import { agrees, event, feature, Player } from './rig.ts';

/** Windows of 64 panes each: 10 ms, 100 ms and 1 s wide; one size is no multiple of 64. */
const SIZES = [640, 6400, 63_950];
const specs = SIZES.flatMap((sizeMs) => [
  feature(`count_${sizeMs}`, { function: 'count' }, sizeMs),
  feature(`approved_${sizeMs}`, { function: 'count' }, sizeMs, { outcome: 'approved' }),
  feature(`flagged_sum_${sizeMs}`, { function: 'sum', field: 'amount' }, sizeMs, { where: FLAG }),
  feature(`max_${sizeMs}`, { function: 'max', field: 'amount' }, sizeMs),
  feature(`mean_${sizeMs}`, { function: 'mean', field: 'amount' }, sizeMs),
  feature(`stddev_${sizeMs}`, { function: 'stddev', field: 'amount' }, sizeMs),
]);
const plan = compileWindowPlan(specs, { amountScale: 0.01 });
const ADDITIVE = new Set(['count', 'sum', 'max']);

function paneWidthOf(sizeMs: number): number {
  return Math.ceil(sizeMs / 64);
}

/** Some 1500 events whose pace changes, so that now one and now another window overflows. */
const rushes = fc
  .record({
    paces: fc.array(fc.constantFrom(0, 1, 3, 20, 90), { minLength: 3, maxLength: 6 }),
    lateness: fc.constantFrom(0, 0, 50, 3000),
    seed: fc.nat(),
  })
  .map(({ paces, lateness, seed }) => {
    let atMs = 0;
    let random = seed;
    const draw = (below: number) => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      return (random >>> 8) % below;
    };
    return Array.from({ length: 1500 }, (_, index): OracleEvent => {
      atMs += draw(2 * (paces[Math.floor((index * paces.length) / 1500)] ?? 1) + 1);
      const outcome = draw(3) === 0 ? 'declined' : 'approved';
      const lateMs = draw(10) === 0 ? draw(lateness + 1) : 0;
      return event(atMs - lateMs, { flag: draw(2) === 0, outcome, amount: draw(100_000) });
    });
  });

describe('windows of more than 512 events', () => {
  test('counts, sums and maxima err by less than one pane, and only upwards', () => {
    const check = fc.property(rushes, (stream) => {
      const player = new Player(plan);
      let now = Number.NEGATIVE_INFINITY;
      stream.forEach((one, index) => {
        now = Math.max(now, one.atMs);
        player.play(one);
        if (index % 97 !== 0 && index !== stream.length - 1) return;
        const seen = stream.slice(0, index + 1);
        const actual = player.read();
        specs.forEach((spec, place) => {
          if (!ADDITIVE.has(spec.aggregate.function)) return;
          const value = actual[place] ?? Number.NaN;
          const least = windowValue(spec, seen, now);
          const most = windowValue(spec, seen, now, paneWidthOf(sizeOf(spec)));
          assert.ok(value >= least - 1e-6 && value <= most + 1e-6, `${spec.name}: ${value} not in ${least} to ${most}`);
        });
      });
    });
    fc.assert(check, { numRuns: 12 });
  });

  test('mean and standard deviation are those of the window or of one that starts up to a pane earlier', () => {
    const amounts = (index: number) => (index === 900 ? 1e13 : ((index * 7919) % 50_000) + (index % 2) * 1_000_000);
    const stream = Array.from({ length: 4000 }, (_, index) => event(index * 7, { amount: amounts(index) }));
    const player = new Player(plan);
    const checked = SIZES.filter((sizeMs) => sizeMs / 7 > 600);
    assert.equal(checked.length, 2);
    let afterHuge = 0;
    stream.forEach((one, index) => {
      player.play(one);
      if (index % 131 !== 130) return;
      const actual = player.read();
      const seen = stream.slice(Math.max(0, index - 2000 - 63_950 / 7), index + 1);
      specs.forEach((spec, place) => {
        const sizeMs = sizeOf(spec);
        const name = spec.aggregate.function;
        if (!checked.includes(sizeMs) || (name !== 'mean' && name !== 'stddev')) return;
        const shifts = Array.from({ length: Math.ceil(paneWidthOf(sizeMs) / 7) + 1 }, (_, step) => step * 7);
        const value = actual[place] ?? Number.NaN;
        const fits = shifts.some((shift) => agrees(value, windowValue(spec, seen, one.atMs, shift), 1e-9));
        assert.ok(fits, `${spec.name} at ${index}: ${value}`);
        if (sizeMs === 6400 && index > 900 + 1000) afterHuge++;
      });
    });
    assert.ok(afterHuge > 10);
  });

  test('they are exact again once the rush has left', () => {
    const player = new Player(plan);
    for (let index = 0; index < 3000; index++) player.play(event(index, { amount: 77, outcome: 'approved' }));
    const quiet = event(3000 + 64_000 + 1000, { amount: 123 });
    const actual = player.play(quiet);
    specs.forEach((spec, place) => {
      assert.equal(actual[place], windowValue(spec, [quiet], quiet.atMs), spec.name);
    });
  });

  test('the bound holds across the start of 1970', () => {
    const player = new Player(plan);
    for (let atMs = -1500; atMs < 1500; atMs++) {
      const [count] = player.play(event(atMs));
      const least = Math.min(640, atMs + 1501);
      assert.ok((count ?? 0) >= least && (count ?? 0) <= least + 10, `${count} at ${atMs}`);
    }
  });

  test('going on from a snapshot with panes is the same, byte for byte', () => {
    const player = new Player(plan);
    const resumed = new Player(plan);
    for (let index = 0; index < 1800; index++) {
      const one = event(index * 3 - (index % 50 === 0 ? 900 : 0), { amount: index, outcome: 'approved' });
      player.play(one);
      resumed.play(one);
      if (index % 211 === 0) resumed.state = decodeWindowState(plan, encodeWindowState(plan, resumed.state));
    }
    assert.deepEqual(resumed.state.slab, player.state.slab);
  });
});

describe('hopping and tumbling windows of more than 512 events', () => {
  const windows = [
    { kind: 'tumbling', sizeMs: 4000 },
    { kind: 'hopping', sizeMs: 3000, everyMs: 50 },
    { kind: 'hopping', sizeMs: 2000, everyMs: 500 },
  ] as const;
  const aggregates = [
    { function: 'count' },
    { function: 'sum', field: 'amount' },
    { function: 'min', field: 'amount' },
    { function: 'max', field: 'amount' },
    { function: 'stddev', field: 'amount' },
    { function: 'first', field: 'amount' },
    { function: 'last', field: 'amount' },
    { function: 'zscore', field: 'amount' },
    { function: 'quantile', field: 'amount', share: 0.9 },
  ] as const;
  const exact = windows.flatMap((window, place) =>
    aggregates
      .filter((aggregate) => place !== 1 || aggregate.function !== 'quantile')
      .map((aggregate) => feature(`${aggregate.function}_${place}`, aggregate, null, { window })),
  );
  const exactPlan = compileWindowPlan(exact, { amountScale: 0.01 });

  test('are exact, as their panes begin where windows do', () => {
    const check = fc.property(fc.nat(), fc.constantFrom(1, 2, 40), (seed, pace) => {
      const player = new Player(exactPlan);
      const seen: OracleEvent[] = [];
      for (let index = 0; index < 3000; index++) {
        const hash = hash53(`${seed} ${index}`);
        const one = event((index >> 1) * pace - (hash % 20), { amount: (hash >>> 3) % 50 });
        seen.push(one);
        const actual = player.play(one);
        if (index % 299 !== 298) continue;
        const now = Math.max(...seen.map(({ atMs }) => atMs));
        exact.forEach((spec, place) => {
          const [value, want] = [actual[place] ?? Number.NaN, windowValue(spec, seen, now)];
          assert.ok(agrees(value, want), `${spec.name} at ${index}: ${value}, expected ${want}`);
        });
      }
    });
    fc.assert(check, { numRuns: 10 });
  });
});

describe('quantiles', () => {
  const share = 0.95;
  const spans = [
    feature('sliding', { function: 'quantile', field: 'amount', share }, 3000),
    feature('life', { function: 'quantile', field: 'amount', share }, null, { window: { kind: 'unbounded' } }),
  ];

  test('are within 1 % of the amount of nearest rank, whatever the amounts', () => {
    const quantiles = compileWindowPlan(spans, { amountScale: 0.01 });
    const amounts = fc.array(fc.oneof(fc.integer({ min: 1, max: 1e13 }), fc.integer({ min: 1, max: 9999 })), {
      minLength: 1,
      maxLength: 200,
    });
    const check = fc.property(amounts, (list) => {
      const player = new Player(quantiles);
      const seen: OracleEvent[] = [];
      list.forEach((amount, index) => {
        seen.push(event(index * 40, { amount }));
        const actual = player.play(event(index * 40, { amount }));
        spans.forEach((spec, place) => {
          const want = windowValue(spec, seen, index * 40);
          assert.ok(Math.abs((actual[place] ?? 0) - want) <= 0.01001 * want, `${spec.name}: ${actual[place]}, ${want}`);
        });
      });
    });
    fc.assert(check, { numRuns: 60 });
  });

  test('take no more room than there are buckets', () => {
    const player = new Player(compileWindowPlan(spans, { amountScale: 0.01 }));
    for (let index = 0; index < 20_000; index++)
      player.play(event(index, { amount: (index * index * 977) % 1_000_003 }));
    const bytes = player.state.slab.byteLength;
    assert.ok(bytes < 512 * 1024, `${bytes} bytes`);
    assert.ok((player.read()[0] ?? 0) > (player.read()[1] ?? 0) / 2);
  });
});

describe('what an entity may cost', () => {
  test('memory stops growing, however many events come', () => {
    const distinct = ['merchantId', 'ip', 'country'] as const;
    const many = compileWindowPlan(
      [...specs, ...distinct.map((field) => feature(field, { function: 'distinct', field }, 60_000))],
      { amountScale: 0.01 },
    );
    const player = new Player(many);
    let bytes = 0;
    for (let index = 0; index < 60_000; index++) {
      const values = { merchantId: index + 1, ip: (index % 700) + 1, country: (index % 9) + 1 };
      player.admit(event(index, { amount: index % 5000, values }));
      if (index === 20_000) bytes = player.state.slab.byteLength;
    }
    assert.equal(player.state.slab.byteLength, bytes);
    assert.ok(bytes < 64 * 1024, `${bytes} bytes`);
  });

  test('events too late for every window take no room', () => {
    const byMerchant = feature('merchants', { function: 'distinct', field: 'merchantId' }, 1000);
    const player = new Player(compileWindowPlan([byMerchant, ...specs], { amountScale: 0.01 }));
    for (let merchantId = 1; merchantId <= 4; merchantId++) player.play(event(1_000_000, { values: { merchantId } }));
    const bytes = player.state.slab.byteLength;
    for (let index = 0; index < 300; index++) {
      player.play(event(index, { values: { merchantId: index + 5 }, outcome: 'approved' }));
    }
    assert.equal(player.state.slab.byteLength, bytes);
    assert.equal(player.read()[0], 4);
  });

  test('a card with 20 events takes no more than 2 kB', () => {
    const day = 86_400_000;
    const sizes = [60_000, 300_000, 3_600_000, day, 7 * day];
    const card = compileWindowPlan(
      [
        ...sizes.map((sizeMs) => feature(`count_${sizeMs}`, { function: 'count' }, sizeMs)),
        ...sizes.map((sizeMs) => feature(`sum_${sizeMs}`, { function: 'sum', field: 'amount' }, sizeMs)),
        ...sizes.map((sizeMs) => feature(`declined_${sizeMs}`, { function: 'count' }, sizeMs, { outcome: 'declined' })),
        ...sizes.map((sizeMs) => feature(`merchants_${sizeMs}`, { function: 'distinct', field: 'merchantId' }, sizeMs)),
        feature('stddev', { function: 'stddev', field: 'amount' }, 7 * day),
        feature('max', { function: 'max', field: 'amount' }, 7 * day),
        feature('countries_6h', { function: 'distinct', field: 'country' }, 6 * 3_600_000),
        feature('new_country', { function: 'first_time', field: 'country' }, null),
        feature('new_device', { function: 'first_time', field: 'deviceId' }, null),
        feature('distance', { function: 'distance_km' }, null),
        feature('speed', { function: 'speed_kmh' }, null),
        feature('home', { function: 'home_distance_km' }, null),
        feature('age', { function: 'age_s' }, null),
        feature('idle', { function: 'idle_s' }, null),
      ],
      { amountScale: 0.01 },
    );
    const player = new Player(card);
    for (let index = 0; index < 20; index++) {
      const values = { merchantId: (index % 8) + 1, country: (index % 3) + 1, deviceId: (index % 2) + 1 };
      player.play(event(index * 8 * 3_600_000, { amount: 1000 + index, values, latitude: 48, longitude: 16 + index }));
    }
    assert.ok(player.state.slab.byteLength <= 2048, `${player.state.slab.byteLength} bytes`);
  });
});

describe('more than 256 distinct values', () => {
  const sizeMs = 100_000;
  const merchants = compileWindowPlan(
    [
      feature('long', { function: 'distinct', field: 'merchantId' }, sizeMs),
      feature('short', { function: 'distinct', field: 'merchantId' }, 50),
      feature('new', { function: 'first_time', field: 'merchantId' }, null),
    ],
    { amountScale: 0.01 },
  );

  test('a window of up to 256 is exact, and a larger one within four standard errors', () => {
    const player = new Player(merchants);
    const seen: number[] = [];
    for (let index = 0; index < 5000; index++) {
      seen.push(hash53(`merchant ${(index * index) % 10_007}`));
      const [long, short] = player.play(event(index, { values: { merchantId: seen[index] ?? 0 } }));
      assert.equal(short, new Set(seen.slice(-50)).size);
      if (index % 250 !== 249) continue;
      const expected = new Set(seen).size;
      const beyond = Math.max(0, expected - 256);
      assert.ok(Math.abs((long ?? 0) - expected) <= (4 * beyond) / Math.sqrt(256), `${long}, expected ${expected}`);
      if (expected <= 256 + 512) assert.equal(long, expected);
    }
  });

  test('the estimate is exact again once the many have left', () => {
    const player = new Player(merchants);
    for (let index = 0; index < 3000; index++) player.play(event(index, { values: { merchantId: index + 1 } }));
    for (let value = 1; value <= 700; value++) {
      const [long] = player.play(event(3000 + sizeMs + value, { values: { merchantId: value } }));
      assert.equal(long, value);
    }
  });

  test('a late value counts, and one that comes back is not counted twice', () => {
    const player = new Player(merchants);
    for (let value = 1; value <= 400; value++) player.play(event(1000 + value, { values: { merchantId: value } }));
    assert.equal(player.play(event(10, { values: { merchantId: 500 } }))[0], 401);
    assert.equal(player.play(event(20, { values: { merchantId: 500 } }))[0], 401);
    assert.equal(player.play(event(1500, { values: { merchantId: 500 } }))[0], 401);
    assert.equal(player.play(event(1501, { values: { merchantId: 3 } }))[0], 401);
  });

  test('a value is new again only after 256 others were seen since', () => {
    const player = new Player(merchants);
    for (let value = 1; value <= 256; value++) player.play(event(value, { values: { merchantId: value } }));
    const isNew = (value: number, atMs: number) => player.play(event(atMs, { values: { merchantId: value } }))[2];
    assert.equal(isNew(1, 300), 0);
    assert.equal(isNew(1000, 301), 1);
    assert.equal(isNew(3, 302), 0);
    assert.equal(isNew(2, 303), 1);
  });
});

describe('more events than are kept one by one, in disorder', () => {
  const ordered = [
    ...specs,
    feature('p90', { function: 'quantile', field: 'amount', share: 0.9 }, 6400),
    feature('first', { function: 'first', field: 'amount' }, 6400),
    feature('hopping', { function: 'count' }, null, { window: { kind: 'hopping', sizeMs: 5000, everyMs: 50 } }),
    feature('declined_mean', { function: 'mean', field: 'amount' }, 6400, { outcome: 'declined' }),
    feature('spread', { function: 'iqr_position', field: 'amount' }, 6400, { outcome: 'approved' }),
  ];
  const orderedPlan = compileWindowPlan(ordered, { amountScale: 0.01 });
  const stream = Array.from({ length: 1600 }, (_, index) =>
    event(index * 3 + (index % 2), {
      flag: index % 3 === 0,
      outcome: index % 5 === 0 ? 'declined' : 'approved',
      amount: (index * 7919) % 5000,
    }),
  );
  const probes = Array.from({ length: 40 }, (_, index) => event(4900 + index * 173, { amount: 777 }));

  test('leave what the order of time leaves, also where they come later than all that are kept', () => {
    const lateness = fc.oneof(
      { weight: 9, arbitrary: fc.nat({ max: 50 }) },
      { weight: 1, arbitrary: fc.nat({ max: 3000 }) },
    );
    const draws = fc.array(lateness, { minLength: stream.length, maxLength: stream.length });
    const play = (events: readonly OracleEvent[]) => {
      const player = new Player(orderedPlan);
      for (const one of events) player.play(one);
      const hash = hashWindowContent(orderedPlan, player.state);
      return { hash, read: probes.map((probe) => player.play(probe)) };
    };
    const inOrder = play(stream);
    const check = fc.property(draws, (late) => {
      const arrived = stream
        .map((one, index) => ({ one, key: one.atMs + (late[index] ?? 0) }))
        .sort((left, right) => left.key - right.key)
        .map(({ one }) => one);
      const { hash, read } = play(arrived);
      read.forEach((values, index) => {
        assert.deepEqual(values, inOrder.read[index], `at probe ${index}`);
      });
      assert.equal(hash, inOrder.hash);
    });
    fc.assert(check, { numRuns: 10 });
  });
});
