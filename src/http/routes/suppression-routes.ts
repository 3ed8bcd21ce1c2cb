import type { FastifyRequest } from 'fastify';
import { guardJson, parseSuppression, parseSuppressionKey, type SuppressionAnswer } from '../../codec/mod.ts';
import { ENTITY_KINDS } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { BODY_BYTES_MAX } from '../../domain/limits.ts';
import type { Suppression } from '../../domain/lists.ts';
import { SUPPRESSION_EXAMPLE } from '../examples.ts';
import { exportRoute } from '../list-export.ts';
import { principalOf } from '../principal.ts';
import { choicePart, idPart } from '../query-parts.ts';
import { sendJson } from '../replies.ts';
import {
  bodyText,
  fieldRefusal,
  type HttpContext,
  pathPart,
  type Route,
  type RouteParameter,
  requireQueryNames,
} from '../route.ts';
import { SUPPRESSION_PATH, schemaRef } from '../schemas.ts';
import { ENGINE_ERRORS, idParameter } from './shared.ts';

/** The routes that read, set and remove suppressions. Never shed, as the lists are not. */
export function suppressionRoutes(context: HttpContext): readonly Route[] {
  return [readSuppressions(context), exportSuppressions(context), suppress(context), unsuppress(context)];
}

const RULE = idPart('rule', 'Of this rule');
const KIND = choicePart('kind', 'Kind of the entity', ['any', ...ENTITY_KINDS], 'any');
const ID = idPart('id', 'For the entity of this id');
const FILTERS = [RULE, KIND, ID];

/** The suppressions that meet the filters of a query. Throws REQUEST_INVALID. */
function chosenOf(request: FastifyRequest, { engine }: HttpContext): readonly SuppressionAnswer[] {
  const [rule, kind, id] = [RULE.read(request), KIND.read(request), ID.read(request)];
  return engine
    .suppressions()
    .filter(
      (each) =>
        (rule === null || each.ruleId === rule) &&
        (kind === 'any' || each.kind === kind) &&
        (id === null || each.id === id),
    )
    .map(suppressionAnswer);
}

function exportSuppressions(context: HttpContext): Route {
  return exportRoute<SuppressionAnswer>({
    operationId: 'exportSuppressions',
    name: 'suppressions',
    path: '/v1/exports/suppressions',
    order: 'as they were set',
    filters: FILTERS,
    example: SUPPRESSION_EXAMPLE,
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'ENGINE_INTERNAL'],
    // All of them are in memory, within a bound: the cursor is how many have gone out.
    readerOf: (request) => {
      const chosen = chosenOf(request, context);
      return async (limit, cursor) => {
        const from = Number(cursor ?? 0);
        const to = from + limit;
        return { items: chosen.slice(from, to), nextCursor: to < chosen.length ? String(to) : null };
      };
    },
  });
}

const SUPPRESSION_PARAMETERS: readonly RouteParameter[] = [
  idParameter('ruleId', 'Rule that is switched off', SUPPRESSION_EXAMPLE.ruleId),
  { name: 'kind', in: 'path', description: 'Kind of the entity', schema: { enum: ENTITY_KINDS }, example: 'card' },
  idParameter('id', 'Id of the entity', SUPPRESSION_EXAMPLE.id),
];

function readSuppressions(context: HttpContext): Route {
  const schema = {
    type: 'object',
    required: ['suppressions'],
    properties: { suppressions: { type: 'array', items: schemaRef('Suppression') } },
  };
  return {
    operationId: 'readSuppressions',
    method: 'GET',
    path: '/v1/suppressions',
    access: 'read',
    isSheddable: false,
    tag: 'Lists',
    summary: 'Read the rules that are switched off for an entity',
    description: 'Every suppression that is kept, also those whose time is over, and that meets the filters.',
    parameters: FILTERS.map(({ parameter }) => parameter),
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'The suppressions',
        content: { 'application/json': { schema, example: { suppressions: [SUPPRESSION_EXAMPLE] } } },
      },
    ],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'ENGINE_INTERNAL'],
    handle: async (request, reply) => {
      requireQueryNames(
        request,
        FILTERS.map(({ parameter }) => parameter.name),
      );
      sendJson(reply, JSON.stringify({ suppressions: chosenOf(request, context) }));
    },
  };
}

function suppress(context: HttpContext): Route {
  const { engine } = context;
  return {
    operationId: 'setSuppression',
    method: 'PUT',
    path: '/v1/suppressions/{ruleId}/{kind}/{id}',
    access: 'lists',
    isSheddable: false,
    tag: 'Lists',
    summary: 'Switch one rule off for one entity until a time',
    description: 'Replaces a suppression that is there; a time in the past ends it. By event time.',
    parameters: SUPPRESSION_PARAMETERS,
    bodies: [
      {
        type: 'application/json',
        bytesMax: BODY_BYTES_MAX,
        schema: schemaRef('SuppressionBody'),
        example: { until: SUPPRESSION_EXAMPLE.until, note: SUPPRESSION_EXAMPLE.note },
      },
    ],
    answers: [
      {
        status: 200,
        description: 'The suppression as it is now',
        content: { 'application/json': { schema: schemaRef('Suppression'), example: SUPPRESSION_EXAMPLE } },
      },
    ],
    errors: ['REQUEST_CARD_DATA', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const suppression = { ...suppressionOf(request), by: principalOf(request, context) ?? '' };
      await engine.setSuppression(suppression);
      sendJson(reply, JSON.stringify(suppressionAnswer(suppression)));
    },
  };
}

function unsuppress(context: HttpContext): Route {
  const { engine } = context;
  return {
    operationId: 'removeSuppression',
    method: 'DELETE',
    path: '/v1/suppressions/{ruleId}/{kind}/{id}',
    access: 'lists',
    isSheddable: false,
    tag: 'Lists',
    summary: 'Switch a rule on again for one entity',
    description: 'Durable when answered; counts for the events that come after.',
    parameters: SUPPRESSION_PARAMETERS,
    bodies: [],
    answers: [{ status: 204, description: 'The suppression is gone', content: {} }],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'REQUEST_NOT_FOUND', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const [ruleId = '', kind = '', id = ''] = SUPPRESSION_PATH.map((name) => pathPart(request, name));
      const key = parseSuppressionKey(ruleId, kind, id);
      const by = principalOf(request, context) ?? '';
      if (!(await engine.removeSuppression(key.ruleId, key.kind, key.id, by))) {
        throw new PalisadeError(
          'REQUEST_NOT_FOUND',
          'Cannot remove the suppression as there is none: no such rule is off for this entity. Check ruleId and id.',
        );
      }
      reply.code(204).send();
    },
  };
}

/** Joins the path and the body into what the codec reads; a member that stands in both is refused. */
function suppressionOf(request: FastifyRequest): Suppression {
  const path = Object.fromEntries(SUPPRESSION_PATH.map((name) => [name, pathPart(request, name)]));
  const body = guardJson(bodyText(request));
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw fieldRefusal('', 'must be an object');
  const twice = SUPPRESSION_PATH.find((name) => Object.hasOwn(body, name));
  if (twice !== undefined) throw fieldRefusal(twice, 'stands in the path and must not be in the body');
  return parseSuppression(JSON.stringify({ ...body, ...path }));
}

function suppressionAnswer({ untilMs, by = '', ...suppression }: Suppression): SuppressionAnswer {
  return { ...suppression, until: new Date(untilMs).toISOString(), by };
}
