import type { FastifyRequest } from 'fastify';
import {
  jsonSchemaOf,
  parseIdentifier,
  parseSagaConfirmation,
  parseSagaOrder,
  parseSagaStart,
  sagaConfirmationSchema,
  sagaOrderSchema,
  sagaStartSchema,
} from '../../codec/mod.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { BODY_BYTES_MAX } from '../../domain/limits.ts';
import { SAGA_COMMANDS } from '../../domain/sagas.ts';
import type { Sagas, SignedHeaders } from '../../ports/saga-door.ts';
import type { SagaQuery } from '../../ports/saga-index.ts';
import { principalOf } from '../principal.ts';
import { handledByHolder } from '../relayed-calls.ts';
import { sendJson } from '../replies.ts';
import {
  bodyText,
  fieldRefusal,
  type HttpContext,
  pathPart,
  queryPart,
  type Route,
  type RouteParameter,
  requireQueryNames,
} from '../route.ts';
import { SAGA_EXAMPLE, SAGA_REPORT_SCHEMA, SAGA_SCHEMA, sagaAnswer, sagaReportAnswer } from '../saga-answers.ts';
import { ENGINE_ERRORS, idParameter } from './shared.ts';

const PAGE_SIZE = 100;
const PAGE_SIZE_MAX = 1_000;
const COMMON = { isSheddable: false, tag: 'Sagas' } as const;
const SAGA_CONTENT = { 'application/json': { schema: SAGA_SCHEMA, example: SAGA_EXAMPLE } };

/** The routes that show sagas and steer them. Never shed: they are how people step in. */
export function sagaRoutes(context: HttpContext): readonly Route[] {
  return [listSagas(context), readSaga(context), startSaga(context), orderSaga(context), confirmEffect(context)];
}

function sagasOf({ sagas }: HttpContext): Sagas {
  if (sagas !== null) return sagas;
  const message = 'Cannot do this as the engine runs no sagas: it has no file of responses. Start it with --responses.';
  throw new PalisadeError('SAGAS_OFF', message);
}

const NAME_PARAMETERS: readonly RouteParameter[] = [
  idParameter('kind', 'Kind of the saga', 'freeze-card'),
  idParameter('id', 'Id of the saga', 'card-tok-1'),
];

const QUERY_PARAMETERS: readonly RouteParameter[] = [
  { name: 'kind', in: 'query', description: 'Only this kind', schema: { type: 'string' } },
  { name: 'state', in: 'query', description: 'Only in this state of the machine', schema: { type: 'string' } },
  { name: 'id', in: 'query', description: 'Only about this card, account ...', schema: { type: 'string' } },
  { name: 'open', in: 'query', description: 'Only open ones, or only others', schema: { enum: ['true', 'false'] } },
  {
    name: 'olderThanS',
    in: 'query',
    description: 'Only those opened at least so many seconds ago',
    schema: { type: 'integer', minimum: 0, maximum: 1e9 },
  },
  {
    name: 'offset',
    in: 'query',
    description: 'Sagas to pass over',
    schema: { type: 'integer', minimum: 0, maximum: 1e9, default: 0 },
  },
  {
    name: 'limit',
    in: 'query',
    description: 'Sagas to give',
    schema: { type: 'integer', minimum: 1, maximum: PAGE_SIZE_MAX, default: PAGE_SIZE },
  },
];

function listSagas(context: HttpContext): Route {
  const schema = {
    type: 'object',
    required: ['total', 'nextOffset', 'sagas'],
    properties: {
      total: { type: 'integer', description: 'Sagas that fit the query' },
      nextOffset: { type: ['integer', 'null'] },
      sagas: { type: 'array', items: SAGA_SCHEMA },
    },
  };
  const example = { total: 1, nextOffset: null, sagas: [SAGA_EXAMPLE] };
  return {
    ...COMMON,
    operationId: 'listSagas',
    method: 'GET',
    path: '/v1/sagas',
    access: 'read',
    summary: 'List sagas',
    description:
      'A page of the sagas, the longest open first. Each kind and id is told once, as its newest run stands.',
    parameters: QUERY_PARAMETERS,
    bodies: [],
    answers: [{ status: 200, description: 'The sagas', content: { 'application/json': { schema, example } } }],
    errors: ['REQUEST_INVALID', 'SAGAS_OFF', 'SAGAS_ELSEWHERE', 'ENGINE_INTERNAL', 'LOG_UNUSABLE'],
    handle: handledByHolder('sagas', context, async (request, reply) => {
      const query = queryOf(request, context.clock.nowMs());
      const { total, rows } = await sagasOf(context).list(query);
      const next = query.offset + rows.length;
      const nextOffset = next < total && rows.length > 0 ? next : null;
      sendJson(reply, JSON.stringify({ total, nextOffset, sagas: rows.map(sagaAnswer) }));
    }),
  };
}

function queryOf(request: FastifyRequest, nowMs: number): SagaQuery {
  requireQueryNames(
    request,
    QUERY_PARAMETERS.map(({ name }) => name),
  );
  const open = queryPart(request, 'open');
  if (open !== '' && open !== 'true' && open !== 'false') throw fieldRefusal('open', 'must be one of true, false');
  const olderThanS = wholeNumber(request, 'olderThanS', -1, 0, 1e9);
  return {
    kind: queryPart(request, 'kind') || null,
    status: queryPart(request, 'state') || null,
    id: queryPart(request, 'id') || null,
    isOpen: open === '' ? null : open === 'true',
    openedBeforeMs: olderThanS === -1 ? null : nowMs - olderThanS * 1000,
    offset: wholeNumber(request, 'offset', 0, 0, 1e9),
    limit: wholeNumber(request, 'limit', PAGE_SIZE, 1, PAGE_SIZE_MAX),
  };
}

function wholeNumber(request: FastifyRequest, name: string, absent: number, min: number, max: number): number {
  const text = queryPart(request, name);
  if (text === '') return absent;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw fieldRefusal(name, `must be a whole number from ${min} to ${max}`);
}

function readSaga(context: HttpContext): Route {
  return {
    ...COMMON,
    operationId: 'readSaga',
    method: 'GET',
    path: '/v1/sagas/{kind}/{id}',
    access: 'read',
    summary: 'Read one saga with its history',
    description: 'Every step with what came and what followed, each attempt to deliver, and the machine as a diagram.',
    parameters: NAME_PARAMETERS,
    bodies: [],
    answers: [
      { status: 200, description: 'The saga', content: { 'application/json': { schema: SAGA_REPORT_SCHEMA } } },
    ],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'REQUEST_NOT_FOUND', 'SAGAS_OFF', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const { kind, id } = nameOf(request);
      const report = await sagasOf(context).read(kind, id);
      if (report === null) {
        throw new PalisadeError(
          'REQUEST_NOT_FOUND',
          'Cannot read the saga as there is none of this kind and id. Check both.',
        );
      }
      sendJson(reply, JSON.stringify(sagaReportAnswer(report)));
    },
  };
}

function nameOf(request: FastifyRequest): { readonly kind: string; readonly id: string } {
  return {
    kind: parseIdentifier('kind', pathPart(request, 'kind')),
    id: parseIdentifier('id', pathPart(request, 'id')),
  };
}

function startSaga(context: HttpContext): Route {
  return {
    ...COMMON,
    operationId: 'startSaga',
    method: 'POST',
    path: '/v1/sagas',
    access: 'sagas',
    summary: 'Start a saga',
    description:
      'Durable when answered. Where one of the kind and id is open, it is joined. `requestId` is the key of ' +
      'idempotency. Where calls need a key, the key is who asked.',
    parameters: [],
    bodies: [
      {
        type: 'application/json',
        bytesMax: BODY_BYTES_MAX,
        schema: jsonSchemaOf(sagaStartSchema),
        example: { kind: 'freeze-card', id: 'card-tok-1', requestId: 'case-17-freeze', by: 'alice' },
      },
    ],
    answers: [{ status: 202, description: 'The saga as it is now', content: SAGA_CONTENT }],
    errors: [
      'REQUEST_CARD_DATA',
      'SAGA_REFUSED',
      'SAGAS_OFF',
      'SAGAS_ELSEWHERE',
      'LOG_REVISION_CONFLICT',
      ...ENGINE_ERRORS,
    ],
    handle: handledByHolder('sagas', context, async (request, reply) => {
      const { kind, id, requestId, by, reasons, input } = parseSagaStart(bodyText(request));
      const who = principalOf(request, context) ?? by ?? '';
      const row = await sagasOf(context).start({
        kind,
        id,
        requestId,
        source: by === undefined ? 'api' : 'analyst',
        by: who,
        reasons: reasons ?? [],
        input: input ?? {},
      });
      sendJson(reply.code(202), JSON.stringify(sagaAnswer(row)));
    }),
  };
}

function orderSaga(context: HttpContext): Route {
  return {
    ...COMMON,
    operationId: 'orderSaga',
    method: 'POST',
    path: '/v1/sagas/{kind}/{id}/{command}',
    access: 'sagas',
    summary: 'Give a saga a command',
    description:
      '`retry` sends at once what waits, and lets an endpoint that was given up be used again. `escalate` calls a ' +
      'person, `cancel` ends a saga that allows it, `resolve` says that a person has done it. `approve` and `reject` ' +
      'are for a release, `outcome` with `input.outcome` for a challenge.',
    parameters: [
      ...NAME_PARAMETERS,
      { name: 'command', in: 'path', description: 'What to do', schema: { enum: SAGA_COMMANDS }, example: 'retry' },
    ],
    bodies: [
      {
        type: 'application/json',
        mayBeAbsent: true,
        bytesMax: BODY_BYTES_MAX,
        schema: jsonSchemaOf(sagaOrderSchema),
        example: { by: 'alice' },
      },
    ],
    answers: [{ status: 200, description: 'The saga as it is now', content: SAGA_CONTENT }],
    errors: [
      'REQUEST_CARD_DATA',
      'REQUEST_NOT_FOUND',
      'SAGA_REFUSED',
      'SAGAS_OFF',
      'SAGAS_ELSEWHERE',
      ...ENGINE_ERRORS,
    ],
    handle: handledByHolder('sagas', context, async (request, reply) => {
      const command = SAGA_COMMANDS.find((name) => name === pathPart(request, 'command'));
      if (command === undefined) throw fieldRefusal('command', `must be one of ${SAGA_COMMANDS.join(', ')}`);
      const { by, input } = parseSagaOrder(bodyText(request));
      const who = principalOf(request, context) ?? by ?? '';
      const row = await sagasOf(context).order({ ...nameOf(request), command, by: who, input: input ?? {} });
      sendJson(reply, JSON.stringify(sagaAnswer(row)));
    }),
  };
}

function confirmEffect(context: HttpContext): Route {
  const schema = { type: 'object', required: ['taken'], properties: { taken: { type: 'boolean' } } };
  return {
    ...COMMON,
    operationId: 'confirmEffect',
    method: 'POST',
    path: '/v1/confirmations/{endpoint}',
    access: 'public',
    summary: 'Confirm a command that was accepted',
    description:
      'For receivers of commands, signed after Standard Webhooks with the secret of the endpoint. `taken` is false ' +
      'where nothing waited for it: a repeat is answered as a success and does nothing.',
    parameters: [
      idParameter('endpoint', 'Endpoint of the settings that confirms', 'card-processor'),
      ...['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
        name,
        in: 'header' as const,
        description: 'As Standard Webhooks says',
        schema: { type: 'string' },
      })),
    ],
    bodies: [
      {
        type: 'application/json',
        bytesMax: BODY_BYTES_MAX,
        schema: jsonSchemaOf(sagaConfirmationSchema),
        example: { effectId: 'freeze-card:card-tok-1:1:freeze', succeeded: true },
      },
    ],
    answers: [
      {
        status: 200,
        description: 'It was heard',
        content: { 'application/json': { schema, example: { taken: true } } },
      },
    ],
    errors: ['SIGNATURE_INVALID', 'REQUEST_CARD_DATA', 'SAGAS_OFF', 'SAGAS_ELSEWHERE', ...ENGINE_ERRORS],
    handle: handledByHolder('sagas', context, async (request, reply) => {
      const sagas = sagasOf(context);
      const endpoint = pathPart(request, 'endpoint');
      const text = bodyText(request);
      const refusal = context.checkConfirmation(endpoint, signedHeaders(request), text);
      if (refusal !== null) {
        const message = `Cannot accept the confirmation as its signature does not hold: ${refusal}. Sign it anew.`;
        throw new PalisadeError('SIGNATURE_INVALID', message);
      }
      const { effectId, succeeded, detail } = parseSagaConfirmation(text);
      const taken = await sagas.confirm({ endpoint, effectId, succeeded, detail: detail ?? '' });
      sendJson(reply, JSON.stringify({ taken }));
    }),
  };
}

function signedHeaders(request: FastifyRequest): SignedHeaders {
  const found: Record<string, string> = {};
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const) {
    const value = request.headers[name];
    if (typeof value === 'string') found[name] = value;
  }
  return found;
}
