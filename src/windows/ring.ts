import { EXACT_EVENTS_MAX } from '../domain/limits.ts';
import { removeEvent, STALE_FIRST, STALE_LAST, STALE_MAX, STALE_MIN } from './aggregates.ts';
import type { Group, WindowLayout, WindowPlan } from './layout.ts';
import { RING_CAPACITY, RING_END, RING_OFFSET, RING_START, ROW_BITS, ROW_NUMBERS } from './layout.ts';
import { addToPanes, expirePanes } from './panes.ts';
import { removeFromSpreads } from './spread.ts';
import type { WindowState } from './state.ts';
import { insertSlots } from './state.ts';

/** Slot of the ring row that holds the event of a sequence number. */
export function rowOf(plan: WindowPlan, slab: Float64Array, sequence: number): number {
  const mask = ((slab[RING_CAPACITY] ?? 0) | 0) - 1;
  return ((slab[RING_OFFSET] ?? 0) | 0) + (sequence & mask) * plan.rowLength;
}

/**
 * Lets every window end where the boundaries say: its head passes the events that have left, panes expire, and the rows
 * that no window holds any more are freed. Leaves stale marks behind, see `refreshStale`. O(1) amortized over events.
 */
export function advanceWindows(plan: WindowPlan, slab: Float64Array): void {
  const start = (slab[RING_START] ?? 0) | 0;
  const end = (slab[RING_END] ?? 0) | 0;
  let oldest = end;
  for (const window of plan.windows) {
    const boundary = slab[window.boundary] ?? 0;
    let head = (slab[window.head] ?? 0) | 0;
    const before = head;
    while (head < end) {
      const row = rowOf(plan, slab, head);
      const atMs = slab[row] ?? 0;
      if (atMs > boundary) break;
      const bits = (slab[row + ROW_BITS] ?? 0) | 0;
      removeEvent(slab, window, bits, row + ROW_NUMBERS, atMs, plan.stale);
      if (window.spreads.length > 0) removeFromSpreads(slab, window, bits, row + ROW_NUMBERS);
      head++;
    }
    if (head !== before) slab[window.head] = head;
    if (head < oldest) oldest = head;
    if (slab[window.paneOffset] !== 0) expirePanes(slab, window, boundary);
  }
  if (oldest !== start) freeRows(plan, slab, start, oldest);
}

/** Clears the rows before `start`; sequence numbers begin again at the capacity, so that they stay small. */
function freeRows(plan: WindowPlan, slab: Float64Array, from: number, start: number): void {
  for (let sequence = from; sequence < start; sequence++) {
    const row = rowOf(plan, slab, sequence);
    for (let slot = row; slot < row + plan.rowLength; slot++) slab[slot] = 0;
  }
  const capacity = (slab[RING_CAPACITY] ?? 0) | 0;
  const wrapped = start >= capacity ? start & -capacity : 0;
  slab[RING_START] = start - wrapped;
  if (wrapped === 0) return;
  slab[RING_END] = (slab[RING_END] ?? 0) - wrapped;
  for (const window of plan.windows) slab[window.head] = (slab[window.head] ?? 0) - wrapped;
}

/** Doubles the ring: rows that had wrapped round move behind the others. */
function growRing(plan: WindowPlan, state: WindowState): void {
  const capacity = (state.slab[RING_CAPACITY] ?? 0) | 0;
  const offset = (state.slab[RING_OFFSET] ?? 0) | 0;
  const slots = capacity * plan.rowLength;
  insertSlots(plan, state, offset + slots, slots);
  const slab = state.slab;
  const wrapped = ((slab[RING_START] ?? 0) | 0) * plan.rowLength;
  slab.copyWithin(offset + slots, offset, offset + wrapped);
  slab.fill(0, offset, offset + wrapped);
  slab[RING_CAPACITY] = capacity * 2;
}

/** Moves the oldest event of a full ring to the panes of the windows that it is inside of. */
function foldOldest(plan: WindowPlan, state: WindowState): void {
  const start = (state.slab[RING_START] ?? 0) | 0;
  for (const window of plan.windows) {
    if (state.slab[window.head] !== start) continue;
    const row = rowOf(plan, state.slab, start);
    const bits = (state.slab[row + ROW_BITS] ?? 0) | 0;
    const atMs = state.slab[row] ?? 0;
    removeEvent(state.slab, window, bits, row + ROW_NUMBERS, atMs, plan.stale);
    state.slab[window.head] = start + 1;
    addToPanes(plan, state, window, bits, atMs, row + ROW_NUMBERS);
  }
  freeRows(plan, state.slab, start, start + 1);
}

/**
 * Finds room for one more event in the ring: the ring grows, or, where it holds 512, its oldest event goes to the
 * panes. O(1) amortized.
 */
export function makeRoomForEvent(plan: WindowPlan, state: WindowState): void {
  const held = ((state.slab[RING_END] ?? 0) | 0) - ((state.slab[RING_START] ?? 0) | 0);
  if (held === EXACT_EVENTS_MAX) foldOldest(plan, state);
  else if (held === state.slab[RING_CAPACITY]) growRing(plan, state);
}

/**
 * Opens a row for an event after all events that are not later, and answers its sequence number. O(1) in order; a late
 * event moves those after it, at most 511.
 */
export function openRow(plan: WindowPlan, slab: Float64Array, now: number, atMs: number): number {
  const start = (slab[RING_START] ?? 0) | 0;
  const end = (slab[RING_END] ?? 0) | 0;
  slab[RING_END] = end + 1;
  let sequence = end;
  let row = rowOf(plan, slab, sequence);
  while (sequence > start) {
    const before = rowOf(plan, slab, sequence - 1);
    if ((slab[before] ?? 0) <= atMs) break;
    for (let slot = 0; slot < plan.rowLength; slot++) slab[row + slot] = slab[before + slot] ?? 0;
    row = before;
    sequence--;
  }
  if (atMs < now) {
    for (const window of plan.windows) {
      if (atMs <= (slab[window.boundary] ?? 0)) slab[window.head] = (slab[window.head] ?? 0) + 1;
    }
  }
  return sequence;
}

/** Puts right what `removeEvent` marked. A scan for an extreme stops at the first event that is as extreme as known. */
export function refreshStale(plan: WindowPlan, slab: Float64Array): void {
  const { stale } = plan;
  if (stale[0] === 0) return;
  stale[0] = 0;
  for (const window of plan.windows) {
    for (const group of window.groups) {
      const marks = stale[group.index] ?? 0;
      if (marks === 0) continue;
      stale[group.index] = 0;
      if (slab[window.block + group.count] === 0) continue;
      if ((marks & STALE_MAX) !== 0) slab[window.block + group.max] = extremeOf(plan, slab, window, group, 1);
      if ((marks & STALE_MIN) !== 0) slab[window.block + group.min] = extremeOf(plan, slab, window, group, -1);
      if ((marks & STALE_FIRST) !== 0) findEnd(plan, slab, window, group, 1);
      if ((marks & STALE_LAST) !== 0) findEnd(plan, slab, window, group, -1);
    }
  }
}

/** The largest number of a group (sign 1), or the smallest (sign -1). */
function extremeOf(plan: WindowPlan, slab: Float64Array, window: WindowLayout, group: Group, sign: number): number {
  const head = (slab[window.head] ?? 0) | 0;
  const bound = sign * (slab[window.block + (sign > 0 ? group.max : group.min)] ?? 0);
  let extreme = Number.NEGATIVE_INFINITY;
  for (let sequence = ((slab[RING_END] ?? 0) | 0) - 1; sequence >= head && extreme < bound; sequence--) {
    const row = rowOf(plan, slab, sequence);
    if (((slab[row + ROW_BITS] ?? 0) & group.bit) === 0) continue;
    const number = sign * (slab[row + ROW_NUMBERS + group.column] ?? 0);
    if (number > extreme) extreme = number;
  }
  return sign * extreme;
}

/**
 * Finds the first event of a group (sign 1), or its last (sign -1): of those of one time the one with the smallest, or
 * largest, number. Passes each row that is not of the group once, until the next is removed.
 */
function findEnd(plan: WindowPlan, slab: Float64Array, window: WindowLayout, group: Group, sign: number): void {
  const head = (slab[window.head] ?? 0) | 0;
  const end = (slab[RING_END] ?? 0) | 0;
  const slot = window.block + (sign > 0 ? group.first : group.last);
  let found = false;
  for (let sequence = sign > 0 ? head : end - 1; sequence >= head && sequence < end; sequence += sign) {
    const row = rowOf(plan, slab, sequence);
    if (found && slab[row] !== slab[slot]) return;
    if (((slab[row + ROW_BITS] ?? 0) & group.bit) === 0) continue;
    const number = slab[row + ROW_NUMBERS + group.column] ?? 0;
    if (!found || sign * number < sign * (slab[slot + 1] ?? 0)) slab[slot + 1] = number;
    slab[slot] = slab[row] ?? 0;
    found = true;
  }
}
