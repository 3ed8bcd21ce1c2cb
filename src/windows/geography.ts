import type { TrackLayout, WindowPlan } from './layout.ts';
import { HOME_DIRECTION, HOME_STATED, LAST_DIRECTION, LAST_LOCATED } from './layout.ts';
import type { WindowState } from './state.ts';

/** Mean radius of the earth by the IUGG, (2a + b) / 3 of the GRS 80 ellipsoid. */
const EARTH_RADIUS_KM = 6371.0088;

/**
 * The least time that a speed is taken over. Clocks of terminals differ by seconds and positions by kilometres, so
 * that a shorter time would turn both into speeds above any aircraft's; over a minute 900 km/h still needs 15 km.
 */
export const SPEED_FLOOR_MS = 60_000;

const HOUR_MS = 3_600_000;

/** Directions are summed as integers of this many steps (0.4 m on the ground), so that their order does not matter. */
const DIRECTION_STEPS = 2 ** 24;

/** Writes a position as a unit vector to three slots. */
function writeDirection(slab: Float64Array, slot: number, latitude: number, longitude: number): void {
  const north = (latitude * Math.PI) / 180;
  const east = (longitude * Math.PI) / 180;
  const ring = Math.cos(north);
  slab[slot] = ring * Math.cos(east);
  slab[slot + 1] = ring * Math.sin(east);
  slab[slot + 2] = Math.sin(north);
}

/**
 * Great-circle distance of two directions, km: the haversine formula, whose haversine is the squared half of the chord.
 * The second direction may have any length but 0.
 */
function distanceKm(slab: Float64Array, from: number, to: number): number {
  const x = slab[to] ?? 0;
  const y = slab[to + 1] ?? 0;
  const z = slab[to + 2] ?? 0;
  const length = Math.sqrt(x * x + y * y + z * z);
  if (length === 0) return 0;
  const dx = (slab[from] ?? 0) - x / length;
  const dy = (slab[from + 1] ?? 0) - y / length;
  const dz = (slab[from + 2] ?? 0) - z / length;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(dx * dx + dy * dy + dz * dz) / 2));
}

/** Notes where the event admitted last took place; NaN for either degree when that is unknown. */
export function locate(slab: Float64Array, latitude: number, longitude: number): void {
  if (Number.isNaN(latitude) || Number.isNaN(longitude)) {
    if (slab[LAST_LOCATED] === 0) return;
    slab.fill(0, LAST_LOCATED, LAST_DIRECTION + 3);
    return;
  }
  slab[LAST_LOCATED] = 1;
  writeDirection(slab, LAST_DIRECTION, latitude, longitude);
}

/**
 * Measures the event admitted last against what a track holds, without adding it. Distance and speed are from the
 * located event of the latest time, also for a late event, whose speed is over the time between the two; the time is
 * never taken shorter than `SPEED_FLOOR_MS`. Home is as stated, or else the mean direction of the events added before.
 */
export function measure(slab: Float64Array, track: TrackLayout, bits: number, atMs: number): void {
  const isThere = (bits & track.presentBit) !== 0 && slab[LAST_LOCATED] === 1;
  const hasPast = isThere && (slab[track.located] ?? 0) > 0;
  const distance = hasPast ? distanceKm(slab, LAST_DIRECTION, track.direction) : 0;
  const elapsedMs = Math.max(SPEED_FLOOR_MS, Math.abs(atMs - (slab[track.at] ?? 0)));
  slab[track.distance] = distance;
  slab[track.speed] = (distance * HOUR_MS) / elapsedMs;
  if (track.home < 0) return;
  if (isThere && slab[HOME_STATED] === 1) slab[track.home] = distanceKm(slab, LAST_DIRECTION, HOME_DIRECTION);
  else slab[track.home] = hasPast ? distanceKm(slab, LAST_DIRECTION, track.homeSum) : 0;
}

/** Whether the direction at one slot comes after that at another; any fixed order serves to settle equal times. */
function comesAfter(slab: Float64Array, one: number, other: number): boolean {
  for (let axis = 0; axis < 3; axis++) {
    const difference = (slab[one + axis] ?? 0) - (slab[other + axis] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** Adds the event admitted last to a track, if it has a place. The result does not depend on the order of events. */
export function follow(slab: Float64Array, track: TrackLayout, atMs: number): void {
  if (slab[LAST_LOCATED] !== 1) return;
  const located = slab[track.located] ?? 0;
  const latest = slab[track.at] ?? 0;
  slab[track.located] = located + 1;
  if (located === 0 || atMs > latest || (atMs === latest && comesAfter(slab, LAST_DIRECTION, track.direction))) {
    slab[track.at] = atMs;
    slab.copyWithin(track.direction, LAST_DIRECTION, LAST_DIRECTION + 3);
  }
  if (track.home < 0) return;
  for (let axis = 0; axis < 3; axis++) {
    const slot = track.homeSum + axis;
    slab[slot] = (slab[slot] ?? 0) + Math.round((slab[LAST_DIRECTION + axis] ?? 0) * DIRECTION_STEPS);
  }
}

/**
 * States the home of an entity in degrees, for `home_distance_km` of the events to come; NaN takes it back. O(1).
 */
export function setHome(_plan: WindowPlan, state: WindowState, latitude: number, longitude: number): void {
  const isStated = !Number.isNaN(latitude) && !Number.isNaN(longitude);
  state.slab[HOME_STATED] = isStated ? 1 : 0;
  if (isStated) writeDirection(state.slab, HOME_DIRECTION, latitude, longitude);
  else state.slab.fill(0, HOME_DIRECTION, HOME_DIRECTION + 3);
}
