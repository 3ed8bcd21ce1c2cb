import type { FastifyRequest } from 'fastify';
import { type ListEntryAnswer, parseListEntry, parseListKey } from '../../codec/mod.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { BODY_BYTES_MAX } from '../../domain/limits.ts';
import { LIST_KINDS, LIST_NAMES, type ListEntry } from '../../domain/lists.ts';
import { LIST_ENTRY_EXAMPLE } from '../examples.ts';
import { sendJson } from '../replies.ts';
import {
  bodyText,
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

const PAGE_SIZE = 100;
const PAGE_SIZE_MAX = 1_000;

/** The routes that read and change the lists. Never shed: they are how an operator steers. */
export function listRoutes(context: HttpContext): readonly Route[] {
  return [readLists(context), setEntry(context), removeEntry(context)];
}

const LIST_PARAMETERS: readonly RouteParameter[] = [
  { name: 'list', in: 'path', description: 'Name of the list', schema: { enum: LIST_NAMES }, example: 'block' },
  { name: 'kind', in: 'path', description: 'What the value is', schema: { enum: LIST_KINDS }, example: 'ip' },
  idParameter('value', 'The value: an id, an address, a block, a BIN or a country', '192.0.2.17'),
];

const PAGE_PARAMETERS: readonly RouteParameter[] = [
  { name: 'list', in: 'query', description: 'Only this list', schema: { enum: LIST_NAMES } },
  { name: 'kind', in: 'query', description: 'Only values of this kind', schema: { enum: LIST_KINDS } },
  {
    name: 'offset',
    in: 'query',
    description: 'Entries to pass over',
    schema: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
  },
  {
    name: 'limit',
    in: 'query',
    description: 'Entries to give',
    schema: { type: 'integer', minimum: 1, maximum: PAGE_SIZE_MAX, default: PAGE_SIZE },
  },
];

function readLists({ engine }: HttpContext): Route {
  const page: JsonSchema = {
    type: 'object',
    required: ['total', 'nextOffset', 'entries'],
    properties: {
      total: { type: 'integer', description: 'Entries that fit the query' },
      nextOffset: { type: ['integer', 'null'] },
      entries: { type: 'array', items: schemaRef('ListEntry') },
    },
  };
  return {
    operationId: 'readLists',
    method: 'GET',
    path: '/v1/lists',
    access: 'read',
    isSheddable: false,
    tag: 'Lists',
    summary: 'Read the entries of the lists',
    description: 'A page of the entries; `nextOffset` is null on the last one.',
    parameters: PAGE_PARAMETERS,
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'A page of entries',
        content: {
          'application/json': { schema: page, example: { total: 1, nextOffset: null, entries: [LIST_ENTRY_EXAMPLE] } },
        },
      },
    ],
    errors: ['REQUEST_INVALID', 'ENGINE_INTERNAL'],
    handle: async (request, reply) => sendJson(reply, pageText(engine.lists(), request)),
  };
}

function setEntry({ engine }: HttpContext): Route {
  return {
    operationId: 'setListEntry',
    method: 'PUT',
    path: '/v1/lists/{list}/{kind}/{value}',
    access: 'lists',
    isSheddable: false,
    tag: 'Lists',
    summary: 'Set an entry of a list',
    description: 'Replaces an entry that is there. Durable when answered; counts for the events that come after.',
    parameters: LIST_PARAMETERS,
    bodies: [
      {
        type: 'application/json',
        mayBeAbsent: true,
        bytesMax: BODY_BYTES_MAX,
        schema: schemaRef('ListEntryBody'),
        example: { expiresAt: LIST_ENTRY_EXAMPLE.expiresAt, note: LIST_ENTRY_EXAMPLE.note },
      },
    ],
    answers: [
      {
        status: 200,
        description: 'The entry as it is now',
        content: { 'application/json': { schema: schemaRef('ListEntry'), example: LIST_ENTRY_EXAMPLE } },
      },
    ],
    errors: ['REQUEST_CARD_DATA', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const [list, kind, value] = entryPath(request);
      const entry = parseListEntry(list, kind, value, bodyText(request));
      await engine.setListEntry(entry);
      sendJson(reply, JSON.stringify(entryAnswer(entry)));
    },
  };
}

function removeEntry({ engine }: HttpContext): Route {
  return {
    operationId: 'removeListEntry',
    method: 'DELETE',
    path: '/v1/lists/{list}/{kind}/{value}',
    access: 'lists',
    isSheddable: false,
    tag: 'Lists',
    summary: 'Remove an entry of a list',
    description: 'Durable when answered; counts for the events that come after.',
    parameters: LIST_PARAMETERS,
    bodies: [],
    answers: [{ status: 204, description: 'The entry is gone', content: {} }],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'REQUEST_NOT_FOUND', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const key = parseListKey(...entryPath(request));
      if (!(await engine.removeListEntry(key.list, key.kind, key.value))) {
        throw new PalisadeError(
          'REQUEST_NOT_FOUND',
          'Cannot remove the entry as it is not in the list: none has this value. Check list, kind and value.',
        );
      }
      reply.code(204).send();
    },
  };
}

function pageText(all: readonly ListEntry[], request: FastifyRequest): string {
  requireQueryNames(
    request,
    PAGE_PARAMETERS.map(({ name }) => name),
  );
  const list = oneOf('list', queryPart(request, 'list'), LIST_NAMES);
  const kind = oneOf('kind', queryPart(request, 'kind'), LIST_KINDS);
  const offset = wholeNumber('offset', queryPart(request, 'offset'), 0, 0, Number.MAX_SAFE_INTEGER);
  const limit = wholeNumber('limit', queryPart(request, 'limit'), PAGE_SIZE, 1, PAGE_SIZE_MAX);
  const isWanted = (entry: ListEntry): boolean =>
    (list === null || entry.list === list) && (kind === null || entry.kind === kind);
  const found = list === null && kind === null ? all : all.filter(isWanted);
  const nextOffset = offset + limit < found.length ? offset + limit : null;
  const entries = found.slice(offset, offset + limit).map(entryAnswer);
  return JSON.stringify({ total: found.length, nextOffset, entries });
}

function oneOf<Name extends string>(field: string, text: string, names: readonly Name[]): Name | null {
  if (text === '') return null;
  const found = names.find((name) => name === text);
  if (found === undefined) throw fieldRefusal(field, `must be one of ${names.join(', ')}`);
  return found;
}

function entryPath(request: FastifyRequest): [list: string, kind: string, value: string] {
  return [pathPart(request, 'list'), pathPart(request, 'kind'), pathPart(request, 'value')];
}

function entryAnswer({ expiresAtMs, ...entry }: ListEntry): ListEntryAnswer {
  return { ...entry, expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString() };
}
