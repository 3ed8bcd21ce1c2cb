import type { FastifyRequest } from 'fastify';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Projections } from '../../ports/projections.ts';
import { AS_OF, AS_OF_SCHEMA, asOf } from '../as-of.ts';
import { choicePart, type QueryPart, textPart, wholePart } from '../query-parts.ts';
import { sendJson } from '../replies.ts';
import { type JsonSchema, type Route, type RouteParameter, requireQueryNames } from '../route.ts';

/** A route that reads for analysts: what it needs, and what it answers beside `asOf`. */
export type ConsoleRead = {
  readonly operationId: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** Parts of the path. */
  readonly pathParts?: readonly RouteParameter[];
  readonly query: readonly QueryPart<unknown>[];
  /** Schemas of the members of the answer. */
  readonly members: Readonly<Record<string, JsonSchema>>;
  readonly example: Readonly<Record<string, unknown>>;
  readonly errors?: readonly ErrorCode[];
  /** Answers the members, and the position that they stand at. */
  readonly read: (request: FastifyRequest) => Promise<object & { readonly position: number }>;
};

const NO_PARTS: readonly RouteParameter[] = [];

/** Makes a route of it: for keys with the scope `read`, shed under load, with `asOf` in its answer. */
export function consoleRead(projections: Projections, read: ConsoleRead): Route {
  const { operationId, path, summary, description, members, example, errors = [] } = read;
  const parts = read.query.map(({ parameter }) => parameter);
  const schema: JsonSchema = {
    type: 'object',
    required: [...Object.keys(members), 'asOf'],
    properties: { ...members, asOf: AS_OF_SCHEMA },
  };
  return {
    operationId,
    method: 'GET',
    path,
    access: 'read',
    isSheddable: true,
    tag: 'Console',
    summary,
    description,
    parameters: [...(read.pathParts ?? NO_PARTS), ...parts],
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'The answer, and how far it reflects the log',
        content: { 'application/json': { schema, example: { ...example, asOf: AS_OF } } },
      },
    ],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'READ_STORE_FAILED', 'ENGINE_INTERNAL', ...errors],
    handle: async (request, reply) => {
      requireQueryNames(
        request,
        parts.map(({ name }) => name),
      );
      const { position, ...answer } = await read.read(request);
      sendJson(reply, JSON.stringify({ ...answer, asOf: asOf(projections, position) }));
    },
  };
}

/** Schema of a list of things. */
export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

/** Schema of the cursor of the next page. */
export const NEXT_CURSOR: JsonSchema = { type: ['string', 'null'], description: 'For the next page; null on the last' };

/** How many rows a page has. */
export const LIMIT = wholePart('limit', 'Most to give', { absent: 50, min: 1, max: 500 });
/** Which page. */
export const CURSOR = textPart('cursor', '`nextCursor` of the page before; belongs to its filters and sort', 512);
/** Which way a list is ordered. */
export const ORDER = choicePart('order', 'Largest or smallest first', ['desc', 'asc'], 'desc');
