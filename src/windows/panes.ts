import { addEvent, mergeBlock } from './aggregates.ts';
import type { WindowLayout, WindowPlan } from './layout.ts';
import { expireFolded, foldIntoSpreads } from './spread.ts';
import type { WindowState } from './state.ts';
import { insertSlots } from './state.ts';

/** A window that starts inside a pane touches one pane more than it is cut into. */
function panesKept(window: WindowLayout): number {
  return window.paneCount + 1;
}

/** Slots of the panes of a window: a block of totals, and one for each pane. */
export function paneSlots(window: WindowLayout): number {
  return window.blockLength * (1 + panesKept(window));
}

/** The pane that an event time falls in. Panes start at whole multiples of the pane width. */
function paneOf(window: WindowLayout, atMs: number): number {
  return Math.floor(atMs / window.paneMs);
}

function blockOfPane(slab: Float64Array, window: WindowLayout, pane: number): number {
  const kept = panesKept(window);
  const place = ((pane % kept) + kept) % kept;
  return (slab[window.paneOffset] ?? 0) + window.blockLength * (1 + place);
}

/**
 * Adds an event that the ring has no room for, to the panes of a window that it is inside of. Its numbers are at slot
 * `numbers` of the ring, which stays where it is. A window's panes are one block of totals and a block for each,
 * allocated the first time that they are needed.
 *
 * Error bound: a pane counts until all of it has left the window. What a sliding window reports therefore lies between
 * the events of (T - size, T] and those of (T - size - pane width, T], the pane width being size / 64, up to whole ms.
 * A window that begins at multiples of `everyMs` has panes of one or more such steps: with up to 64 steps it is exact.
 */
export function addToPanes(
  plan: WindowPlan,
  state: WindowState,
  window: WindowLayout,
  bits: number,
  atMs: number,
  numbers: number,
): void {
  if ((state.slab[window.paneOffset] ?? 0) === 0) {
    const end = state.slab.length;
    insertSlots(plan, state, end, paneSlots(window));
    state.slab[window.paneOffset] = end;
    state.slab[window.paneOldest] = paneOf(window, (state.slab[window.boundary] ?? 0) + 1);
  }
  const slab = state.slab;
  addEvent(slab, window, blockOfPane(slab, window, paneOf(window, atMs)), bits, numbers, atMs);
  addEvent(slab, window, slab[window.paneOffset] ?? 0, bits, numbers, atMs);
  if (window.spreads.length > 0) foldIntoSpreads(plan, state, window, bits, atMs, numbers);
}

/**
 * Drops the panes that have left a window with this boundary, and then adds the totals up anew from the others, which
 * drops every rounding error with what caused it. O(panes), at most once in a pane width.
 */
export function expirePanes(slab: Float64Array, window: WindowLayout, boundary: number): void {
  const oldest = slab[window.paneOldest] ?? 0;
  const first = paneOf(window, boundary + 1);
  if (first <= oldest) return;
  slab[window.paneOldest] = first;
  if (window.spreads.length > 0) expireFolded(slab, window, boundary);
  const kept = panesKept(window);
  const expired = Math.min(first - oldest, kept);
  let held = false;
  for (let step = 0; step < expired; step++) {
    const block = blockOfPane(slab, window, oldest + step);
    for (let slot = block; slot < block + window.blockLength; slot++) {
      if (slab[slot] === 0) continue;
      slab[slot] = 0;
      held = true;
    }
  }
  if (!held) return;
  const totals = slab[window.paneOffset] ?? 0;
  slab.fill(0, totals, totals + window.blockLength);
  for (let place = 1; place <= kept; place++) {
    mergeBlock(slab, window, totals, totals + window.blockLength * place);
  }
}
