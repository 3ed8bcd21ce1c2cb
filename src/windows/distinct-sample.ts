import type { SampleLayout, TableLayout, WindowPlan } from './layout.ts';
import { SAMPLES } from './layout.ts';
import { dropUntil, lowerCounts, placeOfValue, placeRow, raiseCounts, timeAt } from './recent-rows.ts';
import { closeRows, firstRow, makeRowRoom, ROW, rowCount } from './rows.ts';
import { retainedAfter } from './runs.ts';
import type { WindowState } from './state.ts';
import { insertSlots } from './state.ts';

/** Values that a sample holds at most; it is never less than half full once it has thinned out. */
export const SAMPLE_VALUES_MAX = 512;

const INITIAL_ROWS = 16;

/** Slots of a sample before its counts: offset, capacity and size of its rows, level and latest time. */
const HEADER_SLOTS = 5;

function headerSlots(table: TableLayout): number {
  return HEADER_SLOTS + table.boundaries.length;
}

/** Slots of a sample as it stands. */
export function sampleSlots(slab: Float64Array, table: TableLayout): number {
  const start = (slab[table.sample] ?? 0) | 0;
  return headerSlots(table) + (slab[start + 1] ?? 0) * ROW;
}

/** Where a sample is, as long as the slab does not grow. */
function sampleOf(slab: Float64Array, table: TableLayout): SampleLayout {
  const start = (slab[table.sample] ?? 0) | 0;
  const rows = { offset: start, capacity: start + 1, size: start + 2 };
  slab[start] = start + headerSlots(table);
  return { rows, level: start + 3, latest: start + 4, counts: start + HEADER_SLOTS };
}

function createSample(plan: WindowPlan, state: WindowState, table: TableLayout, latest: number): void {
  const end = state.slab.length;
  insertSlots(plan, state, end, headerSlots(table) + INITIAL_ROWS * ROW);
  state.slab[table.sample] = end;
  state.slab[SAMPLES] = (state.slab[SAMPLES] ?? 0) + 1;
  const { rows, latest: slot } = sampleOf(state.slab, table);
  state.slab[rows.capacity] = INITIAL_ROWS;
  state.slab[slot] = latest;
}

/** Values beyond those kept one by one that are after the boundary of a place: each row stands for 2^level. */
export function countBeyond(slab: Float64Array, table: TableLayout, place: number): number {
  const sample = sampleOf(slab, table);
  return (slab[sample.counts + place] ?? 0) * 2 ** (slab[sample.level] ?? 0);
}

/** Counts anew after a boundary may have moved back. */
export function recountSample(slab: Float64Array, table: TableLayout): void {
  const sample = sampleOf(slab, table);
  raiseCounts(slab, sample.rows, table.boundaries, sample.counts);
}

/**
 * Whether a value belongs to a sample: where `level` bits of its hash are 0. Adaptive sampling by Wegman (Flajolet,
 * 1990), with the latest time of each value, so that one sample serves windows of any size. The standard error of a
 * count is 1 / sqrt(rows) of the part beyond the values kept one by one: below 7 % for 256 rows and more.
 */
function belongs(slab: Float64Array, sample: SampleLayout, value: number): boolean {
  const level = slab[sample.level] ?? 0;
  return level === 0 || Math.imul(value | 0, 0x9e3779b1) >>> (32 - level) === 0;
}

/** The last time that no feature of the table can ask for any more. */
function forgottenUntil(slab: Float64Array, table: TableLayout, now: number): number {
  let boundary = now - table.retentionMs;
  for (const run of table.runs) boundary = Math.min(boundary, retainedAfter(slab, run));
  return boundary;
}

/** Lets the counts of a sample end at `now`, and empties it when all that it stands for has left the windows. */
export function advanceSample(slab: Float64Array, table: TableLayout, now: number): void {
  const sample = sampleOf(slab, table);
  const boundary = forgottenUntil(slab, table, now);
  if ((slab[sample.latest] ?? 0) <= boundary) {
    dropUntil(slab, sample.rows, boundary);
    slab[sample.level] = 0;
  }
  lowerCounts(slab, sample.rows, table.boundaries, sample.counts);
}

/** Takes a value out that is kept one by one from now on. O(rows) for a value that belongs to the sample. */
export function forgetInSample(slab: Float64Array, table: TableLayout, value: number): void {
  const sample = sampleOf(slab, table);
  if (rowCount(slab, sample.rows) === 0 || !belongs(slab, sample, value)) return;
  const place = placeOfValue(slab, sample.rows, value);
  if (place < 0) return;
  closeRows(slab, sample.rows, place, 1);
  for (let index = 0; index < table.boundaries.length; index++) {
    const slot = sample.counts + index;
    if (place < (slab[slot] ?? 0)) slab[slot] = (slab[slot] ?? 0) - 1;
  }
}

/** Takes in one bit of the hash more, which drops about half of the rows. */
function thinOut(slab: Float64Array, table: TableLayout, sample: SampleLayout): void {
  slab[sample.level] = (slab[sample.level] ?? 0) + 1;
  const first = firstRow(slab, sample.rows);
  const size = rowCount(slab, sample.rows);
  let kept = 0;
  for (let row = first; row < first + size * ROW; row += ROW) {
    if (!belongs(slab, sample, slab[row] ?? 0)) continue;
    slab.copyWithin(first + kept * ROW, row, row + ROW);
    kept++;
  }
  closeRows(slab, sample.rows, kept, size - kept);
  slab.fill(0, sample.counts, sample.counts + table.boundaries.length);
}

/** Notes a value that is not, or no longer, kept one by one. O(rows), at most 512, with a chance of 1 in 2^level. */
export function noteBeyond(
  plan: WindowPlan,
  state: WindowState,
  table: TableLayout,
  now: number,
  value: number,
  atMs: number,
): void {
  const boundary = forgottenUntil(state.slab, table, now);
  if (table.boundaries.length === 0 || atMs <= boundary) return;
  if (state.slab[table.sample] === 0) createSample(plan, state, table, atMs);
  const { slab } = state;
  const sample = sampleOf(slab, table);
  if (atMs > (slab[sample.latest] ?? 0)) slab[sample.latest] = atMs;
  if (!belongs(slab, sample, value)) return;
  if (rowCount(slab, sample.rows) === SAMPLE_VALUES_MAX) dropUntil(slab, sample.rows, boundary);
  while (rowCount(slab, sample.rows) === SAMPLE_VALUES_MAX) thinOut(slab, table, sample);
  if (belongs(slab, sample, value)) placeSampled(plan, state, table, value, atMs);
  recountSample(state.slab, table);
}

function placeSampled(plan: WindowPlan, state: WindowState, table: TableLayout, value: number, atMs: number): void {
  const { rows, counts } = sampleOf(state.slab, table);
  const found = placeOfValue(state.slab, rows, value);
  if (found >= 0 && timeAt(state.slab, rows, found) >= atMs) return;
  if (found < 0) makeRowRoom(plan, state, rows, INITIAL_ROWS);
  placeRow(state.slab, rows, found < 0 ? rowCount(state.slab, rows) : found, value, atMs);
  lowerCounts(state.slab, rows, table.boundaries, counts);
}
