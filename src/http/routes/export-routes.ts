import type { ErrorCode } from '../../domain/errors.ts';
import type { CaseRow, Cases } from '../../ports/cases.ts';
import type { AlertRow, ConsoleReads, DecisionRow, TimelineEntry } from '../../ports/console.ts';
import { ALERT_ROW_EXAMPLE, CASE_ROW_EXAMPLE, DECISION_ROW_EXAMPLE, TIMELINE_EXAMPLE } from '../console-examples.ts';
import { exportRoute, type ListExport } from '../list-export.ts';
import type { HttpContext, Route } from '../route.ts';
import { CASE_FILTER_PARTS, caseFilterOf } from './case-list-route.ts';
import { ALERT_FILTER_PARTS, alertFilterOf, DECISION_FILTER_PARTS, decisionFilterOf } from './decision-list-routes.ts';
import { ENTITY_PATH, TIMELINE_FILTER_PARTS, timelineFilterOf } from './entity-history-routes.ts';

const ERRORS: readonly ErrorCode[] = ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'READ_STORE_FAILED', 'ENGINE_INTERNAL'];

/** Lists of the projections as files. */
export function exportRoutes({ cases }: HttpContext, console: ConsoleReads): readonly Route[] {
  return [
    exportRoute(decisionExport(console)),
    exportRoute(alertExport(console)),
    exportRoute(timelineExport(console)),
    ...(cases === null ? [] : [exportRoute(caseExport(cases))]),
  ];
}

function decisionExport(console: ConsoleReads): ListExport<DecisionRow> {
  return {
    operationId: 'exportDecisions',
    name: 'decisions',
    path: '/v1/exports/decisions',
    order: 'newest first',
    filters: DECISION_FILTER_PARTS,
    example: DECISION_ROW_EXAMPLE,
    errors: ERRORS,
    readerOf: (request) => {
      const query = { ...decisionFilterOf(request), sort: 'occurredAt', descending: true } as const;
      return (limit, cursor) => console.decisions({ ...query, limit, cursor });
    },
  };
}

function alertExport(console: ConsoleReads): ListExport<AlertRow> {
  return {
    operationId: 'exportAlerts',
    name: 'alerts',
    path: '/v1/exports/alerts',
    order: 'newest first',
    filters: ALERT_FILTER_PARTS,
    example: ALERT_ROW_EXAMPLE,
    errors: ERRORS,
    readerOf: (request) => {
      const query = { ...alertFilterOf(request), sort: 'occurredAt', descending: true } as const;
      return (limit, cursor) => console.alerts({ ...query, limit, cursor });
    },
  };
}

function caseExport(cases: Cases): ListExport<CaseRow> {
  return {
    operationId: 'exportCases',
    name: 'cases',
    path: '/v1/exports/cases',
    order: 'in the order of the queue',
    filters: CASE_FILTER_PARTS,
    example: CASE_ROW_EXAMPLE,
    columnsOf: ({ caseId, subject, ...row }) => ({ caseId, subjectKind: subject.kind, subjectId: subject.id, ...row }),
    errors: ERRORS,
    readerOf: (request) => {
      const query = { ...caseFilterOf(request), sort: 'priority', descending: true } as const;
      return (limit, cursor) => cases.list({ ...query, limit, cursor });
    },
  };
}

function timelineExport(console: ConsoleReads): ListExport<TimelineEntry> {
  return {
    operationId: 'exportTimeline',
    name: 'timeline',
    path: '/v1/exports/timelines/{kind}/{id}',
    order: 'the newest record first, with what belongs to an entry as JSON',
    pathParts: ENTITY_PATH,
    filters: TIMELINE_FILTER_PARTS,
    example: TIMELINE_EXAMPLE,
    errors: ERRORS,
    readerOf: (request) => {
      const query = timelineFilterOf(request);
      return (limit, cursor) => console.timeline({ ...query, limit, cursor });
    },
  };
}
