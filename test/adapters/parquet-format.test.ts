import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parquetFormat } from '../../src/adapters/parquet/parquet-format.ts';
import type { FileColumn } from '../../src/ports/table-files.ts';
import { readParquetColumns, readParquetRows } from '../support/parquet-reader.ts';

const COLUMNS: readonly FileColumn[] = [
  { name: 'amount', type: 'number' },
  { name: 'text', type: 'text' },
  { name: 'flag', type: 'flag' },
  { name: 'window_start', type: 'time' },
];

const ROW = fc.record({
  amount: fc.option(fc.double({ noNaN: true })),
  text: fc.option(fc.string({ unit: 'grapheme' })),
  flag: fc.option(fc.boolean()),
  window_start: fc.option(fc.integer({ min: 0, max: 4e12 })),
});

describe('a Parquet file', () => {
  test('gives another reader the rows that were written', () => {
    fc.assert(
      fc.property(fc.array(ROW, { minLength: 1, maxLength: 60 }), (rows) => {
        assert.deepEqual(
          readParquetRows(parquetFormat.encode(COLUMNS, rows)),
          rows.map((row) => ({ ...row })),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('has the same columns whatever is absent, and the same bytes for the same rows', () => {
    const full = { amount: 1.5, text: 'a', flag: true, window_start: 1_770_714_000_000 };
    const empty = { amount: null, text: null, flag: null, window_start: null };
    const columns = ['amount Float64', 'text Utf8', 'flag Bool', 'window_start Timestamp<MILLISECOND, UTC>'];
    for (const rows of [[full], [empty], [full, empty]]) {
      const bytes = parquetFormat.encode(COLUMNS, rows);
      assert.deepEqual(readParquetColumns(bytes), columns);
      assert.deepEqual(parquetFormat.encode(COLUMNS, rows), bytes);
    }
  });

  test('has many rows in several groups', () => {
    const rows = Array.from({ length: 250_000 }, (_, index) => ({ amount: index }));
    const read = readParquetRows(parquetFormat.encode([{ name: 'amount', type: 'number' }], rows));
    assert.equal(read.length, rows.length);
    assert.deepEqual(read.at(-1), { amount: 249_999 });
  });
});
