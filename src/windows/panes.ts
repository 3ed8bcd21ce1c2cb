import { PANES_PER_WINDOW } from '../domain/limits.ts';
import { addEvent, mergeBlock } from './aggregates.ts';
import type { WindowLayout, WindowPlan } from './layout.ts';
import { NOW } from './layout.ts';
import type { WindowState } from './state.ts';
import { insertSlots } from './state.ts';

/** A window that starts inside a pane touches one pane more than it is cut into. */
const PANES_KEPT = PANES_PER_WINDOW + 1;

/** The pane that an event time falls in. Panes start at whole multiples of the pane width. */
function paneOf(window: WindowLayout, atMs: number): number {
  return Math.floor(atMs / window.paneMs);
}

function blockOfPane(slab: Float64Array, window: WindowLayout, pane: number): number {
  const place = ((pane % PANES_KEPT) + PANES_KEPT) % PANES_KEPT;
  return (slab[window.paneOffset] ?? 0) + window.blockLength * (1 + place);
}

/**
 * Adds an event that the ring has no room for to the panes of a window that it is inside of. A window's panes are one
 * block of totals and 65 blocks, allocated the first time that they are needed.
 *
 * Error bound: a pane counts until all of it has left the window. What a window reports therefore lies between the
 * events of (T - size, T] and those of (T - size - pane width, T], the pane width being size / 64 rounded up to 1 ms.
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
    insertSlots(plan, state, end, window.blockLength * (1 + PANES_KEPT));
    state.slab[window.paneOffset] = end;
    state.slab[window.paneOldest] = paneOf(window, (state.slab[NOW] ?? 0) - window.sizeMs);
  }
  const slab = state.slab;
  addEvent(slab, window, blockOfPane(slab, window, paneOf(window, atMs)), bits, numbers);
  addEvent(slab, window, slab[window.paneOffset] ?? 0, bits, numbers);
}

/**
 * Drops the panes that have left a window by time `now`, and then adds the totals up anew from the others, which
 * drops every rounding error with what caused it. O(panes), at most once in a pane width.
 */
export function expirePanes(slab: Float64Array, window: WindowLayout, now: number): void {
  const oldest = slab[window.paneOldest] ?? 0;
  const boundary = paneOf(window, now - window.sizeMs);
  if (boundary <= oldest) return;
  slab[window.paneOldest] = boundary;
  const expired = Math.min(boundary - oldest, PANES_KEPT);
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
  for (let place = 1; place <= PANES_KEPT; place++) {
    mergeBlock(slab, window, totals, totals + window.blockLength * place);
  }
}
