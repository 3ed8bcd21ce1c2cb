import type { Horizon, WindowPlan } from './layout.ts';

/**
 * Where the earliest-starting window that still holds `now` begins, less 1 ms: the last time that is not in it.
 * Windows start at whole multiples of `everyMs` since 1970 UTC, before 1970 too.
 */
export function boundaryAt(sizeMs: number, everyMs: number, now: number): number {
  if (everyMs === 1) return now - sizeMs;
  return (Math.floor((now - sizeMs) / everyMs) + 1) * everyMs - 1;
}

/** Sets the boundary of every span of time for windows that end at `now`. O(different spans). */
export function moveHorizons(plan: WindowPlan, slab: Float64Array, now: number): void {
  const { horizons, horizonSizes, firstBoundary } = plan;
  for (let index = 0; index < horizonSizes.length; index++) {
    slab[firstBoundary + index] = now - (horizonSizes[index] ?? 0);
  }
  if (!plan.hasHops) return;
  for (const { sizeMs, everyMs, boundary } of horizons) slab[boundary] = boundaryAt(sizeMs, everyMs, now);
}

/** Two spans by how far they reach back at most. */
export function compareHorizons(
  left: Pick<Horizon, 'sizeMs' | 'everyMs'>,
  right: Pick<Horizon, 'sizeMs' | 'everyMs'>,
): number {
  return left.sizeMs - right.sizeMs || right.everyMs - left.everyMs;
}
