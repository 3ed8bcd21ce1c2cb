import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type RigEvent, rulesetWithViews, ViewRig, viewsOf } from './view-rig.ts';

const START_MS = Date.UTC(2026, 0, 31);
const VIEWS = viewsOf(
  rulesetWithViews(`  v:
    from: transaction
    window: unbounded
    aggregates:
      total: sum(event.amount)
      mean: mean(event.amount)
      spread: variance(event.amount)
      each_second: { aggregate: sum(event.amount), where: event.type == "b" }
  minutes:
    from: transaction
    group_by: [cardId]
    window: tumbling 1m
    emit: final
    aggregates: { total: sum(event.amount), high: max(event.amount), n: count, rise: rate_of_change(event.amount) }
  whole:
    from: view.minutes
    window: unbounded
    aggregates: { total: sum(event.total), highs: sum(event.high), highest: max(event.high) }
  shown: { from: view.minutes, where: event.n > 0.0 }
  of_shown: { from: view.shown, window: unbounded, aggregates: { total: sum(event.total) } }
`),
);

function rigOf(name: string, decimals: number): ViewRig {
  const spec = VIEWS.find((view) => view.name === name);
  assert.ok(spec !== undefined);
  return new ViewRig(spec, VIEWS, decimals);
}

/** A number of minor units in decimal writing, as the double nearest to it. */
function decimal(minor: bigint, decimals: number): number {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return Number(`${minor < 0n ? '-' : ''}${whole}.${digits.slice(digits.length - decimals)}`);
}

function paid(index: number, amountMinor: number, decimals: number): RigEvent {
  const row = { amount: amountMinor / 10 ** decimals, cardId: 'c', type: index % 2 === 0 ? 'a' : 'b' };
  return { id: `e${index}`, atMs: START_MS + index, row };
}

function onlyRow(rig: ViewRig): Readonly<Record<string, unknown>> {
  const [only] = [...rig.rows.values()];
  return only?.row ?? {};
}

const amounts = fc.array(fc.nat(1_000_000_000), { minLength: 1, maxLength: 200 });
const decimals = fc.constantFrom(0, 2, 3, 4);

describe('a sum of amounts', () => {
  test('of ten cents and twenty cents is thirty cents, and of a tenth a thousand times is a hundred', () => {
    const rig = rigOf('v', 2);
    for (const [index, minor] of [10, 20].entries()) rig.take(paid(index, minor, 2));
    assert.equal(onlyRow(rig).total, 0.3);
    assert.equal(onlyRow(rig).mean, 0.15);
    for (let index = 2; index < 1000; index++) rig.take(paid(index, 10, 2));
    assert.equal(onlyRow(rig).total, 100.1);
  });

  test('is the decimal number that it is by hand, for currencies with 0, 2, 3 and 4 places', () => {
    fc.assert(
      fc.property(amounts, decimals, (minors, places) => {
        const rig = rigOf('v', places);
        for (const [index, minor] of minors.entries()) rig.take(paid(index, minor, places));
        const sum = minors.reduce((total, minor) => total + BigInt(minor), 0n);
        const { total, mean, each_second } = onlyRow(rig);
        assert.equal(total, decimal(sum, places));
        assert.equal(mean, Number(sum) / (minors.length * 10 ** places));
        const odd = minors.reduce((part, minor, index) => (index % 2 === 0 ? part : part + BigInt(minor)), 0n);
        assert.equal(each_second, decimal(odd, places));
      }),
    );
  });

  test('is as if they had never been there where amounts are taken back, and outlives a restart', () => {
    fc.assert(
      fc.property(amounts, amounts, (kept, taken) => {
        const rig = rigOf('v', 2);
        const gone = taken.map((minor, index) => paid(1000 + index, minor, 2));
        for (const event of gone) rig.take(event);
        for (const [index, minor] of kept.entries()) rig.take(paid(index, minor, 2));
        rig.restart();
        for (const event of gone) rig.takeBack(event);
        assert.equal(
          onlyRow(rig).total,
          decimal(
            kept.reduce((sum, minor) => sum + BigInt(minor), 0n),
            2,
          ),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('of sums of another view is exact as well, also where that shows rows of a third', () => {
    for (const [name, column] of [
      ['whole', 'total'],
      ['of_shown', 'total'],
    ] as const) {
      const rig = rigOf(name, 3);
      for (let index = 0; index < 10; index++) {
        rig.take({ id: `r${index}`, atMs: START_MS + index, row: { total: 0.1, high: 0.001, n: 1 } });
      }
      assert.equal(onlyRow(rig)[column], 1);
    }
    const whole = rigOf('whole', 3);
    for (const [index, high] of [0.1, 0.2].entries()) {
      whole.take({ id: `h${index}`, atMs: START_MS, row: { total: 0, high, n: 1 } });
    }
    assert.deepEqual([onlyRow(whole).highs, onlyRow(whole).highest], [0.3, 0.2]);
  });

  test('falls and rises by whole cents', () => {
    const rig = rigOf('minutes', 2);
    const at = (id: string, seconds: number, amount: number): RigEvent => {
      return { id, atMs: START_MS + seconds * 1000, row: { amount, cardId: 'c' } };
    };
    for (const event of [at('a', 0, 0.1), at('b', 1, 0.3), at('z', 600, 1)]) rig.take(event);
    assert.equal(onlyRow(rig).rise, 0.2);
  });
});
