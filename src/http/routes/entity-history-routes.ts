import type { FastifyRequest } from 'fastify';
import { canonicalIp, parseIdentifier } from '../../codec/mod.ts';
import { ENTITY_KINDS, type EntityKind } from '../../domain/entities.ts';
import type { ConsoleReads, PageQuery, TimelineQuery } from '../../ports/console.ts';
import type { Projections } from '../../ports/projections.ts';
import { LINK_EXAMPLE, NODE_EXAMPLE, PROFILE_EXAMPLE, TIMELINE_EXAMPLE } from '../console-examples.ts';
import { namesPart, timePart, wholePart } from '../query-parts.ts';
import { fieldRefusal, pathPart, type Route, type RouteParameter } from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { CURSOR, consoleRead, LIMIT, listOf, NEXT_CURSOR } from './console-read.ts';
import { idParameter } from './shared.ts';

const TYPES = ['decision', 'login', 'signal', 'label', 'reference', 'alert', 'list', 'suppression', 'saga'] as const;

/** The parts of a path that name an entity. */
export const ENTITY_PATH: readonly RouteParameter[] = [
  { name: 'kind', in: 'path', description: 'What it is', schema: { enum: ENTITY_KINDS }, example: 'card' },
  idParameter('id', 'Id of the entity', 'card-tok-1'),
];
const FROM = timePart('from', 'Occurred then or later, RFC 3339');
const TO = timePart('to', 'Occurred before then, RFC 3339');
const TYPE = namesPart('type', 'Kinds of entries', TYPES);
const DEPTH = wholePart('depth', 'How many links to follow', { absent: 1, min: 1, max: 3 });
const NODES = wholePart('nodes', 'Most entities to give', { absent: 100, min: 2, max: 500 });

/** The entity that a path names. Throws REQUEST_INVALID. */
export function entityOf(request: FastifyRequest): { readonly kind: EntityKind; readonly id: string } {
  const named = pathPart(request, 'kind');
  const kind = ENTITY_KINDS.find((candidate) => candidate === named);
  if (kind === undefined) throw fieldRefusal('kind', `must be one of ${ENTITY_KINDS.join(', ')}`);
  const id = parseIdentifier('id', pathPart(request, 'id'));
  return { kind, id: kind === 'ip' ? (canonicalIp(id) ?? id) : id };
}

/** The parts of a query that filter a timeline. */
export const TIMELINE_FILTER_PARTS = [TYPE, FROM, TO];

/** Whose timeline, and what of it. Throws REQUEST_INVALID. */
export function timelineFilterOf(request: FastifyRequest): Omit<TimelineQuery, keyof PageQuery> {
  return {
    ...entityOf(request),
    types: TYPE.read(request),
    fromMs: FROM.read(request),
    toMs: TO.read(request),
  };
}

/** What the log has of one entity: profile, timeline, links. */
export function entityHistoryRoutes(console: ConsoleReads, projections: Projections): readonly Route[] {
  return [
    consoleRead(projections, {
      operationId: 'readEntityProfile',
      path: '/v1/entities/{kind}/{id}',
      summary: 'Read the profile of an entity',
      description:
        'Counts over the whole log; null where nothing names it. Its windows are at /v1/cards/{id} and so on.',
      pathParts: ENTITY_PATH,
      query: [],
      members: { profile: { anyOf: [schemaRef('EntityProfile'), { type: 'null' }] } },
      example: { profile: PROFILE_EXAMPLE },
      read: (request) => {
        const { kind, id } = entityOf(request);
        return console.entity(kind, id);
      },
    }),
    consoleRead(projections, {
      operationId: 'readTimeline',
      path: '/v1/entities/{kind}/{id}/timeline',
      summary: 'Read what happened to an entity',
      description: 'Decisions, logins, signals, labels, alerts and responses, the newest record first.',
      pathParts: ENTITY_PATH,
      query: [...TIMELINE_FILTER_PARTS, LIMIT, CURSOR],
      members: { items: listOf(schemaRef('TimelineEntry')), nextCursor: NEXT_CURSOR },
      example: { items: [TIMELINE_EXAMPLE], nextCursor: null },
      read: (request) =>
        console.timeline({
          ...timelineFilterOf(request),
          limit: LIMIT.read(request),
          cursor: CURSOR.read(request) || null,
        }),
    }),
    consoleRead(projections, {
      operationId: 'readLinks',
      path: '/v1/entities/{kind}/{id}/links',
      summary: 'Read who shares what with an entity',
      description:
        'The entities around it, and since when two were seen together. An entity with more than 64 links is shown ' +
        'and not walked through. `truncated` tells that there is more.',
      pathParts: ENTITY_PATH,
      query: [DEPTH, NODES],
      members: {
        nodes: listOf(schemaRef('LinkNode')),
        links: listOf(schemaRef('EntityLink')),
        truncated: { type: 'boolean' },
      },
      example: { nodes: [NODE_EXAMPLE], links: [LINK_EXAMPLE], truncated: false },
      read: (request) =>
        console.links({ ...entityOf(request), depth: DEPTH.read(request), nodesMax: NODES.read(request) }),
    }),
  ];
}
