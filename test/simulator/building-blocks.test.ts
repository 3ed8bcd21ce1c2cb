import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CITIES } from '../../src/simulator/cities.ts';
import { EventQueue } from '../../src/simulator/event-queue.ts';
import { distanceKm, pointAround } from '../../src/simulator/globe.ts';
import { formatLocalTime, localHour, localWeekday } from '../../src/simulator/local-time.ts';
import { RandomSource } from '../../src/simulator/random-source.ts';

describe('EventQueue', () => {
  test('gives items by time, and equal times as they came', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 })), (times) => {
        const queue = new EventQueue<number>();
        for (const [index, time] of times.entries()) queue.push(time, index);
        const taken = times.map(() => queue.pop()?.item);
        const expected = times.map((_, index) => index).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b);
        assert.deepEqual(taken, expected);
        assert.equal(queue.pop(), undefined);
      }),
    );
  });
});

describe('RandomSource', () => {
  test('repeats itself for a seed and a stream, and differs between streams', () => {
    const draw = (seed: number, stream: string): number[] => {
      const random = new RandomSource(seed, stream);
      return Array.from({ length: 5 }, () => random.next());
    };
    assert.deepEqual(draw(1, 'a'), draw(1, 'a'));
    assert.notDeepEqual(draw(1, 'a'), draw(1, 'b'));
    assert.notDeepEqual(draw(1, 'a'), draw(2, 'a'));
  });

  test('has the moments of its distributions', () => {
    const random = new RandomSource(3, 'moments');
    const draws = 40_000;
    const meanOf = (draw: () => number): number => {
      let sum = 0;
      for (let index = 0; index < draws; index++) sum += draw();
      return sum / draws;
    };
    const near = (value: number, expected: number, error: number): void =>
      assert.ok(Math.abs(value - expected) < error, `${value} is not ${expected}`);
    near(
      meanOf(() => random.next()),
      0.5,
      0.01,
    );
    near(
      meanOf(() => random.normal()),
      0,
      0.03,
    );
    near(
      meanOf(() => random.normal() ** 2),
      1,
      0.05,
    );
    near(
      meanOf(() => random.exponential(4)),
      4,
      0.15,
    );
    near(
      meanOf(() => random.logNormal(10, 0.5)),
      10 * Math.exp(0.125),
      0.3,
    );
    near(
      meanOf(() => random.integer(2, 4)),
      3,
      0.03,
    );
  });

  test('samples without repeats', () => {
    const items = Array.from({ length: 30 }, (_, index) => index);
    for (let count = 0; count <= 30; count++) {
      const sample = new RandomSource(count, 'sample').sample(items, count);
      assert.equal(new Set(sample).size, count);
    }
  });
});

describe('local time', () => {
  test('formats the instant that it was given', () => {
    const time = fc.integer({ min: 0, max: Date.UTC(2090, 0, 1) });
    const offset = fc.integer({ min: -12 * 60, max: 14 * 60 });
    fc.assert(
      fc.property(time, offset, (ms, minutes) => {
        assert.equal(Date.parse(formatLocalTime(ms, minutes)), Math.floor(ms / 1000) * 1000);
      }),
    );
  });

  test('knows the hour and the weekday of a place', () => {
    const timeMs = Date.UTC(2025, 0, 5, 23, 30);
    assert.equal(localHour(timeMs, 0), 23.5);
    assert.equal(localHour(timeMs, 330), 5);
    assert.equal(localWeekday(timeMs, 0), 7);
    assert.equal(localWeekday(timeMs, 60), 1);
    assert.equal(formatLocalTime(timeMs, -300), '2025-01-05T18:30:00-05:00');
  });
});

describe('geography', () => {
  test('agrees with known distances between cities', () => {
    const city = (name: string) => CITIES.find((candidate) => candidate.name === name) ?? assert.fail(name);
    const near = (from: string, to: string, km: number): void => {
      const distance = distanceKm(city(from), city(to));
      assert.ok(Math.abs(distance - km) < km * 0.01, `${from} to ${to} is ${distance} km`);
    };
    near('Paris', 'London', 344);
    near('New York', 'Los Angeles', 3936);
    near('Sydney', 'Santiago', 11_340);
  });

  test('draws points within the radius', () => {
    const random = new RandomSource(1, 'points');
    for (const city of CITIES) {
      for (let draw = 0; draw < 20; draw++) assert.ok(distanceKm(city, pointAround(random, city, 8)) < 8.1);
    }
  });
});
