import type { RowsLayout } from './layout.ts';
import { closeRows, firstRow, ROW, rowCount } from './rows.ts';

/** Place of a value among rows that are a value and the latest time that it was seen, newest first; or -1. O(rows). */
export function placeOfValue(slab: Float64Array, rows: RowsLayout, value: number): number {
  const offset = firstRow(slab, rows);
  const end = offset + rowCount(slab, rows) * ROW;
  for (let row = offset; row < end; row += ROW) {
    if (slab[row] === value) return (row - offset) / ROW;
  }
  return -1;
}

/**
 * Writes a value and its time where they belong. `was` is the place that the value had with an earlier time, or the
 * number of rows, for which there has to be room. O(rows passed), and O(1) for the newest.
 */
export function placeRow(slab: Float64Array, rows: RowsLayout, was: number, value: number, atMs: number): void {
  const size = rowCount(slab, rows);
  if (was === size) slab[rows.size] = size + 1;
  const offset = firstRow(slab, rows);
  let row = offset + was * ROW;
  while (row > offset && (slab[row - 1] ?? 0) <= atMs) {
    slab[row] = slab[row - 2] ?? 0;
    slab[row + 1] = slab[row - 1] ?? 0;
    row -= ROW;
  }
  slab[row] = value;
  slab[row + 1] = atMs;
}

/** Latest time of the value at a place. */
export function timeAt(slab: Float64Array, rows: RowsLayout, place: number): number {
  return slab[firstRow(slab, rows) + place * ROW + 1] ?? 0;
}

/** Lowers each count, of rows after a boundary, to where its boundary has moved. O(1) amortized. */
export function lowerCounts(
  slab: Float64Array,
  rows: RowsLayout,
  boundaries: readonly number[],
  firstCount: number,
): void {
  const times = firstRow(slab, rows) + 1;
  let slot = firstCount;
  for (const boundary of boundaries) {
    const after = slab[boundary] ?? 0;
    const before = (slab[slot] ?? 0) | 0;
    let count = before;
    while (count > 0 && (slab[times + (count - 1) * ROW] ?? 0) <= after) count--;
    if (count !== before) slab[slot] = count;
    slot++;
  }
}

/** Raises each count to the rows that are there and after its boundary. O(rows newly counted). */
export function raiseCounts(
  slab: Float64Array,
  rows: RowsLayout,
  boundaries: readonly number[],
  firstCount: number,
): void {
  const times = firstRow(slab, rows) + 1;
  const size = rowCount(slab, rows);
  let slot = firstCount;
  for (const boundary of boundaries) {
    const after = slab[boundary] ?? 0;
    let count = (slab[slot] ?? 0) | 0;
    while (count < size && (slab[times + count * ROW] ?? 0) > after) count++;
    slab[slot] = count;
    slot++;
  }
}

/** Drops the rows that are not after a boundary. O(rows dropped). */
export function dropUntil(slab: Float64Array, rows: RowsLayout, boundary: number): void {
  const before = rowCount(slab, rows);
  let size = before;
  while (size > 0 && timeAt(slab, rows, size - 1) <= boundary) size--;
  closeRows(slab, rows, size, before - size);
}
