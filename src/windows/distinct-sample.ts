import type { SampleLayout, TableLayout, WindowPlan } from './layout.ts';
import { dropUntil, lowerCounts, placeOfValue, placeRow, raiseCounts, timeAt } from './recent-rows.ts';
import { closeRows, firstRow, makeRowRoom, ROW, rowCount } from './rows.ts';
import { retainedAfter } from './runs.ts';
import type { WindowState } from './state.ts';

/** Values that a sample holds at most; it is never less than half full once it has thinned out. */
export const SAMPLE_VALUES_MAX = 512;

const INITIAL_ROWS = 16;

/** The values counted one by one are 256; of those beyond, each row of a sample stands for so many. */
export function weightOf(slab: Float64Array, sample: SampleLayout): number {
  return 2 ** (slab[sample.level] ?? 0);
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
export function advanceSample(slab: Float64Array, table: TableLayout, sample: SampleLayout, now: number): void {
  const boundary = forgottenUntil(slab, table, now);
  if ((slab[sample.latest] ?? 0) <= boundary) {
    dropUntil(slab, sample.rows, boundary);
    slab[sample.level] = 0;
  }
  lowerCounts(slab, sample.rows, table.boundaries, sample.counts);
}

/** Takes a value out that is kept one by one from now on. O(rows) for a value that belongs to the sample. */
export function forgetInSample(slab: Float64Array, table: TableLayout, sample: SampleLayout, value: number): void {
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
  const { sample } = table;
  if (sample === null) return;
  const { rows } = sample;
  const boundary = forgottenUntil(state.slab, table, now);
  if (atMs <= boundary) return;
  if (state.slab[rows.capacity] === 0) {
    makeRowRoom(plan, state, rows, INITIAL_ROWS);
    state.slab[sample.latest] = atMs;
  }
  if (atMs > (state.slab[sample.latest] ?? 0)) state.slab[sample.latest] = atMs;
  if (!belongs(state.slab, sample, value)) return;
  if (rowCount(state.slab, rows) === SAMPLE_VALUES_MAX) dropUntil(state.slab, rows, boundary);
  while (rowCount(state.slab, rows) === SAMPLE_VALUES_MAX) thinOut(state.slab, table, sample);
  if (!belongs(state.slab, sample, value)) {
    raiseCounts(state.slab, rows, table.boundaries, sample.counts);
    return;
  }
  const found = placeOfValue(state.slab, rows, value);
  if (found < 0) makeRowRoom(plan, state, rows, INITIAL_ROWS);
  else if (timeAt(state.slab, rows, found) >= atMs) return;
  placeRow(state.slab, rows, found < 0 ? rowCount(state.slab, rows) : found, value, atMs);
  lowerCounts(state.slab, rows, table.boundaries, sample.counts);
  raiseCounts(state.slab, rows, table.boundaries, sample.counts);
}
