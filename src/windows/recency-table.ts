import { DISTINCT_VALUES_MAX } from '../domain/limits.ts';
import type { TableLayout, WindowPlan } from './layout.ts';
import type { WindowState } from './state.ts';
import { insertSlots } from './state.ts';

/** A table row is a value and the latest time that it was seen; rows are kept newest first. */
const ROW = 2;

/** Place of a value in its table, or -1. O(values), at most 256; values in use are found first. */
function placeOf(slab: Float64Array, table: TableLayout, value: number): number {
  const offset = (slab[table.offset] ?? 0) | 0;
  const end = offset + ((slab[table.size] ?? 0) | 0) * ROW;
  for (let row = offset; row < end; row += ROW) {
    if (slab[row] === value) return (row - offset) / ROW;
  }
  return -1;
}

/** Whether others but not this value are in the table. */
export function isFirstTime(slab: Float64Array, table: TableLayout, value: number): boolean {
  return value !== 0 && (slab[table.size] ?? 0) > 0 && placeOf(slab, table, value) < 0;
}

/** Lets the distinct counts of a table end at `now`. A count is the number of rows in front. O(1) amortized. */
export function advanceTable(slab: Float64Array, table: TableLayout, now: number): void {
  const times = ((slab[table.offset] ?? 0) | 0) + 1;
  let slot = table.counts;
  for (const sizeMs of table.sizesMs) {
    const before = (slab[slot] ?? 0) | 0;
    let count = before;
    while (count > 0 && (slab[times + (count - 1) * ROW] ?? 0) <= now - sizeMs) count--;
    if (count !== before) slab[slot] = count;
    slot++;
  }
}

/** Drops the rows behind the largest window, which no count needs; a table that remembers keeps them. */
function purge(slab: Float64Array, table: TableLayout, now: number): void {
  if (table.remembers) return;
  const offset = (slab[table.offset] ?? 0) | 0;
  let size = (slab[table.size] ?? 0) | 0;
  while (size > 0 && (slab[offset + (size - 1) * ROW + 1] ?? 0) <= now - table.retentionMs) {
    size--;
    slab[offset + size * ROW] = 0;
    slab[offset + size * ROW + 1] = 0;
  }
  slab[table.size] = size;
}

/** Makes room for a row, giving up the oldest where 256 are kept. False when the new one would be the oldest. */
function makeRoom(plan: WindowPlan, state: WindowState, table: TableLayout, now: number, atMs: number): boolean {
  const slab = state.slab;
  const capacity = (slab[table.capacity] ?? 0) | 0;
  if (slab[table.size] !== capacity) return true;
  purge(slab, table, now);
  if (slab[table.size] !== capacity) return true;
  const end = ((slab[table.offset] ?? 0) | 0) + capacity * ROW;
  if (capacity < DISTINCT_VALUES_MAX) {
    insertSlots(plan, state, end, capacity * ROW);
    state.slab[table.capacity] = capacity * 2;
    return true;
  }
  if ((slab[end - 1] ?? 0) > atMs) return false;
  slab[table.size] = capacity - 1;
  for (let index = 0; index < table.sizesMs.length; index++) {
    slab[table.counts + index] = Math.min(slab[table.counts + index] ?? 0, capacity - 1);
  }
  return true;
}

/**
 * Notes that a value was seen at `atMs`, `now` being the largest time seen. The table holds each value with its latest
 * time whatever the order of the calls. Exact for 256 values; beyond that the value seen longest ago is given up, so
 * that a distinct count is a lower bound. O(values), at most 256, and O(1) for the value seen last.
 */
export function noteValue(
  plan: WindowPlan,
  state: WindowState,
  table: TableLayout,
  value: number,
  now: number,
  atMs: number,
): void {
  const found = placeOf(state.slab, table, value);
  if (found >= 0 && (state.slab[((state.slab[table.offset] ?? 0) | 0) + found * ROW + 1] ?? 0) >= atMs) return;
  if (found < 0) {
    if (!table.remembers && atMs <= now - table.retentionMs) return;
    if (!makeRoom(plan, state, table, now, atMs)) return;
  }
  const slab = state.slab;
  const size = (slab[table.size] ?? 0) | 0;
  if (found < 0) slab[table.size] = size + 1;
  const was = found < 0 ? size : found;
  const offset = (slab[table.offset] ?? 0) | 0;
  let row = offset + was * ROW;
  while (row > offset && (slab[row - 1] ?? 0) <= atMs) {
    slab[row] = slab[row - 2] ?? 0;
    slab[row + 1] = slab[row - 1] ?? 0;
    row -= ROW;
  }
  slab[row] = value;
  slab[row + 1] = atMs;
  let slot = table.counts;
  for (const sizeMs of table.sizesMs) {
    const count = slab[slot] ?? 0;
    if (was >= count && atMs > now - sizeMs) slab[slot] = count + 1;
    slot++;
  }
}
