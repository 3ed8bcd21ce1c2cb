import type { FastifyRequest } from 'fastify';
import { epochMsOf, parseIdentifier } from '../../codec/mod.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { TABLE_CHANGE_EXAMPLE, TABLE_EXAMPLE, TABLE_ROW_EXAMPLE } from '../examples.ts';
import { sendJson } from '../replies.ts';
import {
  fieldRefusal,
  type HttpContext,
  type JsonSchema,
  pathPart,
  queryPart,
  type Route,
  type RouteParameter,
  requireQueryNames,
} from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { ENGINE_ERRORS, idParameter, wholeNumber } from './shared.ts';

const CHANGES_COUNT = 100;
const CHANGES_COUNT_MAX = 1_000;

const NAME_PARAMETER = idParameter('name', 'Name of the table', TABLE_EXAMPLE.name);
const AS_OF_PARAMETER: RouteParameter = {
  name: 'asOf',
  in: 'query',
  description: 'Event time, RFC 3339; now where it is absent',
  schema: { type: 'string', format: 'date-time' },
};
const CHANGES_PARAMETERS: readonly RouteParameter[] = [
  {
    name: 'after',
    in: 'query',
    description: 'Revision after which to begin; from the first row where it is absent',
    schema: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  },
  {
    name: 'limit',
    in: 'query',
    description: 'Rows to give',
    schema: { type: 'integer', minimum: 1, maximum: CHANGES_COUNT_MAX, default: CHANGES_COUNT },
  },
];

/** The routes that read the tables of reference data. Rows come in as events. */
export function tableRoutes(context: HttpContext): readonly Route[] {
  return [readTables(context), readRow(context), readChanges(context)];
}

const TABLES_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['tables'],
  properties: { tables: { type: 'array', items: schemaRef('TableReport') } },
};

function readTables({ engine }: HttpContext): Route {
  return {
    operationId: 'readTables',
    method: 'GET',
    path: '/v1/tables',
    access: 'read',
    isSheddable: false,
    tag: 'Tables',
    summary: 'Read which tables there are',
    description: 'The tables of reference data that the ruleset in force declares, and how much they hold.',
    parameters: [],
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'The tables, by name',
        content: { 'application/json': { schema: TABLES_SCHEMA, example: { tables: [TABLE_EXAMPLE] } } },
      },
    ],
    errors: ['ENGINE_INTERNAL'],
    handle: async (_request, reply) => sendJson(reply, JSON.stringify({ tables: engine.tables() })),
  };
}

function readRow({ engine, clock }: HttpContext): Route {
  return {
    operationId: 'readTableRow',
    method: 'GET',
    path: '/v1/tables/{name}/rows/{key}',
    access: 'read',
    isSheddable: true,
    tag: 'Tables',
    summary: 'Read a row as of an event time',
    description:
      'What a rule would read for an event of that time. Before what the table keeps, the oldest state that it keeps.',
    parameters: [
      NAME_PARAMETER,
      idParameter('key', 'What the row is looked up by', TABLE_ROW_EXAMPLE.key),
      AS_OF_PARAMETER,
    ],
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'The row',
        content: { 'application/json': { schema: schemaRef('TableRowReport'), example: TABLE_ROW_EXAMPLE } },
      },
    ],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'REQUEST_NOT_FOUND', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      requireQueryNames(request, ['asOf']);
      const name = parseIdentifier('name', pathPart(request, 'name'));
      const key = parseIdentifier('key', pathPart(request, 'key'));
      const row = engine.readTableRow(name, key, asOfPart(request) ?? clock.nowMs());
      if (row === null) {
        if (!engine.tables().some((table) => table.name === name)) throw unknownTable();
        throw new PalisadeError(
          'REQUEST_NOT_FOUND',
          'Cannot read the row as the key has none as of that time: it is unknown, later or removed. Check both.',
        );
      }
      sendJson(reply, JSON.stringify(row));
    },
  };
}

function readChanges({ engine }: HttpContext): Route {
  const page: JsonSchema = {
    type: 'object',
    required: ['table', 'nextAfter', 'changes'],
    properties: {
      table: { type: 'string' },
      nextAfter: {
        type: ['integer', 'null'],
        description: 'What to give as `after` to go on; null before the first row',
      },
      changes: { type: 'array', items: schemaRef('TableChange') },
    },
  };
  return {
    operationId: 'readTableChanges',
    method: 'GET',
    path: '/v1/tables/{name}/changes',
    access: 'read',
    isSheddable: true,
    tag: 'Tables',
    summary: 'Read the changelog of a table',
    description:
      'Every row and removal in the order in which they were recorded; each is durable. An empty page is the end of ' +
      'today: ask again with the same `after`.',
    parameters: [NAME_PARAMETER, ...CHANGES_PARAMETERS],
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'A page of the changelog',
        content: {
          'application/json': {
            schema: page,
            example: { table: TABLE_EXAMPLE.name, nextAfter: 1190, changes: [TABLE_CHANGE_EXAMPLE] },
          },
        },
      },
    ],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'REQUEST_NOT_FOUND', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      requireQueryNames(
        request,
        CHANGES_PARAMETERS.map(({ name }) => name),
      );
      const table = parseIdentifier('name', pathPart(request, 'name'));
      const after = wholeNumber('after', queryPart(request, 'after'), -1, 0, Number.MAX_SAFE_INTEGER);
      const limit = wholeNumber('limit', queryPart(request, 'limit'), CHANGES_COUNT, 1, CHANGES_COUNT_MAX);
      const changes = await engine.readTableChanges(table, after, limit);
      if (changes === null) throw unknownTable();
      const last = changes.at(-1)?.revision ?? after;
      sendJson(reply, JSON.stringify({ table, nextAfter: last < 0 ? null : last, changes }));
    },
  };
}

function asOfPart(request: FastifyRequest): number | null {
  const text = queryPart(request, 'asOf');
  if (text === '') return null;
  const asOfMs = epochMsOf(text);
  if (asOfMs >= 0) return asOfMs;
  throw fieldRefusal('asOf', 'must be an RFC 3339 date-time since 1970, with Z or an offset');
}

function unknownTable(): PalisadeError {
  return new PalisadeError(
    'REQUEST_NOT_FOUND',
    'Cannot read the table as the ruleset in force declares none of this name: it is unknown. Check the name.',
  );
}
