import type { Group, WindowLayout } from './layout.ts';
import { addParts, addSquare } from './squares.ts';

/**
 * Adds an event to the groups of a block that its bits select. `numbers` is the slot of its first number. O(groups).
 */
export function addEvent(slab: Float64Array, window: WindowLayout, block: number, bits: number, numbers: number): void {
  for (const group of window.groups) {
    if ((bits & group.bit) === 0) continue;
    const count = block + group.count;
    const before = slab[count] ?? 0;
    slab[count] = before + 1;
    if (group.column < 0) continue;
    const number = slab[numbers + group.column] ?? 0;
    if (group.sum >= 0) slab[block + group.sum] = (slab[block + group.sum] ?? 0) + number;
    if (group.square >= 0) addSquare(slab, block + group.square, number, 1);
    if (group.max >= 0 && (before === 0 || number > (slab[block + group.max] ?? 0))) slab[block + group.max] = number;
  }
}

/**
 * Takes an event out of the groups of the window's own block that its bits select. Where it was the largest, the
 * group is marked in `staleMaxima`, to be put right once all that happens to the window has happened. O(groups).
 */
export function removeEvent(
  slab: Float64Array,
  window: WindowLayout,
  bits: number,
  numbers: number,
  staleMaxima: Uint8Array,
): void {
  const block = window.block;
  for (const group of window.groups) {
    if ((bits & group.bit) === 0) continue;
    const left = (slab[block + group.count] ?? 0) - 1;
    if (left === 0) {
      clearGroup(slab, block, group);
      continue;
    }
    slab[block + group.count] = left;
    if (group.column < 0) continue;
    const number = slab[numbers + group.column] ?? 0;
    if (group.sum >= 0) slab[block + group.sum] = (slab[block + group.sum] ?? 0) - number;
    if (group.square >= 0) addSquare(slab, block + group.square, number, -1);
    if (group.max >= 0 && number === slab[block + group.max]) staleMaxima[group.index] = 1;
  }
}

function clearGroup(slab: Float64Array, block: number, group: Group): void {
  slab[block + group.count] = 0;
  if (group.sum >= 0) slab[block + group.sum] = 0;
  if (group.square >= 0) slab.fill(0, block + group.square, block + group.square + 2);
  if (group.max >= 0) slab[block + group.max] = 0;
}

/** Adds one block of a window to another: count, sums and squares add up, the larger maximum stays. O(groups). */
export function mergeBlock(slab: Float64Array, window: WindowLayout, into: number, from: number): void {
  for (const group of window.groups) {
    const added = slab[from + group.count] ?? 0;
    if (added === 0) continue;
    const before = slab[into + group.count] ?? 0;
    slab[into + group.count] = before + added;
    if (group.sum >= 0) slab[into + group.sum] = (slab[into + group.sum] ?? 0) + (slab[from + group.sum] ?? 0);
    if (group.square >= 0) {
      addParts(slab, into + group.square, slab[from + group.square] ?? 0, slab[from + group.square + 1] ?? 0);
    }
    if (group.max < 0) continue;
    const max = slab[from + group.max] ?? 0;
    if (before === 0 || max > (slab[into + group.max] ?? 0)) slab[into + group.max] = max;
  }
}
