import { DISTINCT_VALUES_MAX } from '../domain/limits.ts';
import { advanceSample, forgetInSample, noteBeyond, recountSample } from './distinct-sample.ts';
import type { TableLayout, WindowPlan } from './layout.ts';
import { SAMPLES } from './layout.ts';
import { dropUntil, placeOfValue, placeRow, raiseCounts, timeAt } from './recent-rows.ts';
import { closeRows, firstRow, makeRowRoom, ROW, rowCount } from './rows.ts';
import type { WindowState } from './state.ts';

/** Whether others but not this value are in the table. */
export function isFirstTime(slab: Float64Array, table: TableLayout, value: number): boolean {
  return value !== 0 && rowCount(slab, table.rows) > 0 && placeOfValue(slab, table.rows, value) < 0;
}

/**
 * Lets the distinct counts of every table end at `now`. A count is the number of rows in front that are after its
 * boundary. O(1) amortized.
 */
export function advanceTables(plan: WindowPlan, slab: Float64Array, now: number): void {
  const scan = plan.countScan;
  for (let index = 0; index < scan.length; index += 3) {
    const slot = scan[index + 1] ?? 0;
    const before = (slab[slot] ?? 0) | 0;
    if (before === 0) continue;
    const beforeFirst = ((slab[scan[index] ?? 0] ?? 0) | 0) - 1;
    const boundary = slab[scan[index + 2] ?? 0] ?? 0;
    let count = before;
    while (count > 0 && (slab[beforeFirst + count * ROW] ?? 0) <= boundary) count--;
    if (count !== before) slab[slot] = count;
  }
  if (slab[SAMPLES] === 0) return;
  for (const table of plan.tables) {
    if (slab[table.sample] !== 0) advanceSample(slab, table, now);
  }
}

/**
 * Makes room for a row. Where 256 are kept the oldest goes to the sample, or the new one where it would be the oldest:
 * false then.
 */
function makeRoom(
  plan: WindowPlan,
  state: WindowState,
  table: TableLayout,
  now: number,
  value: number,
  atMs: number,
): boolean {
  const { rows } = table;
  if (rowCount(state.slab, rows) < (state.slab[rows.capacity] ?? 0)) return true;
  if (!table.remembers && table.runs.length === 0) dropUntil(state.slab, rows, now - table.retentionMs);
  const size = rowCount(state.slab, rows);
  if (size < DISTINCT_VALUES_MAX) {
    makeRowRoom(plan, state, rows, 0);
    return true;
  }
  const oldest = timeAt(state.slab, rows, size - 1);
  if (oldest > atMs) {
    noteBeyond(plan, state, table, now, value, atMs);
    return false;
  }
  const given = state.slab[firstRow(state.slab, rows) + (size - 1) * ROW] ?? 0;
  closeRows(state.slab, rows, size - 1, 1);
  for (let index = 0; index < table.boundaries.length; index++) {
    const slot = table.counts + index;
    state.slab[slot] = Math.min(state.slab[slot] ?? 0, size - 1);
  }
  noteBeyond(plan, state, table, now, given, oldest);
  return true;
}

/**
 * Notes that a value was seen at `atMs`, `now` being the largest time seen. The table holds each value with its latest
 * time whatever the order of the calls: the 256 seen last one by one, the others in a sample. O(values), at most 256,
 * and O(1) for the value seen last.
 */
export function noteValue(
  plan: WindowPlan,
  state: WindowState,
  table: TableLayout,
  value: number,
  now: number,
  atMs: number,
): void {
  const { rows } = table;
  const found = placeOfValue(state.slab, rows, value);
  if (found >= 0 && timeAt(state.slab, rows, found) >= atMs) return;
  if (found < 0) {
    if (!table.remembers && table.runs.length === 0 && atMs <= now - table.retentionMs) return;
    if (!makeRoom(plan, state, table, now, value, atMs)) return;
    if (state.slab[table.sample] !== 0) forgetInSample(state.slab, table, value);
  }
  const { slab } = state;
  const was = found < 0 ? rowCount(slab, rows) : found;
  placeRow(slab, rows, was, value, atMs);
  let slot = table.counts;
  for (const boundary of table.boundaries) {
    const count = slab[slot] ?? 0;
    if (was >= count && atMs > (slab[boundary] ?? 0)) slab[slot] = count + 1;
    slot++;
  }
}

/** Counts anew after a boundary may have moved back, as it does where a late event joins two sessions. */
export function recountTables(plan: WindowPlan, slab: Float64Array): void {
  for (const table of plan.tables) {
    if (table.runs.length === 0) continue;
    raiseCounts(slab, table.rows, table.boundaries, table.counts);
    if (slab[table.sample] !== 0) recountSample(slab, table);
  }
}
