import { advanceTo, idleSeconds } from './admit.ts';
import { countBeyond } from './distinct-sample.ts';
import type { LifeLayout, Reading, WindowPlan } from './layout.ts';
import { NOW } from './layout.ts';
import { readGroup } from './read-scope.ts';
import { readSpread } from './read-spread.ts';
import { refreshStale } from './ring.ts';
import type { WindowState } from './state.ts';

function ageSeconds(slab: Float64Array, life: LifeLayout): number {
  return slab[life.seen] === 1 ? ((slab[NOW] ?? 0) - (slab[life.first] ?? 0)) / 1000 : 0;
}

/** Values counted one by one, and what the sample stands for beyond them. */
function distinctCount(slab: Float64Array, reading: Extract<Reading, { kind: 'distinct' }>): number {
  const count = slab[reading.count] ?? 0;
  return slab[reading.sample] === 0 ? count : count + countBeyond(slab, reading.table, reading.place);
}

/** Ratios, once the features that they are made of are known. */
function readRatios(readings: readonly Reading[], out: Float64Array): void {
  for (let index = 0; index < readings.length; index++) {
    const reading = readings[index];
    if (reading?.kind !== 'ratio') continue;
    const denominator = out[reading.denominator] ?? 0;
    out[index] = denominator === 0 ? 0 : (out[reading.numerator] ?? 0) / denominator;
  }
}

/**
 * Writes the value of every feature to `out`, in the order of the plan's names, as of the largest event time seen and
 * with the event admitted last included. Amounts are in major units. What has seen nothing is 0. Changes nothing in the
 * state. O(features), and for quantiles and quartiles O(buckets in use), which are 1498 at most.
 *
 * Age is from the first event of the selector to now. Idle time is from the latest event admitted before the current
 * one, and 0 where there is none or it is later than the current one. Speed, distances, `zscore` and `iqr_position` are
 * 0 for an event that has no place, or that the feature does not select.
 */
export function readFeatures(plan: WindowPlan, state: WindowState, out: Float64Array): void {
  const slab = state.slab;
  const { readings, lastNumbers } = plan;
  for (let index = 0; index < readings.length; index++) {
    const reading = readings[index];
    if (reading === undefined) continue;
    switch (reading.kind) {
      case 'slot':
        out[index] = slab[reading.slot] ?? 0;
        break;
      case 'group':
        out[index] = readGroup(slab, reading, lastNumbers) / reading.divisor;
        break;
      case 'distinct':
        out[index] = distinctCount(slab, reading);
        break;
      case 'age':
        out[index] = ageSeconds(slab, reading.life);
        break;
      case 'ratio':
        break;
      default:
        out[index] = readSpread(slab, reading, lastNumbers) / reading.divisor;
    }
  }
  if (plan.hasRatios) readRatios(readings, out);
}

/**
 * Every feature as of a time at or after the largest event time seen (an earlier one is taken as that), for queries.
 * Idle time is then from the latest event on; what is about the current event stays about the one admitted last.
 * Changes nothing in the state. O(state).
 */
export function featuresAt(plan: WindowPlan, state: WindowState, atMs: number): Float64Array {
  const copy: WindowState = { slab: state.slab.slice() };
  const now = Math.max(atMs, copy.slab[NOW] ?? 0);
  advanceTo(plan, copy, now);
  refreshStale(plan, copy.slab);
  for (const life of plan.lives) copy.slab[life.idle] = idleSeconds(copy.slab, life, now);
  const out = new Float64Array(plan.readings.length);
  readFeatures(plan, copy, out);
  return out;
}

/** The largest event time that the windows have seen, ms since the epoch; 0 where they have seen none. */
export function latestTimeOf(state: WindowState): number {
  return state.slab[NOW] ?? 0;
}
