import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Turns } from '../../src/adapters/eventstoredb/turns.ts';

/** Processes that saw the same appends. */
function ringOf(writers: readonly string[], appends: readonly (readonly [string, number])[]) {
  const ring = new Map(writers.map((writer) => [writer, new Turns(writer)]));
  for (const [writer, atMs] of appends) for (const turns of ring.values()) turns.appended(writer, atMs);
  return ring;
}

describe('turns at the journal', () => {
  test('a process alone never waits', () => {
    const turns = new Turns('a');
    assert.equal(turns.waitMs(0), 0);
    turns.appended('a', 10);
    assert.equal(turns.waitMs(10), 0);
  });

  test('after an append the next in the ring goes at once, who appended goes last', () => {
    const ring = ringOf(
      ['a', 'b', 'c'],
      [
        ['a', 1],
        ['b', 2],
        ['c', 3],
        ['b', 4],
      ],
    );
    const waits = ['c', 'a', 'b'].map((writer) => ring.get(writer)?.waitMs(4) ?? -1);
    const [first = -1, second = -1, last = -1] = waits;
    assert.equal(first, 0);
    assert.ok(second > 0 && last === 2 * second, waits.join());
  });

  test('exactly one of those that saw the same may go at the time of an append', () => {
    const names = ['a', 'b', 'c', 'd'];
    const appends = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(appends, (writers) => {
        const all = [...names, ...writers];
        const ring = ringOf(
          names,
          all.map((writer, index) => [writer, index]),
        );
        const free = names.filter((name) => ring.get(name)?.waitMs(all.length - 1) === 0);
        assert.equal(free.length, 1);
      }),
    );
  });

  test('who lets its slot pass is passed over, and who wrote nothing for a while is forgotten', () => {
    const ring = ringOf(
      ['a', 'b'],
      [
        ['b', 0],
        ['a', 1],
      ],
    );
    const a = ring.get('a');
    const waitMs = a?.waitMs(1) ?? -1;
    assert.ok(waitMs > 0);
    assert.equal(a?.waitMs(1 + waitMs), 0);
    a?.appended('a', 600);
    assert.equal(a?.waitMs(600), 0);
  });

  test('the slot follows how long turns take, and grows where they are taken away', () => {
    const waitAfter = (change: (turns: Turns) => void): number => {
      const turns = new Turns('a');
      turns.appended('b', 0);
      change(turns);
      turns.appended('a', 1);
      return turns.waitMs(1);
    };
    const usualMs = waitAfter(() => {});
    assert.ok(waitAfter((turns) => turns.took(100)) > usualMs);
    assert.ok(waitAfter((turns) => turns.took(0)) < usualMs);
    assert.ok(waitAfter((turns) => turns.wasOvertaken()) > usualMs);
  });
});
