import { EXACT_EVENTS_MAX } from '../domain/limits.ts';
import { removeEvent } from './aggregates.ts';
import type { Group, WindowLayout, WindowPlan } from './layout.ts';
import { RING_CAPACITY, RING_END, RING_OFFSET, RING_START, ROW_BITS, ROW_NUMBERS } from './layout.ts';
import { addToPanes, expirePanes } from './panes.ts';
import type { WindowState } from './state.ts';
import { insertSlots } from './state.ts';

/** Slot of the ring row that holds the event of a sequence number. */
export function rowOf(plan: WindowPlan, slab: Float64Array, sequence: number): number {
  const mask = ((slab[RING_CAPACITY] ?? 0) | 0) - 1;
  return ((slab[RING_OFFSET] ?? 0) | 0) + (sequence & mask) * plan.rowLength;
}

/**
 * Lets every window end at `now`: its head passes the events that have left, panes expire, and the rows that no window
 * holds any more are freed. Leaves stale maxima behind, see `refreshMaxima`. O(1) amortized over the events.
 */
export function advanceWindows(plan: WindowPlan, slab: Float64Array, now: number): void {
  const start = (slab[RING_START] ?? 0) | 0;
  const end = (slab[RING_END] ?? 0) | 0;
  let head = start;
  for (const window of plan.windows) {
    const boundary = now - window.sizeMs;
    head = (slab[window.head] ?? 0) | 0;
    const before = head;
    while (head < end) {
      const row = rowOf(plan, slab, head);
      if ((slab[row] ?? 0) > boundary) break;
      removeEvent(slab, window, (slab[row + ROW_BITS] ?? 0) | 0, row + ROW_NUMBERS, plan.staleMaxima);
      head++;
    }
    if (head !== before) slab[window.head] = head;
    if (slab[window.paneOffset] !== 0) expirePanes(slab, window, now);
  }
  if (head !== start) freeRows(plan, slab, start, head);
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
    removeEvent(state.slab, window, bits, row + ROW_NUMBERS, plan.staleMaxima);
    state.slab[window.head] = start + 1;
    addToPanes(plan, state, window, bits, state.slab[row] ?? 0, row + ROW_NUMBERS);
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
      if (atMs <= now - window.sizeMs) slab[window.head] = (slab[window.head] ?? 0) + 1;
    }
  }
  return sequence;
}

/** Puts right the maxima that `removeEvent` marked. A scan stops at the first event that is as large as is known. */
export function refreshMaxima(plan: WindowPlan, slab: Float64Array): void {
  for (const window of plan.windows) {
    for (const group of window.groups) {
      if (plan.staleMaxima[group.index] !== 1) continue;
      plan.staleMaxima[group.index] = 0;
      if (slab[window.block + group.count] !== 0) slab[window.block + group.max] = maximumOf(plan, slab, window, group);
    }
  }
}

function maximumOf(plan: WindowPlan, slab: Float64Array, window: WindowLayout, group: Group): number {
  const head = (slab[window.head] ?? 0) | 0;
  const bound = slab[window.block + group.max] ?? 0;
  let largest = Number.NEGATIVE_INFINITY;
  for (let sequence = ((slab[RING_END] ?? 0) | 0) - 1; sequence >= head && largest < bound; sequence--) {
    const row = rowOf(plan, slab, sequence);
    if (((slab[row + ROW_BITS] ?? 0) & group.bit) === 0) continue;
    const number = slab[row + ROW_NUMBERS + group.column] ?? 0;
    if (number > largest) largest = number;
  }
  return largest;
}
