import { addEvent, mergeBlock } from './aggregates.ts';
import type { RunLayout, WindowPlan } from './layout.ts';
import { LAST_AT } from './layout.ts';
import { addToSpreads, BUCKETS, moveTag } from './spread.ts';
import type { WindowState } from './state.ts';

/** Slots of an entry of a run, before its block. */
export const ENTRY_END = 1;
export const ENTRY_TAG = 2;
export const ENTRY_HEADER = 3;

/** Closed sessions that are kept for late events, so that any order of events up to three gaps late gives the same. */
export const CLOSED_SESSIONS = 4;

function entryAt(run: RunLayout, place: number): number {
  return run.entries + place * run.entryLength;
}

function isEmpty(slab: Float64Array, entry: number): boolean {
  return slab[entry + ENTRY_TAG] === 0;
}

/** Tells the boundary of the current session: just before its start, and never passed while none is open. */
function setBoundary(slab: Float64Array, run: RunLayout): void {
  const entry = run.entries;
  slab[run.boundary] = isEmpty(slab, entry) ? Number.POSITIVE_INFINITY : boundaryOf(run, slab[entry] ?? 0);
}

function boundaryOf(run: RunLayout, start: number): number {
  return run.gapMs === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : start - 1;
}

function dropEntry(plan: WindowPlan, state: WindowState, run: RunLayout, place: number): void {
  const { slab } = state;
  const entry = entryAt(run, place);
  const tag = slab[entry + ENTRY_TAG] ?? 0;
  if (tag !== 0) for (const { rows } of run.spreads) moveTag(plan, state, rows, tag, 0);
  slab.copyWithin(entry, entry + run.entryLength, entryAt(run, run.entryCount));
  slab.fill(0, entryAt(run, run.entryCount - 1), entryAt(run, run.entryCount));
}

/** Opens an empty entry at a place; the oldest closed session is given up where all are in use. */
function openEntry(plan: WindowPlan, state: WindowState, run: RunLayout, place: number): number {
  dropEntry(plan, state, run, run.entryCount - 1);
  const { slab } = state;
  const entry = entryAt(run, place);
  slab.copyWithin(entry + run.entryLength, entry, entryAt(run, run.entryCount - 1));
  slab.fill(0, entry, entry + run.entryLength);
  return entry;
}

/** A tag that no session of the run has; there is one more than entries that can be full. */
function freeTag(slab: Float64Array, run: RunLayout): number {
  for (let tag = 1; ; tag++) {
    let isUsed = false;
    for (let place = 0; place < run.entryCount; place++) {
      if (slab[entryAt(run, place) + ENTRY_TAG] === tag) isUsed = true;
    }
    if (!isUsed) return tag;
  }
}

/** Closes the current session of each run whose gap has passed by `now`. O(runs), and a move of a few blocks each. */
export function closeRuns(plan: WindowPlan, state: WindowState, now: number): void {
  for (const run of plan.runs) {
    const { slab } = state;
    const entry = run.entries;
    if (isEmpty(slab, entry)) {
      setBoundary(slab, run);
    } else if (now - (slab[entry + ENTRY_END] ?? 0) > run.gapMs) {
      openEntry(plan, state, run, 0);
      setBoundary(state.slab, run);
    }
  }
}

function extend(plan: WindowPlan, state: WindowState, run: RunLayout, entry: number, bits: number, atMs: number): void {
  const { slab } = state;
  if (isEmpty(slab, entry)) {
    slab[entry + ENTRY_TAG] = freeTag(slab, run);
    slab[entry] = atMs;
    slab[entry + ENTRY_END] = atMs;
  } else {
    if (atMs < (slab[entry] ?? 0)) slab[entry] = atMs;
    if (atMs > (slab[entry + ENTRY_END] ?? 0)) slab[entry + ENTRY_END] = atMs;
  }
  addEvent(slab, run, entry + ENTRY_HEADER, bits, plan.lastNumbers, atMs);
  if (run.spreads.length === 0) return;
  addToSpreads(plan, state, run.spreads, bits, plan.lastNumbers, (slab[entry + ENTRY_TAG] ?? 0) * BUCKETS);
}

function reaches(slab: Float64Array, run: RunLayout, entry: number, atMs: number): boolean {
  if (isEmpty(slab, entry)) return false;
  return atMs >= (slab[entry] ?? 0) - run.gapMs && atMs <= (slab[entry + ENTRY_END] ?? 0) + run.gapMs;
}

/** Joins the session at `place + 1` with the later one at `place`. */
function join(plan: WindowPlan, state: WindowState, run: RunLayout, place: number): void {
  const into = entryAt(run, place);
  const from = entryAt(run, place + 1);
  const tags = [state.slab[from + ENTRY_TAG] ?? 0, state.slab[into + ENTRY_TAG] ?? 0] as const;
  for (const { rows } of run.spreads) moveTag(plan, state, rows, ...tags);
  const { slab } = state;
  mergeBlock(slab, run, into + ENTRY_HEADER, from + ENTRY_HEADER);
  slab[into] = Math.min(slab[into] ?? 0, slab[from] ?? 0);
  slab[into + ENTRY_END] = Math.max(slab[into + ENTRY_END] ?? 0, slab[from + ENTRY_END] ?? 0);
  dropEntry(plan, state, run, place + 1);
}

/** Puts a late event where it belongs: into a session, between two that it joins, or into one of its own. */
function enterLate(
  plan: WindowPlan,
  state: WindowState,
  run: RunLayout,
  now: number,
  bits: number,
  atMs: number,
): void {
  const { slab } = state;
  for (let place = 0; place < run.entryCount; place++) {
    const entry = entryAt(run, place);
    if (reaches(slab, run, entry, atMs)) {
      extend(plan, state, run, entry, bits, atMs);
      if (place + 1 < run.entryCount && reaches(state.slab, run, entryAt(run, place + 1), atMs)) {
        join(plan, state, run, place);
      }
      break;
    }
    const isNext = place > 0 && (isEmpty(slab, entry) || atMs > (slab[entry] ?? 0));
    if (!isNext) continue;
    extend(plan, state, run, openEntry(plan, state, run, place), bits, atMs);
    break;
  }
  const newest = entryAt(run, 1);
  if (run.entryCount === 1 || !isEmpty(state.slab, run.entries) || isEmpty(state.slab, newest)) return;
  // The event may have brought the newest session within a gap of the present, so that it is open after all.
  if (now - (state.slab[newest + ENTRY_END] ?? 0) <= run.gapMs) dropEntry(plan, state, run, 0);
}

/**
 * Adds the event admitted last to a run that selects it. O(1) in order, and O(sessions kept), which are five at most,
 * for a late one.
 */
export function enterRun(plan: WindowPlan, state: WindowState, run: RunLayout, now: number, bits: number): void {
  const atMs = state.slab[LAST_AT] ?? 0;
  const entry = run.entries;
  const isCurrent = isEmpty(state.slab, entry) ? atMs === now : atMs >= (state.slab[entry] ?? 0);
  if (isCurrent || run.entryCount === 1) extend(plan, state, run, entry, bits, atMs);
  else enterLate(plan, state, run, now, bits, atMs);
  setBoundary(state.slab, run);
}

/** The last time before every session that is kept; a large time where there is none. */
export function retainedAfter(slab: Float64Array, run: RunLayout): number {
  let boundary = Number.POSITIVE_INFINITY;
  for (let place = 0; place < run.entryCount; place++) {
    const entry = entryAt(run, place);
    if (!isEmpty(slab, entry)) boundary = boundaryOf(run, slab[entry] ?? 0);
  }
  return boundary;
}
