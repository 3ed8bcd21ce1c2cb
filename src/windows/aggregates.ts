import type { Group, Scope } from './layout.ts';
import { addParts, addSquare } from './squares.ts';

/** Marks of what is to be found anew in a group once all that happens to its window has happened. */
export const STALE_MAX = 1;
export const STALE_MIN = 2;
export const STALE_FIRST = 4;
export const STALE_LAST = 8;

/**
 * Adds an event to the groups of a block that its bits select. `numbers` is the slot of its first number. O(groups).
 */
export function addEvent(
  slab: Float64Array,
  scope: Scope,
  block: number,
  bits: number,
  numbers: number,
  atMs: number,
): void {
  for (const group of scope.groups) {
    if ((bits & group.bit) === 0) continue;
    const count = block + group.count;
    const before = slab[count] ?? 0;
    slab[count] = before + 1;
    if (group.column < 0) continue;
    const number = slab[numbers + group.column] ?? 0;
    if (group.sum >= 0) slab[block + group.sum] = (slab[block + group.sum] ?? 0) + number;
    if (group.square >= 0) addSquare(slab, block + group.square, number, 1);
    if (group.max >= 0 && (before === 0 || number > (slab[block + group.max] ?? 0))) slab[block + group.max] = number;
    if (group.isRich) addRich(slab, group, block, before === 0, number, atMs);
  }
}

function addRich(slab: Float64Array, group: Group, block: number, isOnly: boolean, number: number, atMs: number): void {
  if (group.min >= 0 && (isOnly || number < (slab[block + group.min] ?? 0))) slab[block + group.min] = number;
  if (group.first >= 0) noteFirst(slab, block + group.first, isOnly, atMs, number);
  if (group.last >= 0) noteLast(slab, block + group.last, isOnly, atMs, number);
}

/** Keeps the earliest of the pairs of time and number; of equal times the smallest number, whatever the order. */
function noteFirst(slab: Float64Array, slot: number, isOnly: boolean, atMs: number, number: number): void {
  const known = slab[slot] ?? 0;
  if (!isOnly && (atMs > known || (atMs === known && number >= (slab[slot + 1] ?? 0)))) return;
  slab[slot] = atMs;
  slab[slot + 1] = number;
}

/** Keeps the latest of the pairs of time and number; of equal times the largest number, whatever the order. */
function noteLast(slab: Float64Array, slot: number, isOnly: boolean, atMs: number, number: number): void {
  const known = slab[slot] ?? 0;
  if (!isOnly && (atMs < known || (atMs === known && number <= (slab[slot + 1] ?? 0)))) return;
  slab[slot] = atMs;
  slab[slot + 1] = number;
}

/**
 * Takes an event out of the groups of the scope's own block that its bits select. Where it was the largest, or the
 * like, the group is marked in `stale`, to be put right once all that happens to the window has happened. O(groups).
 */
export function removeEvent(
  slab: Float64Array,
  scope: Scope,
  bits: number,
  numbers: number,
  atMs: number,
  stale: Uint8Array,
): void {
  const block = scope.block;
  for (const group of scope.groups) {
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
    if (group.max >= 0 && number === slab[block + group.max]) mark(stale, group, STALE_MAX);
    if (!group.isRich) continue;
    if (group.min >= 0 && number === slab[block + group.min]) mark(stale, group, STALE_MIN);
    if (group.first >= 0 && atMs === slab[block + group.first]) mark(stale, group, STALE_FIRST);
    if (group.last >= 0 && atMs === slab[block + group.last]) mark(stale, group, STALE_LAST);
  }
}

function mark(stale: Uint8Array, group: Group, what: number): void {
  stale[group.index] = (stale[group.index] ?? 0) | what;
  stale[0] = 1;
}

function clearGroup(slab: Float64Array, block: number, group: Group): void {
  slab[block + group.count] = 0;
  if (group.sum >= 0) slab[block + group.sum] = 0;
  if (group.square >= 0) slab.fill(0, block + group.square, block + group.square + 2);
  if (group.max >= 0) slab[block + group.max] = 0;
  if (group.min >= 0) slab[block + group.min] = 0;
  if (group.first >= 0) slab.fill(0, block + group.first, block + group.first + 2);
  if (group.last >= 0) slab.fill(0, block + group.last, block + group.last + 2);
}

/** Adds one block of a scope to another: count, sums and squares add up, the extremes stay. O(groups). */
export function mergeBlock(slab: Float64Array, scope: Scope, into: number, from: number): void {
  for (const group of scope.groups) {
    const added = slab[from + group.count] ?? 0;
    if (added === 0) continue;
    const before = slab[into + group.count] ?? 0;
    slab[into + group.count] = before + added;
    if (group.sum >= 0) slab[into + group.sum] = (slab[into + group.sum] ?? 0) + (slab[from + group.sum] ?? 0);
    if (group.square >= 0) {
      addParts(slab, into + group.square, slab[from + group.square] ?? 0, slab[from + group.square + 1] ?? 0);
    }
    const max = slab[from + group.max] ?? 0;
    if (group.max >= 0 && (before === 0 || max > (slab[into + group.max] ?? 0))) slab[into + group.max] = max;
    const min = slab[from + group.min] ?? 0;
    if (group.min >= 0 && (before === 0 || min < (slab[into + group.min] ?? 0))) slab[into + group.min] = min;
    const first = from + group.first;
    if (group.first >= 0) noteFirst(slab, into + group.first, before === 0, slab[first] ?? 0, slab[first + 1] ?? 0);
    const last = from + group.last;
    if (group.last >= 0) noteLast(slab, into + group.last, before === 0, slab[last] ?? 0, slab[last + 1] ?? 0);
  }
}
