import type { FastifyRequest } from 'fastify';
import { TEXT_LENGTH_MAX } from '../../domain/limits.ts';
import { CASE_SORTS, type CaseFilter, type Cases } from '../../ports/cases.ts';
import type { Projections } from '../../ports/projections.ts';
import { CASE_ROW_EXAMPLE } from '../console-examples.ts';
import { choicePart, idPart, numberPart, textPart, timePart } from '../query-parts.ts';
import type { Route } from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { CURSOR, consoleRead, LIMIT, listOf, NEXT_CURSOR, ORDER } from './console-read.ts';

const CASE_PARTS = {
  status: choicePart('status', 'Open ones, resolved ones, or all', ['open', 'resolved', 'all'], 'open'),
  kind: choicePart('kind', 'Whom it is about', ['any', 'account', 'card', 'device'], 'any'),
  subject: idPart('subject', 'Id of whom it is about'),
  assignee: idPart('assignee', 'Whose it is'),
  reason: idPart('reason', 'With this reason code'),
  scoreMin: numberPart('scoreMin', 'At least this score'),
  from: timePart('from', 'Last alert then or later, RFC 3339'),
  to: timePart('to', 'Last alert before then, RFC 3339'),
  search: textPart('search', 'Words that all have to begin a word of the case', TEXT_LENGTH_MAX),
} as const;
const CASE_SORT = choicePart('sort', 'What to order by', CASE_SORTS, 'priority');

/** The parts of a query that filter cases. */
export const CASE_FILTER_PARTS = Object.values(CASE_PARTS);

/** Filters of cases as a query states them. Throws REQUEST_INVALID. */
export function caseFilterOf(request: FastifyRequest): CaseFilter {
  const parts = CASE_PARTS;
  const kind = parts.kind.read(request);
  return {
    status: parts.status.read(request),
    kind: kind === 'any' ? null : kind,
    subjectId: parts.subject.read(request),
    assignee: parts.assignee.read(request),
    reason: parts.reason.read(request),
    scoreMin: parts.scoreMin.read(request),
    fromMs: parts.from.read(request),
    toMs: parts.to.read(request),
    search: parts.search.read(request),
    caseIds: [],
  };
}

/** The route that lists cases. */
export function listCases(cases: Cases, projections: Projections): Route {
  return consoleRead(projections, {
    operationId: 'listCases',
    path: '/v1/cases',
    summary: 'List cases, the queue by risk and age',
    description:
      'A case gathers the alerts about one account, card or device until it is resolved. The highest priority first: ' +
      'its score, and a point for each hour that it waits. `total` is how many meet the filters.',
    query: [...CASE_FILTER_PARTS, CASE_SORT, ORDER, LIMIT, CURSOR],
    members: { items: listOf(schemaRef('CaseRow')), nextCursor: NEXT_CURSOR, total: { type: 'integer' } },
    example: { items: [CASE_ROW_EXAMPLE], nextCursor: null, total: 1 },
    read: (request) =>
      cases.list({
        ...caseFilterOf(request),
        sort: CASE_SORT.read(request),
        descending: ORDER.read(request) === 'desc',
        limit: LIMIT.read(request),
        cursor: CURSOR.read(request) || null,
      }),
  });
}
