import type { WindowPlan } from './layout.ts';
import { INITIAL_CAPACITY, RING_CAPACITY, RING_OFFSET } from './layout.ts';

/**
 * Everything the windows know about one entity, in one array of numbers: the plan's fixed part, then the sections that
 * grow (event ring, tables of values, panes). Unused slots are zero. Growing replaces the slab.
 */
export type WindowState = { slab: Float64Array };

/**
 * One event as the windows see it. The host may reuse a single object: nothing of it is kept.
 * `selectorBits` has the bit of every selector with outcome `all` that the event meets, `outcomeBits` those that
 * `settle` may add; an event without either is kept nowhere, and moves the present. `numbers` are integer minor units
 * in the order of the plan's numeric fields (NaN counts as 0), `values` the hash53 of each distinct field in the plan's
 * order (0 when absent). `latitude` and `longitude` are degrees, NaN when unknown.
 */
export type Observation = {
  atMs: number;
  selectorBits: number;
  outcomeBits: number;
  numbers: Float64Array;
  values: Float64Array;
  latitude: number;
  longitude: number;
};

/** An observation of the right lengths for a plan, at time 0, without a place, and open to every outcome. */
export function createObservation(plan: WindowPlan): Observation {
  return {
    atMs: 0,
    selectorBits: 0,
    outcomeBits: -1,
    numbers: new Float64Array(plan.numericFields.length),
    values: new Float64Array(plan.distinctFields.length),
    latitude: Number.NaN,
    longitude: Number.NaN,
  };
}

/** The state of an entity that has seen nothing. */
export function createWindowState(plan: WindowPlan): WindowState {
  const slab = new Float64Array(plan.initialSlots);
  let next = plan.fixedSlots;
  if (plan.windows.length > 0) {
    slab[RING_OFFSET] = next;
    slab[RING_CAPACITY] = INITIAL_CAPACITY;
    next += INITIAL_CAPACITY * plan.rowLength;
  }
  for (const rows of plan.initialRows) {
    slab[rows.offset] = next;
    slab[rows.capacity] = INITIAL_CAPACITY;
    next += INITIAL_CAPACITY * 2;
  }
  return { slab };
}

/** Opens a gap of zero slots in front of slot `at`; sections behind it move. O(slab). */
export function insertSlots(plan: WindowPlan, state: WindowState, at: number, slots: number): void {
  const old = state.slab;
  const slab = new Float64Array(old.length + slots);
  slab.set(old.subarray(0, at));
  slab.set(old.subarray(at), at + slots);
  for (const slot of plan.sectionSlots) {
    const offset = slab[slot] ?? 0;
    if (offset >= at) slab[slot] = offset + slots;
  }
  state.slab = slab;
}
