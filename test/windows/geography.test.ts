import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compileWindowPlan, setHome } from '../../src/windows/mod.ts';
import { haversineKm } from './oracle.ts';
import { agrees, event, feature, Player } from './rig.ts';

const plan = compileWindowPlan(
  [
    feature('distance', { function: 'distance_km' }, null),
    feature('speed', { function: 'speed_kmh' }, null),
    feature('home', { function: 'home_distance_km' }, null),
  ],
  { amountScale: 0.01 },
);
const HOUR = 3_600_000;
const VIENNA = { latitude: 48.2082, longitude: 16.3738 };
const NEW_YORK = { latitude: 40.7128, longitude: -74.006 };

function expectNear(actual: number | undefined, expected: number, tolerance: number): void {
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= tolerance, `${actual}, expected ${expected}`);
}

describe('distance', () => {
  const known: [string, [number, number], [number, number], number, number][] = [
    ['a degree along the equator', [0, 0], [0, 1], 111.195, 0.001],
    ['a degree along a meridian', [50, 8], [51, 8], 111.195, 0.001],
    ['pole to pole', [90, 0], [-90, 77], Math.PI * 6371.0088, 1e-6],
    ['antipodes on the equator', [0, 30], [0, -150], Math.PI * 6371.0088, 1e-3],
    ['over the date line', [0, 179.5], [0, -179.5], 111.195, 0.001],
    ['Paris to New York', [48.8566, 2.3522], [40.7128, -74.006], 5837, 1],
    ['Sydney to Santiago', [-33.8688, 151.2093], [-33.4489, -70.6693], 11340, 20],
    ['one place', [48.2082, 16.3738], [48.2082, 16.3738], 0, 0],
    ['a metre', [48, 16], [48.000009, 16], 0.0010008, 1e-6],
  ];
  for (const [name, from, to, expected, tolerance] of known) {
    test(`${name} is ${expected.toFixed(3)} km`, () => {
      const player = new Player(plan);
      player.play(event(0, { latitude: from[0], longitude: from[1] }));
      expectNear(player.play(event(1, { latitude: to[0], longitude: to[1] }))[0], expected, tolerance);
    });
  }

  test('agrees with the haversine formula anywhere', () => {
    const degrees = (max: number) => fc.double({ min: -max, max, noNaN: true });
    const position = fc.record({ latitude: degrees(90), longitude: degrees(180) });
    const check = fc.property(position, position, (from, to) => {
      const player = new Player(plan);
      player.play(event(0, from));
      const [distance] = player.play(event(1, to));
      const expected = haversineKm(from.latitude, from.longitude, to.latitude, to.longitude);
      assert.ok(agrees(distance ?? Number.NaN, expected, 1e-6), `${distance}, expected ${expected}`);
    });
    fc.assert(check, { numRuns: 500 });
  });
});

describe('speed', () => {
  const apart = haversineKm(VIENNA.latitude, VIENNA.longitude, NEW_YORK.latitude, NEW_YORK.longitude);

  test('is the distance over the time since the last located event', () => {
    const player = new Player(plan);
    player.play(event(0, VIENNA));
    player.play(event(HOUR));
    expectNear(player.play(event(2 * HOUR, NEW_YORK))[1], apart / 2, 1e-6);
  });

  test('of events at one time, or within a minute, is taken over a minute', () => {
    for (const stepMs of [0, 1, 59_999, 60_000]) {
      const player = new Player(plan);
      player.play(event(0, VIENNA));
      expectNear(player.play(event(stepMs, NEW_YORK))[1], apart * 60, 1e-4);
    }
  });

  test('of a late event is taken over the time to the located event after it, which stays the last one', () => {
    const player = new Player(plan);
    player.play(event(3 * HOUR, VIENNA));
    expectNear(player.play(event(HOUR, NEW_YORK))[1], apart / 2, 1e-6);
    assert.deepEqual(player.play(event(4 * HOUR, VIENNA)).slice(0, 2), [0, 0]);
  });

  test('and distance are 0 for the first located event and for one without a place', () => {
    const player = new Player(plan);
    assert.deepEqual(player.play(event(0)), [0, 0, 0]);
    assert.deepEqual(player.play(event(1, VIENNA)), [0, 0, 0]);
    assert.deepEqual(player.play(event(2)), [0, 0, 0]);
  });
});

describe('distance from home', () => {
  test('is from the stated home, also for the first event, until it is taken back', () => {
    const player = new Player(plan);
    setHome(plan, player.state, 0, 10);
    expectNear(player.play(event(0, { latitude: 0, longitude: 12 }))[2], 222.39, 0.01);
    setHome(plan, player.state, Number.NaN, Number.NaN);
    expectNear(player.play(event(1, { latitude: 0, longitude: 13 }))[2], 111.195, 0.001);
  });

  test('is else from the middle of the events before', () => {
    const player = new Player(plan);
    player.play(event(0, { latitude: 0, longitude: 178 }));
    player.play(event(1, { latitude: 0, longitude: -178 }));
    expectNear(player.play(event(2, { latitude: 1, longitude: 180 }))[2], 111.195, 0.001);
    expectNear(player.play(event(3, { latitude: 90, longitude: 0 }))[2], 111.195 * (90 - 1 / 3), 0.1);
  });

  test('is 0 where the events before have no middle', () => {
    const player = new Player(plan);
    player.play(event(0, { latitude: 90, longitude: 0 }));
    player.play(event(1, { latitude: -90, longitude: 0 }));
    expectNear(player.play(event(2, VIENNA))[2], 0, 0);
  });
});
