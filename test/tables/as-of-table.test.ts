import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { RowValues, TableSpec } from '../../src/domain/tables.ts';
import { AsOfTable } from '../../src/tables/mod.ts';

const SPEC: TableSpec = {
  name: 'country_risk',
  description: '',
  columns: [{ name: 'score', type: 'number' }],
  keepMs: 100,
};

type Row = { readonly key: string; readonly atMs: number; readonly values: RowValues | null };

/** By the definition: of the rows of the key not newer than the time, the newest; of equals, the last to come. */
function oracle(rows: readonly Row[], key: string, atMs: number, keepMs: number): RowValues | null {
  const newestMs = Math.max(0, ...rows.map((row) => row.atMs));
  const fromMs = Math.max(atMs, newestMs - keepMs);
  let found: Row | null = null;
  for (const row of rows) {
    if (row.key === key && row.atMs <= fromMs && (found === null || row.atMs >= found.atMs)) found = row;
  }
  return found?.values ?? null;
}

function tableOf(rows: readonly Row[], keepMs = SPEC.keepMs): AsOfTable {
  const table = new AsOfTable({ ...SPEC, keepMs });
  for (const [revision, { key, atMs, values }] of rows.entries()) table.apply(key, { atMs, revision, values });
  return table;
}

const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  key: fc.constantFrom('DE', 'NG', 'toString', '__proto__'),
  atMs: fc.integer({ min: 0, max: 300 }),
  values: fc.option(
    fc.integer({ min: 0, max: 9 }).map((score): RowValues => [score]),
    { freq: 4 },
  ),
});
const rowsArbitrary = fc.array(rowArbitrary, { maxLength: 60 });

describe('a table as of an event time', () => {
  test('reads what the definition says, whatever the order of arrival', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.constantFrom(1, 50, 100, 1000), (rows, keepMs) => {
        const table = tableOf(rows, keepMs);
        for (const key of ['DE', 'NG', 'toString', '__proto__', 'FR']) {
          for (let atMs = 0; atMs <= 310; atMs += 7) {
            assert.deepEqual(table.rowAt(key, atMs), oracle(rows, key, atMs, keepMs), `${key} at ${atMs}`);
          }
        }
      }),
    );
  });

  test('reads the same for every order in which rows of different times came', () => {
    const distinct = fc.uniqueArray(rowArbitrary, { maxLength: 40, selector: ({ key, atMs }) => `${key} ${atMs}` });
    const shuffled = distinct.chain((rows) =>
      fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length, maxLength: rows.length })),
    );
    fc.assert(
      fc.property(shuffled, ([rows, other]) => {
        const left = tableOf(rows);
        const right = tableOf(other);
        for (const { key } of rows) {
          for (let atMs = 0; atMs <= 310; atMs += 5) {
            assert.deepEqual(left.rowAt(key, atMs), right.rowAt(key, atMs));
          }
        }
        assert.equal(left.rowCount, right.rowCount);
      }),
    );
  });

  test('reads the same after a sweep, and keeps no version that nothing can read', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const table = tableOf(rows);
        table.sweep();
        const keys = [...new Set(rows.map(({ key }) => key))];
        let readable = 0;
        for (const key of keys) {
          const own = rows.filter((row) => row.key === key);
          const newestMs = Math.max(0, ...rows.map(({ atMs }) => atMs));
          const past = own.filter(({ atMs }) => atMs <= newestMs - SPEC.keepMs).length;
          readable += own.length - Math.max(0, past - 1);
          for (let atMs = 0; atMs <= 310; atMs += 5) {
            assert.deepEqual(table.rowAt(key, atMs), oracle(rows, key, atMs, SPEC.keepMs));
          }
        }
        if (table.horizonMs >= SPEC.keepMs / 64) assert.equal(table.versionCount, readable);
        else assert.ok(table.versionCount >= readable);
      }),
    );
  });

  test('counts the keys that have a row as of the newest time', () => {
    fc.assert(
      fc.property(rowsArbitrary, (rows) => {
        const keys = [...new Set(rows.map(({ key }) => key))];
        const live = keys.filter((key) => oracle(rows, key, 1000, SPEC.keepMs) !== null);
        assert.equal(tableOf(rows).rowCount, live.length);
      }),
    );
  });

  test('counts a row at exactly its own time, and not a millisecond before', () => {
    const table = tableOf([
      { key: 'DE', atMs: 50, values: [1] },
      { key: 'DE', atMs: 60, values: [2] },
    ]);
    assert.deepEqual(table.rowAt('DE', 49), null);
    assert.deepEqual(table.rowAt('DE', 50), [1]);
    assert.deepEqual(table.rowAt('DE', 59), [1]);
    assert.deepEqual(table.rowAt('DE', 60), [2]);
  });

  test('takes the later in the log of two rows with one time', () => {
    const table = tableOf([
      { key: 'DE', atMs: 50, values: [1] },
      { key: 'DE', atMs: 50, values: [2] },
    ]);
    assert.deepEqual(table.rowAt('DE', 50), [2]);
  });

  test('keeps a removed row removed when an older version comes late', () => {
    const table = tableOf([
      { key: 'DE', atMs: 50, values: null },
      { key: 'NG', atMs: 1000, values: [1] },
      { key: 'DE', atMs: 40, values: [7] },
    ]);
    assert.equal(table.rowAt('DE', 2000), null);
    assert.equal(table.rowCount, 1);
  });

  test('shows an event from before what is kept the table as it was then', () => {
    const table = tableOf([
      { key: 'DE', atMs: 100, values: [1] },
      { key: 'DE', atMs: 200, values: [2] },
      { key: 'NG', atMs: 1000, values: [3] },
    ]);
    assert.equal(table.horizonMs, 900);
    assert.deepEqual(table.rowAt('DE', 150), [2]);
    assert.equal(table.rowAt('NG', 150), null);
  });
});
