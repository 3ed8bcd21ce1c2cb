import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Append, findViolations } from './appends-checker.ts';

const NEVER = Number.POSITIVE_INFINITY;

function call(item: string, startMs: number, endMs: number, place: number | null, key = 'card'): Append {
  return { key, item, startMs, endMs, place };
}

/** Every order of the items. */
function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

/**
 * The definition itself, for small histories: some order of the calls, those without an answer taking effect or not,
 * that keeps the order of calls that do not overlap, and in which each answer is right.
 */
function isLinearizable(calls: readonly Append[]): boolean {
  const open = calls.filter(({ place }) => place === null);
  const subsets = open.reduce<Append[][]>((sets, each) => sets.flatMap((set) => [set, [...set, each]]), [[]]);
  const answered = calls.filter(({ place }) => place !== null);
  return subsets.some((subset) => permutations([...answered, ...subset]).some(isRight));
}

function isRight(order: readonly Append[]): boolean {
  const sequence: string[] = [];
  return order.every(({ item, place, startMs }, index) => {
    if (order.slice(index + 1).some((later) => later.endMs < startMs)) return false;
    if (!sequence.includes(item)) sequence.push(item);
    return place === null || sequence.indexOf(item) === place;
  });
}

describe('the checker of histories accepts', () => {
  test('calls one after the other, and repeats', () => {
    assert.deepEqual(findViolations([call('a', 0, 1, 0), call('b', 2, 3, 1), call('a', 4, 5, 0)]), []);
  });

  test('calls that overlap, in either order', () => {
    assert.deepEqual(findViolations([call('a', 0, 9, 1), call('b', 1, 8, 0)]), []);
  });

  test('a call without an answer that took effect, and one that did not', () => {
    assert.deepEqual(findViolations([call('a', 0, NEVER, null), call('b', 5, 6, 1)]), []);
    assert.deepEqual(findViolations([call('a', 0, NEVER, null), call('b', 5, 6, 0)]), []);
  });

  test('the same places on different cards', () => {
    assert.deepEqual(findViolations([call('a', 0, 1, 0, 'one'), call('b', 0, 1, 0, 'other')]), []);
  });
});

describe('the checker of histories rejects', () => {
  const rejected: readonly (readonly [string, readonly Append[], RegExp])[] = [
    ['one payment counted twice', [call('a', 0, 1, 0), call('a', 2, 3, 1)], /a was told to be at the places 0, 1/],
    ['two owners that both won', [call('a', 0, 9, 0), call('b', 1, 8, 0)], /both told to be at place 0/],
    ['a lost payment', [call('a', 0, 1, 0), call('b', 2, 3, 2)], /nobody appended what is at place 1/],
    ['an answer from the past', [call('a', 0, 1, 1), call('b', 2, 3, 0)], /a is at place 1, after one/],
    [
      'a late call that fills an early gap',
      [call('b', 0, 1, 1), call('a', 2, NEVER, null)],
      /b is at place 1, after one/,
    ],
  ];
  for (const [name, history, expected] of rejected) {
    test(name, () => {
      assert.match(findViolations(history).join('\n'), expected);
    });
  }
});

test('the checker of histories agrees with the definition', () => {
  const time = fc.integer({ min: 0, max: 8 });
  const anyCall = fc
    .record({ item: fc.constantFrom('a', 'b', 'c'), start: time, length: fc.integer({ min: 1, max: 5 }) })
    .chain(({ item, start, length }) =>
      fc
        .option(fc.integer({ min: 0, max: 3 }))
        .map((place) => call(item, start, place === null ? NEVER : start + length + 0.5, place)),
    );
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(anyCall, { minLength: 1, maxLength: 5 }), (history) => {
      const expected = isLinearizable(history);
      if (expected) accepted += 1;
      assert.equal(findViolations(history).length === 0, expected);
    }),
    { numRuns: 3000 },
  );
  assert.ok(accepted > 100);
});
