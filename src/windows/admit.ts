import { AMOUNT_MINOR_MAX } from '../domain/limits.ts';
import { addEvent, removeEvent } from './aggregates.ts';
import { follow, locate, measure } from './geography.ts';
import { moveHorizons } from './horizons.ts';
import type { LifeLayout, TableLayout, WindowPlan } from './layout.ts';
import {
  EVENTS,
  LAST_AT,
  LAST_BITS,
  LAST_KEPT,
  LAST_SEQUENCE,
  NOW,
  RING_END,
  RING_START,
  ROW_BITS,
  ROW_NUMBERS,
} from './layout.ts';
import { advanceTables, isFirstTime, noteValue, recountTables } from './recency-table.ts';
import { advanceWindows, makeRoomForEvent, openRow, refreshStale, rowOf } from './ring.ts';
import { closeRuns, enterRun } from './runs.ts';
import { addToSpreads, removeFromSpreads } from './spread.ts';
import type { Observation, WindowState } from './state.ts';

/** What `admit` says of an event, as flags; 0 for an event in order. */
export type AdmitResult = number;
/** The event is older than one admitted before. */
export const ADMITTED_LATE = 1;
/** The event is older than the largest window of counts and amounts, so that it is in none of them. */
export const ADMITTED_EXPIRED = 2;

/** Lets windows, runs and tables end at `now`, which is not before the time they ended at. */
export function advanceTo(plan: WindowPlan, state: WindowState, now: number): void {
  const { slab } = state;
  slab[NOW] = now;
  moveHorizons(plan, slab, now);
  if (plan.windows.length > 0) advanceWindows(plan, slab);
  if (plan.runs.length > 0) closeRuns(plan, state, now);
  if (plan.tables.length > 0) advanceTables(plan, slab, now);
}

/** Counts the event admitted last in every window that it is inside of, by the bits given. */
function addToWindows(plan: WindowPlan, state: WindowState, atMs: number, bits: number): void {
  const { slab } = state;
  for (const window of plan.windows) {
    if (atMs > (slab[window.boundary] ?? 0)) addEvent(slab, window, window.block, bits, plan.lastNumbers, atMs);
  }
  if (!plan.hasSpreads) return;
  for (const { boundary, spreads } of plan.windows) {
    if (atMs > (state.slab[boundary] ?? 0)) addToSpreads(plan, state, spreads, bits, plan.lastNumbers, 0);
  }
}

/** An amount that the sums can hold exactly: whole, within the limit, 0 for what is no number, and never -0. */
function wholeAmount(number: number): number {
  if (Number.isNaN(number)) return 0;
  return Math.round(Math.min(AMOUNT_MINOR_MAX, Math.max(-AMOUNT_MINOR_MAX, number))) + 0;
}

/** Notes the event as the last one: `settle`, and the features about the current event, go by it. */
function noteLast(plan: WindowPlan, slab: Float64Array, event: Observation): void {
  slab[LAST_AT] = event.atMs;
  slab[LAST_BITS] = event.selectorBits;
  for (let index = 0; index < event.numbers.length; index++) {
    slab[plan.lastNumbers + index] = wholeAmount(event.numbers[index] ?? 0);
  }
  for (let index = 0; index < event.values.length; index++) slab[plan.lastValues + index] = event.values[index] ?? 0;
  if (plan.tracks.length > 0) locate(slab, event.latitude, event.longitude);
}

function keepInWindows(plan: WindowPlan, state: WindowState, now: number, atMs: number, bits: number): void {
  makeRoomForEvent(plan, state);
  const slab = state.slab;
  slab[LAST_KEPT] = 1;
  const sequence = openRow(plan, slab, now, atMs);
  slab[LAST_SEQUENCE] = sequence;
  const row = rowOf(plan, slab, sequence);
  slab[row] = atMs;
  slab[row + ROW_BITS] = bits;
  for (let column = 0; column < plan.rowLength - ROW_NUMBERS; column++) {
    slab[row + ROW_NUMBERS + column] = slab[plan.lastNumbers + column] ?? 0;
  }
  addToWindows(plan, state, atMs, bits);
}

function passTable(plan: WindowPlan, state: WindowState, table: TableLayout, bits: number, now: number): void {
  const slab = state.slab;
  const value = slab[table.value] ?? 0;
  if (table.remembers) {
    const isFirst = (bits & table.presentBit) !== 0 && isFirstTime(slab, table, value);
    slab[table.fresh] = isFirst ? 1 : 0;
  }
  if ((bits & table.bit) !== 0 && value !== 0) noteValue(plan, state, table, value, now, slab[LAST_AT] ?? 0);
}

/** Seconds from a life's latest event to a time: 0 before there is one, and for a time before it. */
export function idleSeconds(slab: Float64Array, life: LifeLayout, atMs: number): number {
  return slab[life.seen] === 1 ? Math.max(0, atMs - (slab[life.latest] ?? 0)) / 1000 : 0;
}

function live(slab: Float64Array, life: LifeLayout, atMs: number): void {
  const isFirst = slab[life.seen] === 0;
  slab[life.seen] = 1;
  if (isFirst || atMs < (slab[life.first] ?? 0)) slab[life.first] = atMs;
  if (isFirst || atMs > (slab[life.latest] ?? 0)) slab[life.latest] = atMs;
}

/** Whether one of the windows holds a time; the last one, which is the largest, reaches back furthest as a rule. */
function isInAnyWindow(plan: WindowPlan, slab: Float64Array, atMs: number): boolean {
  for (let index = plan.windows.length - 1; index >= 0; index--) {
    const window = plan.windows[index];
    if (window !== undefined && atMs > (slab[window.boundary] ?? 0)) return true;
  }
  return false;
}

/**
 * Adds an event, the features about the current event being about it from now on. The windows end at the largest event
 * time seen, selected or not; a late event is put where it belongs and leaves the same windows as if it had come in
 * order. Answers
 * `ADMITTED_` flags. O(1) amortized, whatever is in the windows; a late event moves at most 512 rows.
 */
export function admit(plan: WindowPlan, state: WindowState, event: Observation): AdmitResult {
  const { atMs, selectorBits } = event;
  const before = state.slab[NOW] ?? 0;
  const events = state.slab[EVENTS] ?? 0;
  const isLate = events > 0 && atMs < before;
  const now = isLate ? before : atMs;
  let result = isLate ? ADMITTED_LATE : 0;
  state.slab[EVENTS] = events + 1;
  noteLast(plan, state.slab, event);
  if (!isLate) advanceTo(plan, state, now);
  const mayCount = (selectorBits | event.outcomeBits) !== 0;
  if (mayCount && isInAnyWindow(plan, state.slab, atMs)) {
    keepInWindows(plan, state, now, atMs, selectorBits);
  } else {
    state.slab[LAST_KEPT] = 0;
    if (mayCount && plan.windows.length > 0) result |= ADMITTED_EXPIRED;
  }
  refreshStale(plan, state.slab);
  for (const run of plan.runs) if ((selectorBits & run.bit) !== 0) enterRun(plan, state, run, now, selectorBits);
  for (const table of plan.tables) passTable(plan, state, table, selectorBits, now);
  if (plan.runs.length > 0) recountTables(plan, state.slab);
  const slab = state.slab;
  for (const track of plan.tracks) {
    measure(slab, track, selectorBits, atMs);
    if ((selectorBits & track.bit) !== 0) follow(slab, track, atMs);
  }
  for (const life of plan.lives) {
    slab[life.idle] = idleSeconds(slab, life, atMs);
    if ((selectorBits & life.bit) !== 0) live(slab, life, atMs);
  }
  return result;
}

/**
 * Adds selector bits, those of its outcome, to the event admitted last. Bits that it has already do nothing, and the
 * features about the current event stay as they were. O(1), with a look-up for each table that the bits select.
 */
export function settle(plan: WindowPlan, state: WindowState, bits: number): void {
  const known = (state.slab[LAST_BITS] ?? 0) | 0;
  const added = bits & ~known;
  if (added === 0 || state.slab[EVENTS] === 0) return;
  state.slab[LAST_BITS] = known | added;
  const atMs = state.slab[LAST_AT] ?? 0;
  const now = state.slab[NOW] ?? 0;
  if (state.slab[LAST_KEPT] === 1) {
    const row = rowOf(plan, state.slab, (state.slab[LAST_SEQUENCE] ?? 0) | 0);
    state.slab[row + ROW_BITS] = known | added;
    addToWindows(plan, state, atMs, added);
  }
  for (const run of plan.runs) if ((added & run.bit) !== 0) enterRun(plan, state, run, now, added);
  for (const table of plan.tables) {
    const value = state.slab[table.value] ?? 0;
    if ((added & table.bit) !== 0 && value !== 0) noteValue(plan, state, table, value, now, atMs);
  }
  if (plan.runs.length > 0) recountTables(plan, state.slab);
  for (const track of plan.tracks) if ((added & track.bit) !== 0) follow(state.slab, track, atMs);
  for (const life of plan.lives) if ((added & life.bit) !== 0) live(state.slab, life, atMs);
}

/** Sequence number of an event of this time and amount that has all of `clearBits` and none of `setBits`, or -1. */
function findEvent(
  plan: WindowPlan,
  slab: Float64Array,
  atMs: number,
  amountMinor: number,
  clearBits: number,
  setBits: number,
): number {
  const column = plan.numericFields.indexOf('amount');
  let low = (slab[RING_START] ?? 0) | 0;
  const end = (slab[RING_END] ?? 0) | 0;
  for (let high = end; low < high; ) {
    const middle = (low + high) >> 1;
    if ((slab[rowOf(plan, slab, middle)] ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  for (let sequence = low; sequence < end; sequence++) {
    const row = rowOf(plan, slab, sequence);
    if (slab[row] !== atMs) return -1;
    if (column >= 0 && slab[row + ROW_NUMBERS + column] !== amountMinor) continue;
    if (((slab[row + ROW_BITS] ?? 0) & (clearBits | setBits)) === clearBits) return sequence;
  }
  return -1;
}

/** Counts an event of the ring, whose bits have changed, in the spreads of every window that it is in. */
function addAgain(plan: WindowPlan, state: WindowState, sequence: number, bits: number): void {
  for (const { head, spreads } of plan.windows) {
    if (sequence < (state.slab[head] ?? 0)) continue;
    addToSpreads(plan, state, spreads, bits, rowOf(plan, state.slab, sequence) + ROW_NUMBERS, 0);
  }
}

/**
 * Corrects the outcome of an event: takes away `clearBits` and adds `setBits` in every window that it is still in.
 * The event is one of this time and amount that has all of the former and none of the latter. False, and nothing
 * changed, when the ring holds none: it has left the windows, or was beyond the 512 that are kept one by one. What
 * `distinct`, `first_time`, sessions, unbounded windows, geography, age and idle time know of an outcome is not taken
 * back, nor added.
 * O(log events + events of that very time).
 */
export function reclassify(
  plan: WindowPlan,
  state: WindowState,
  atMs: number,
  amountMinor: number,
  clearBits: number,
  setBits: number,
): boolean {
  const slab = state.slab;
  if (plan.windows.length === 0) return false;
  const sequence = findEvent(plan, slab, atMs, wholeAmount(amountMinor), clearBits, setBits);
  if (sequence < 0) return false;
  const row = rowOf(plan, slab, sequence);
  const bits = ((slab[row + ROW_BITS] ?? 0) & ~clearBits) | setBits;
  slab[row + ROW_BITS] = bits;
  if (slab[LAST_KEPT] === 1 && slab[LAST_SEQUENCE] === sequence) slab[LAST_BITS] = bits;
  for (const window of plan.windows) {
    if (sequence < (slab[window.head] ?? 0)) continue;
    removeEvent(slab, window, clearBits, row + ROW_NUMBERS, atMs, plan.stale);
    addEvent(slab, window, window.block, setBits, row + ROW_NUMBERS, atMs);
    if (window.spreads.length > 0) removeFromSpreads(slab, window, clearBits, row + ROW_NUMBERS);
  }
  refreshStale(plan, slab);
  if (plan.hasSpreads) addAgain(plan, state, sequence, setBits);
  return true;
}
