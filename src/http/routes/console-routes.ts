import type { HttpContext, Route } from '../route.ts';
import { caseRoutes } from './case-routes.ts';
import { decisionListRoutes } from './decision-list-routes.ts';
import { entityHistoryRoutes } from './entity-history-routes.ts';
import { explanationRoutes } from './explanation-routes.ts';
import { exportRoutes } from './export-routes.ts';
import { queryRoutes } from './query-routes.ts';
import { statisticsRoutes } from './statistics-routes.ts';
import { streamRoutes } from './stream-routes.ts';

/** What analysts read; none where the server runs without projections. */
export function consoleRoutes(context: HttpContext): readonly Route[] {
  const { console, projections } = context;
  if (console === null || projections === null) return [];
  return [
    ...decisionListRoutes(context, console, projections),
    ...explanationRoutes(context, projections),
    ...exportRoutes(context, console),
    ...queryRoutes(context, projections),
    ...caseRoutes(context, projections),
    ...entityHistoryRoutes(console, projections),
    ...statisticsRoutes(context, console, projections),
    ...streamRoutes(context, console, projections),
  ];
}
