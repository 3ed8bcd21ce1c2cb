import type { RowsLayout, SpreadLayout, WindowLayout, WindowPlan } from './layout.ts';
import { closeRows, firstRow, makeRowRoom, openRowAt, ROW, rowCount } from './rows.ts';
import type { WindowState } from './state.ts';

/** Relative error of a quantile. */
export const QUANTILE_ERROR = 0.01;

/** Keys of one tag or pane; more than there are buckets up to the largest amount, which is 1498. */
export const BUCKETS = 2048;

/** Rows that come first have room for so many. */
const INITIAL_ROWS = 4;

/** Width of a bucket: its upper end is this much above its lower end. */
const GAMMA = (1 + QUANTILE_ERROR) / (1 - QUANTILE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);

/** Below this many minor units the middle of a bucket, rounded, is the amount itself. */
const WHOLE_BELOW = 50;

/**
 * Logarithmic bucket of an amount in minor units, as in DDSketch (Masson, Rim and Lee, 2019): bucket n + 1 takes
 * (gamma^(n-1), gamma^n]; everything below 1 falls into bucket 0.
 */
export function bucketOf(number: number): number {
  return number < 1 ? 0 : Math.ceil(Math.log(number) / LOG_GAMMA - 1e-9) + 1;
}

/** The amount that stands for all of a bucket, within `QUANTILE_ERROR` of each; exact below 50 minor units. */
export function amountOf(bucket: number): number {
  if (bucket === 0) return 0;
  const middle = (2 * GAMMA ** (bucket - 1)) / (GAMMA + 1);
  return middle < WHOLE_BELOW ? Math.round(middle) : middle;
}

/** Place of the first row whose key is not below `key`. O(log rows). */
export function placeOfKey(slab: Float64Array, rows: RowsLayout, key: number): number {
  const first = firstRow(slab, rows);
  let low = 0;
  for (let high = rowCount(slab, rows); low < high; ) {
    const middle = (low + high) >> 1;
    if ((slab[first + middle * ROW] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds to the count of a key. O(rows), of which there are at most as many as buckets in use. */
export function addKey(plan: WindowPlan, state: WindowState, rows: RowsLayout, key: number, count: number): void {
  const place = placeOfKey(state.slab, rows, key);
  const known = firstRow(state.slab, rows) + place * ROW;
  if (place < rowCount(state.slab, rows) && state.slab[known] === key) {
    state.slab[known + 1] = (state.slab[known + 1] ?? 0) + count;
    return;
  }
  makeRowRoom(plan, state, rows, INITIAL_ROWS);
  const row = openRowAt(state.slab, rows, place);
  state.slab[row] = key;
  state.slab[row + 1] = count;
}

function removeKey(slab: Float64Array, rows: RowsLayout, key: number, count: number): void {
  const place = placeOfKey(slab, rows, key);
  const row = firstRow(slab, rows) + place * ROW;
  if (place === rowCount(slab, rows) || slab[row] !== key) return;
  const left = (slab[row + 1] ?? 0) - count;
  if (left > 0) slab[row + 1] = left;
  else closeRows(slab, rows, place, 1);
}

/** Counts an event in the spreads that its bits select; `base` is added to its bucket. */
export function addToSpreads(
  plan: WindowPlan,
  state: WindowState,
  spreads: readonly SpreadLayout[],
  bits: number,
  numbers: number,
  base: number,
): void {
  for (const spread of spreads) {
    if ((bits & spread.bit) === 0) continue;
    addKey(plan, state, spread.rows, base + bucketOf(state.slab[numbers + spread.column] ?? 0), 1);
  }
}

/** Takes an event out of the spreads of a window. Never grows the slab. */
export function removeFromSpreads(slab: Float64Array, window: WindowLayout, bits: number, numbers: number): void {
  for (const spread of window.spreads) {
    if ((bits & spread.bit) !== 0) removeKey(slab, spread.rows, bucketOf(slab[numbers + spread.column] ?? 0), 1);
  }
}

/** Remembers when an event that stays counted, but not one by one, is to be taken out. Its number is at `numbers`. */
export function foldIntoSpreads(
  plan: WindowPlan,
  state: WindowState,
  window: WindowLayout,
  bits: number,
  atMs: number,
  numbers: number,
): void {
  for (const spread of window.spreads) {
    if ((bits & spread.bit) === 0 || spread.folded === null) continue;
    const bucket = bucketOf(state.slab[numbers + spread.column] ?? 0);
    addKey(plan, state, spread.folded, Math.floor(atMs / spread.paneMs) * BUCKETS + bucket, 1);
  }
}

/** Takes out what was folded and has left the window. O(rows that leave), and a move of those that stay. */
export function expireFolded(slab: Float64Array, window: WindowLayout, boundary: number): void {
  for (const { rows, folded, paneMs } of window.spreads) {
    if (folded === null) continue;
    const first = firstRow(slab, folded);
    const left = placeOfKey(slab, folded, Math.floor((boundary + 1) / paneMs) * BUCKETS);
    for (let row = first; row < first + left * ROW; row += ROW) {
      const key = slab[row] ?? 0;
      removeKey(slab, rows, key - Math.floor(key / BUCKETS) * BUCKETS, slab[row + 1] ?? 0);
    }
    closeRows(slab, folded, 0, left);
  }
}

/** Counts what one tag has under another one from now on; with `into` 0 it is forgotten. O(rows^2) at worst. */
export function moveTag(plan: WindowPlan, state: WindowState, rows: RowsLayout, from: number, into: number): void {
  for (;;) {
    const place = placeOfKey(state.slab, rows, from * BUCKETS);
    const row = firstRow(state.slab, rows) + place * ROW;
    const key = state.slab[row] ?? 0;
    if (place >= rowCount(state.slab, rows) || key >= (from + 1) * BUCKETS) return;
    const count = state.slab[row + 1] ?? 0;
    closeRows(state.slab, rows, place, 1);
    if (into !== 0) addKey(plan, state, rows, key + (into - from) * BUCKETS, count);
  }
}
