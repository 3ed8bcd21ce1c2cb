import type { TrafficPoint } from './endpoints.ts';

/** Decisions since the first one of the log. */
export type Totals = {
  readonly decisions: number;
  readonly approved: number;
  readonly challenged: number;
  readonly reviewed: number;
  readonly declined: number;
  readonly fallbacks: number;
  readonly alerts: number;
};

const NOTHING: Totals = {
  decisions: 0,
  approved: 0,
  challenged: 0,
  reviewed: 0,
  declined: 0,
  fallbacks: 0,
  alerts: 0,
};

/** Sums over all intervals. */
export function totalsOf(points: readonly TrafficPoint[]): Totals {
  return points.reduce<Totals>(
    (sum, point) => ({
      decisions: sum.decisions + point.decisions,
      approved: sum.approved + point.approved,
      challenged: sum.challenged + point.challenged,
      reviewed: sum.reviewed + point.reviewed,
      declined: sum.declined + point.declined,
      fallbacks: sum.fallbacks + point.fallbacks,
      alerts: sum.alerts + point.alerts,
    }),
    NOTHING,
  );
}

/** Totals as they were seen at a time of the viewer's clock, ms. */
export type Sighting = { readonly atMs: number; readonly totals: Totals };

/** What came within the span before the newest sighting, ms; null before there are two. */
export function gainedWithin(sightings: readonly Sighting[], spanMs: number): Sighting | null {
  const newest = sightings.at(-1);
  if (newest === undefined) return null;
  const oldest = sightings.find(({ atMs }) => newest.atMs - atMs <= spanMs);
  if (oldest === undefined || oldest === newest) return null;
  const [to, from] = [newest.totals, oldest.totals];
  return {
    atMs: newest.atMs - oldest.atMs,
    totals: {
      decisions: to.decisions - from.decisions,
      approved: to.approved - from.approved,
      challenged: to.challenged - from.challenged,
      reviewed: to.reviewed - from.reviewed,
      declined: to.declined - from.declined,
      fallbacks: to.fallbacks - from.fallbacks,
      alerts: to.alerts - from.alerts,
    },
  };
}
