import type { RowsLayout, WindowPlan } from './layout.ts';
import type { WindowState } from './state.ts';
import { insertSlots } from './state.ts';

/** Slots of a row. */
export const ROW = 2;

/** Slot of the first row. */
export function firstRow(slab: Float64Array, rows: RowsLayout): number {
  return (slab[rows.offset] ?? 0) | 0;
}

/** Number of rows. */
export function rowCount(slab: Float64Array, rows: RowsLayout): number {
  return (slab[rows.size] ?? 0) | 0;
}

/**
 * Makes room for one more row. Rows that come only when they are needed begin behind everything else, with room for
 * `initialCapacity`. O(slab) when the section grows, which doubles it.
 */
export function makeRowRoom(plan: WindowPlan, state: WindowState, rows: RowsLayout, initialCapacity: number): void {
  const { slab } = state;
  const capacity = (slab[rows.capacity] ?? 0) | 0;
  if (capacity === 0) {
    const end = slab.length;
    insertSlots(plan, state, end, initialCapacity * ROW);
    state.slab[rows.offset] = end;
    state.slab[rows.capacity] = initialCapacity;
  } else if (slab[rows.size] === capacity) {
    insertSlots(plan, state, firstRow(slab, rows) + capacity * ROW, capacity * ROW);
    state.slab[rows.capacity] = capacity * 2;
  }
}

/** Opens a row at a place; the rows from there on move up. There has to be room. O(rows behind). */
export function openRowAt(slab: Float64Array, rows: RowsLayout, place: number): number {
  const first = firstRow(slab, rows);
  const size = rowCount(slab, rows);
  const row = first + place * ROW;
  if (place < size) slab.copyWithin(row + ROW, row, first + size * ROW);
  slab[rows.size] = size + 1;
  return row;
}

/** Takes out some rows; those behind them move down. O(rows behind). */
export function closeRows(slab: Float64Array, rows: RowsLayout, place: number, count: number): void {
  if (count === 0) return;
  const first = firstRow(slab, rows);
  const end = first + rowCount(slab, rows) * ROW;
  const row = first + place * ROW;
  slab.copyWithin(row, row + count * ROW, end);
  slab.fill(0, end - count * ROW, end);
  slab[rows.size] = (end - first) / ROW - count;
}
