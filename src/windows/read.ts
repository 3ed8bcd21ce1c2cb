import { advanceTo, idleSeconds } from './admit.ts';
import type { Group, LifeLayout, Reading, WindowLayout, WindowPlan } from './layout.ts';
import { NOW } from './layout.ts';
import { refreshMaxima } from './ring.ts';
import { deviationOf } from './squares.ts';
import type { WindowState } from './state.ts';

type WindowReading = Extract<Reading, { window: WindowLayout }>;

function ageSeconds(slab: Float64Array, life: LifeLayout): number {
  return slab[life.seen] === 1 ? ((slab[NOW] ?? 0) - (slab[life.first] ?? 0)) / 1000 : 0;
}

function deviation(slab: Float64Array, group: Group, block: number, panes: number): number {
  let count = slab[block + group.count] ?? 0;
  let sum = slab[block + group.sum] ?? 0;
  let high = slab[block + group.square] ?? 0;
  let low = slab[block + group.square + 1] ?? 0;
  if (panes !== 0) {
    count += slab[panes + group.count] ?? 0;
    sum += slab[panes + group.sum] ?? 0;
    high += slab[panes + group.square] ?? 0;
    low += slab[panes + group.square + 1] ?? 0;
  }
  return deviationOf(count, sum, high, low);
}

function maximum(slab: Float64Array, group: Group, block: number, panes: number): number {
  const max = slab[block + group.max] ?? 0;
  if (panes === 0 || slab[panes + group.count] === 0) return max;
  const paneMax = slab[panes + group.max] ?? 0;
  return slab[block + group.count] === 0 ? paneMax : Math.max(max, paneMax);
}

/** A windowed aggregate; sums are in minor units still. */
function readWindow(slab: Float64Array, reading: WindowReading): number {
  const { window, group } = reading;
  const block = window.block;
  const panes = slab[window.paneOffset] ?? 0;
  switch (reading.kind) {
    case 'count':
      return (slab[block + group.count] ?? 0) + (panes === 0 ? 0 : (slab[panes + group.count] ?? 0));
    case 'sum':
      return (slab[block + group.sum] ?? 0) + (panes === 0 ? 0 : (slab[panes + group.sum] ?? 0));
    case 'mean': {
      const count = (slab[block + group.count] ?? 0) + (panes === 0 ? 0 : (slab[panes + group.count] ?? 0));
      const sum = (slab[block + group.sum] ?? 0) + (panes === 0 ? 0 : (slab[panes + group.sum] ?? 0));
      return count === 0 ? 0 : sum / count;
    }
    case 'max':
      return maximum(slab, group, block, panes);
    default:
      return deviation(slab, group, block, panes);
  }
}

/**
 * Writes the value of every feature to `out`, in the order of the plan's names, as of the largest event time seen and
 * with the event admitted last included. Amounts are in major units. Mean, maximum and standard deviation (that of the
 * window as a whole population, divided by n) of nothing are 0. Changes nothing in the state. O(features).
 *
 * Age is from the first event of the selector to now. Idle time is from the latest event admitted before the current
 * one, and 0 where there is none or it is later than the current one. Speed and distances are 0 for an event that has
 * no place, or that the feature does not select.
 */
export function readFeatures(plan: WindowPlan, state: WindowState, out: Float64Array): void {
  const slab = state.slab;
  const readings = plan.readings;
  for (let index = 0; index < readings.length; index++) {
    const reading = readings[index];
    if (reading === undefined) continue;
    if (reading.kind === 'slot') out[index] = slab[reading.slot] ?? 0;
    else if (reading.kind === 'age') out[index] = ageSeconds(slab, reading.life);
    else if (reading.kind === 'count') out[index] = readWindow(slab, reading);
    else out[index] = readWindow(slab, reading) / plan.minorPerMajor;
  }
}

/**
 * Every feature as of a time at or after the largest event time seen (an earlier one is taken as that), for queries.
 * Idle time is then from the latest event on; what is about the current event stays about the one admitted last.
 * Changes nothing in the state. O(state).
 */
export function featuresAt(plan: WindowPlan, state: WindowState, atMs: number): Float64Array {
  const copy: WindowState = { slab: state.slab.slice() };
  const now = Math.max(atMs, copy.slab[NOW] ?? 0);
  advanceTo(plan, copy.slab, now);
  refreshMaxima(plan, copy.slab);
  for (const life of plan.lives) copy.slab[life.idle] = idleSeconds(copy.slab, life, now);
  const out = new Float64Array(plan.readings.length);
  readFeatures(plan, copy, out);
  return out;
}

/** The largest event time that the windows have seen, ms since the epoch; 0 where they have seen none. */
export function latestTimeOf(state: WindowState): number {
  return state.slab[NOW] ?? 0;
}
