import type { FastifyRequest } from 'fastify';
import { epochMsOf } from '../../codec/mod.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { Projections } from '../../ports/projections.ts';
import { AS_OF, AS_OF_SCHEMA, asOf } from '../as-of.ts';
import { CHANGE_EXAMPLE, LATE_EVENT_EXAMPLE, PROJECTION_EXAMPLE, VIEW_EXAMPLE, VIEW_ROW_EXAMPLE } from '../examples.ts';
import { sendJson } from '../replies.ts';
import {
  fieldRefusal,
  type HttpContext,
  type JsonSchema,
  pathPart,
  queryPart,
  type Route,
  type RouteAnswer,
  type RouteParameter,
  requireQueryNames,
} from '../route.ts';
import { idParameter, wholeNumber } from './shared.ts';

const COUNT = 100;
const COUNT_MAX = 1_000;

const NAME_PARAMETER = idParameter('name', 'Name of the view', VIEW_EXAMPLE.name);
const LIMIT: RouteParameter = {
  name: 'limit',
  in: 'query',
  description: 'Most to give',
  schema: { type: 'integer', minimum: 1, maximum: COUNT_MAX, default: COUNT },
};
const ROW_PARAMETERS: readonly RouteParameter[] = [
  LIMIT,
  { name: 'cursor', in: 'query', description: '`nextCursor` of the page before', schema: { type: 'string' } },
  {
    name: 'where',
    in: 'query',
    description: 'JSON object of the columns that have to have a value, texts and flags: {"deviceId":"dev-1"}',
    schema: { type: 'string' },
  },
  {
    name: 'from',
    in: 'query',
    description: 'Windows that start then or later, RFC 3339',
    schema: { type: 'string', format: 'date-time' },
  },
  {
    name: 'to',
    in: 'query',
    description: 'Windows that start before then, RFC 3339',
    schema: { type: 'string', format: 'date-time' },
  },
];
const CHANGE_PARAMETERS: readonly RouteParameter[] = [
  {
    name: 'after',
    in: 'query',
    description: 'Sequence after which to begin; `next` of the page before',
    schema: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
  },
  LIMIT,
];
const LATE_PARAMETERS: readonly RouteParameter[] = [
  { name: 'view', in: 'query', description: 'Only of this view, or of `engine.features`', schema: { type: 'string' } },
  LIMIT,
];

/** The routes that read the views and steer the projections; none where the server runs without projections. */
export function viewRoutes({ projections }: HttpContext): readonly Route[] {
  if (projections === null) return [];
  return [
    readViews(projections),
    readRows(projections),
    readChanges(projections),
    readLateEvents(projections),
    readProjections(projections),
    rebuild(projections),
  ];
}

type ReadRoute = {
  readonly operationId: string;
  readonly path: string;
  readonly tag: 'Views' | 'Projections';
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly RouteParameter[];
  readonly example: Readonly<Record<string, unknown>>;
  /** Null where there is no such thing: REQUEST_NOT_FOUND. */
  readonly read: (request: FastifyRequest) => Promise<object | null>;
};

/** A route that reads, with `asOf` on its answer. */
function readRoute(projections: Projections, route: ReadRoute): Route {
  const { example, read, ...rest } = route;
  return {
    ...rest,
    method: 'GET',
    access: 'read',
    isSheddable: true,
    bodies: [],
    answers: [answerOf(example)],
    errors: ['REQUEST_INVALID', 'REQUEST_NOT_FOUND', 'READ_STORE_FAILED', 'ENGINE_OVERLOADED', 'ENGINE_INTERNAL'],
    handle: async (request, reply) => {
      requireQueryNames(
        request,
        route.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
      );
      const answer = await read(request);
      if (answer === null) throw notFound();
      const { position, ...members } = { position: projections.statistics().position, ...answer };
      sendJson(reply, JSON.stringify({ ...members, asOf: asOf(projections, position) }));
    },
  };
}

function answerOf(example: Readonly<Record<string, unknown>>): RouteAnswer {
  const names = Object.keys(example);
  const schema: JsonSchema = {
    type: 'object',
    required: [...names, 'asOf'],
    properties: { ...Object.fromEntries(names.map((name) => [name, {}])), asOf: AS_OF_SCHEMA },
  };
  const content = { 'application/json': { schema, example: { ...example, asOf: AS_OF } } };
  return { status: 200, description: 'The answer, and how far it reflects the log', content };
}

function notFound(): PalisadeError {
  const message = 'Cannot read the view as there is none of the name: it is unknown. GET /v1/views lists them.';
  return new PalisadeError('REQUEST_NOT_FOUND', message);
}

function readViews(projections: Projections): Route {
  return readRoute(projections, {
    operationId: 'readViews',
    path: '/v1/views',
    tag: 'Views',
    summary: 'Read which views there are',
    description: 'The views of the ruleset in force: their columns, their watermark, and how many rows they show.',
    parameters: [],
    example: { views: [VIEW_EXAMPLE] },
    read: async () => ({ views: await projections.views() }),
  });
}

function readRows(projections: Projections): Route {
  return readRoute(projections, {
    operationId: 'readViewRows',
    path: '/v1/views/{name}',
    tag: 'Views',
    summary: 'Read the rows of a view',
    description: 'A page of rows, the newest window first; `nextCursor` is null on the last page.',
    parameters: [NAME_PARAMETER, ...ROW_PARAMETERS],
    example: { view: VIEW_EXAMPLE.name, rows: [VIEW_ROW_EXAMPLE], nextCursor: null },
    read: (request) =>
      projections.rows({
        view: pathPart(request, 'name'),
        limit: wholeNumber('limit', queryPart(request, 'limit'), COUNT, 1, COUNT_MAX),
        cursor: queryPart(request, 'cursor') || null,
        equal: equalOf(queryPart(request, 'where')),
        fromMs: timeOf('from', queryPart(request, 'from')),
        toMs: timeOf('to', queryPart(request, 'to')),
      }),
  });
}

function readChanges(projections: Projections): Route {
  return readRoute(projections, {
    operationId: 'readViewChanges',
    path: '/v1/views/{name}/changes',
    tag: 'Views',
    summary: 'Read what changed in a view',
    description:
      'Changes in their order. A `correction` is a change of a row whose window had closed; `corrects` names the ' +
      'sequence of the change that it replaces. Old changes go; rows stay.',
    parameters: [NAME_PARAMETER, ...CHANGE_PARAMETERS],
    example: { view: VIEW_EXAMPLE.name, changes: [CHANGE_EXAMPLE], next: CHANGE_EXAMPLE.sequence },
    read: (request) =>
      projections.changes(
        pathPart(request, 'name'),
        wholeNumber('after', queryPart(request, 'after'), 0, 0, Number.MAX_SAFE_INTEGER),
        wholeNumber('limit', queryPart(request, 'limit'), COUNT, 1, COUNT_MAX),
      ),
  });
}

function readLateEvents(projections: Projections): Route {
  return readRoute(projections, {
    operationId: 'readLateEvents',
    path: '/v1/late-events',
    tag: 'Views',
    summary: 'Read the events that came too late for a view, or for features',
    description:
      'Events that were put aside, newest first. `recordId` and `position` name the record in the log. `view` is ' +
      '`engine.features` for those that the features of the engine left out.',
    parameters: LATE_PARAMETERS,
    example: { lateEvents: [LATE_EVENT_EXAMPLE] },
    read: (request) =>
      projections.lateEvents(
        queryPart(request, 'view') || null,
        wholeNumber('limit', queryPart(request, 'limit'), COUNT, 1, COUNT_MAX),
      ),
  });
}

function readProjections(projections: Projections): Route {
  return readRoute(projections, {
    operationId: 'readProjections',
    path: '/v1/projections',
    tag: 'Projections',
    summary: 'Read how far the projections are',
    description: 'Each projection with its version and position, and how far a rebuild beside it is.',
    parameters: [],
    example: { projections: [PROJECTION_EXAMPLE] },
    read: async () => ({ projections: await projections.projections() }),
  });
}

function rebuild(projections: Projections): Route {
  return {
    operationId: 'rebuildProjection',
    method: 'POST',
    path: '/v1/projections/{name}/rebuild',
    access: 'rules',
    isSheddable: false,
    tag: 'Projections',
    summary: 'Build a projection anew',
    description:
      'Built from the start of the log beside the one that is read, which it replaces once it has caught up.',
    parameters: [idParameter('name', 'Name of the projection', PROJECTION_EXAMPLE.name)],
    bodies: [],
    answers: [{ status: 202, description: 'The rebuild has begun, or was under way', content: {} }],
    errors: ['REQUEST_INVALID', 'REQUEST_NOT_FOUND', 'READ_STORE_FAILED', 'ENGINE_OVERLOADED', 'ENGINE_INTERNAL'],
    handle: async (request, reply) => {
      if (!(await projections.rebuild(pathPart(request, 'name')))) {
        throw new PalisadeError(
          'REQUEST_NOT_FOUND',
          'Cannot rebuild the projection as there is none of the name: it is unknown. GET /v1/projections lists them.',
        );
      }
      reply.code(202).send();
    },
  };
}

function equalOf(text: string): Readonly<Record<string, string>> {
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fieldRefusal('where', 'must be a JSON object of columns and values');
  }
  return Object.fromEntries(Object.entries(value).map(([column, wanted]) => [column, String(wanted)]));
}

function timeOf(field: string, text: string): number | null {
  if (text === '') return null;
  const ms = epochMsOf(text);
  if (!Number.isNaN(ms)) return ms;
  throw fieldRefusal(field, 'must be an RFC 3339 time with offset');
}
