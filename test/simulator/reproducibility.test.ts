import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { simulate } from '../../src/simulator/simulation.ts';
import { optionsOf, runOf, withoutId } from './population.ts';

describe('simulate', () => {
  test('gives the same bytes for the same options', () => {
    assert.equal(JSON.stringify(runOf()), JSON.stringify(runOf()));
  });

  test('gives other events for another seed', () => {
    const first = runOf({ seed: 1 }).map(({ event }) => withoutId(event));
    const second = runOf({ seed: 2 }).map(({ event }) => withoutId(event));
    assert.notDeepEqual(first.slice(0, 20), second.slice(0, 20));
  });

  test('does not depend on another run that goes on at the same time', () => {
    const expected = runOf({ cards: 60 });
    const left = simulate(optionsOf({ cards: 60 }));
    const right = simulate(optionsOf({ cards: 90, seed: 3 }));
    const seen = [];
    for (let next = left.next(); next.done !== true; next = left.next()) {
      seen.push(next.value);
      right.next();
    }
    assert.deepEqual(seen, expected);
  });

  test('lets honest people do the same whatever the attacks are', () => {
    const attacked = runOf().filter(({ label }) => !label.fraud);
    const quiet = runOf({ attacks: [] });
    assert.deepEqual(
      attacked.map(({ event }) => withoutId(event)),
      quiet.map(({ event }) => withoutId(event)),
    );
  });

  test('comes in order of time, within the span, with unique ids, for any options', () => {
    const optionsArbitrary = fc.record({
      seed: fc.nat({ max: 1000 }),
      cards: fc.integer({ min: 1, max: 120 }),
      days: fc.integer({ min: 1, max: 3 }),
      campaignsPerKind: fc.integer({ min: 1, max: 2 }),
    });
    fc.assert(
      fc.property(optionsArbitrary, (changes) => {
        const options = optionsOf(changes);
        const endMs = options.startMs + options.days * 86_400_000;
        const ids = new Set<string>();
        let lastMs = options.startMs;
        let count = 0;
        for (const { event, timeMs } of simulate(options)) {
          assert.ok(timeMs >= lastMs && timeMs < endMs, `${timeMs} after ${lastMs}`);
          assert.equal(Date.parse(event.occurredAt), Math.floor(timeMs / 1000) * 1000);
          lastMs = timeMs;
          count++;
          ids.add('eventId' in event ? event.eventId : event.transactionId);
        }
        assert.equal(ids.size, count);
      }),
      { numRuns: 25 },
    );
  });

  test('is lazy: the first events of a long run cost no more than the population', () => {
    const run = simulate(optionsOf({ days: 3000 }));
    for (let taken = 0; taken < 1000; taken++) assert.equal(run.next().done, false);
  });
});
