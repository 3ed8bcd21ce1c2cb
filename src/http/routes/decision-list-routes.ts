import type { FastifyRequest } from 'fastify';
import { canonicalIp, parseIdentifier } from '../../codec/mod.ts';
import { MODES, OUTCOMES } from '../../domain/decision.ts';
import { ENTITY_KINDS } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { LABELS } from '../../domain/events.ts';
import { TEXT_LENGTH_MAX } from '../../domain/limits.ts';
import {
  ALERT_SORTS,
  ALERT_SOURCES,
  type AlertFilter,
  type ConsoleReads,
  DECISION_SORTS,
  type DecisionFilter,
} from '../../ports/console.ts';
import type { Projections } from '../../ports/projections.ts';
import { ALERT_ROW_EXAMPLE, DECISION_ROW_EXAMPLE } from '../console-examples.ts';
import { DECISION_EXAMPLE } from '../examples.ts';
import { choicePart, idPart, namesPart, numberPart, textPart, timePart } from '../query-parts.ts';
import { type HttpContext, pathPart, type Route } from '../route.ts';
import { schemaRef } from '../schemas.ts';
import { CURSOR, consoleRead, LIMIT, listOf, NEXT_CURSOR, ORDER } from './console-read.ts';
import { idParameter } from './shared.ts';

const LABEL_FILTERS = ['any', 'none', ...LABELS] as const;
const SEARCH = 'Words that all have to begin a word of the row: ids, reason codes, rules, countries';

const FROM = timePart('from', 'Occurred then or later, RFC 3339');
const TO = timePart('to', 'Occurred before then, RFC 3339');

const DECISION_PARTS = {
  outcome: namesPart('outcome', 'Outcomes', OUTCOMES),
  mode: namesPart('mode', 'Modes', MODES),
  card: idPart('card', 'Of this card'),
  account: idPart('account', 'Of this account'),
  device: idPart('device', 'Of this device'),
  merchant: idPart('merchant', 'Of this merchant'),
  ip: idPart('ip', 'Of this address'),
  country: idPart('country', 'In this country, ISO 3166-1 alpha-2'),
  rule: idPart('rule', 'Hit by this rule, acting or in the shadow'),
  label: choicePart('label', 'Labelled so; none for those without a label', LABEL_FILTERS, 'any'),
  amountMin: numberPart('amountMin', 'At least so much, major units of the base currency'),
  amountMax: numberPart('amountMax', 'At most so much'),
  from: FROM,
  to: TO,
  search: textPart('search', SEARCH, TEXT_LENGTH_MAX),
} as const;

/** Filters of decisions as a query states them. Throws REQUEST_INVALID. */
export function decisionFilterOf(request: FastifyRequest): DecisionFilter {
  const parts = DECISION_PARTS;
  const ip = parts.ip.read(request);
  const label = parts.label.read(request);
  return {
    outcomes: parts.outcome.read(request),
    modes: parts.mode.read(request),
    cardId: parts.card.read(request),
    accountId: parts.account.read(request),
    deviceId: parts.device.read(request),
    merchantId: parts.merchant.read(request),
    ip: ip === null ? null : (canonicalIp(ip) ?? ip),
    country: parts.country.read(request),
    rule: parts.rule.read(request),
    label: label === 'any' ? null : label,
    amountMin: parts.amountMin.read(request),
    amountMax: parts.amountMax.read(request),
    fromMs: parts.from.read(request),
    toMs: parts.to.read(request),
    search: parts.search.read(request),
  };
}

/** The parts of a query that filter decisions. */
export const DECISION_FILTER_PARTS = Object.values(DECISION_PARTS);
const DECISION_SORT = choicePart('sort', 'What to order by', DECISION_SORTS, 'occurredAt');

const ALERT_PARTS = {
  source: namesPart('source', 'Where alerts come from', ALERT_SOURCES),
  outcome: namesPart('outcome', 'Outcomes of decisions', OUTCOMES),
  kind: choicePart('kind', 'Kind of the entity of `id`', ['any', ...ENTITY_KINDS], 'any'),
  id: idPart('id', 'Of this entity; needs `kind`'),
  scoreMin: numberPart('scoreMin', 'At least this score'),
  from: FROM,
  to: TO,
  search: textPart('search', SEARCH, TEXT_LENGTH_MAX),
} as const;
const ALERT_SORT = choicePart('sort', 'What to order by', ALERT_SORTS, 'occurredAt');

/** Filters of alerts as a query states them. Throws REQUEST_INVALID. */
export function alertFilterOf(request: FastifyRequest): AlertFilter {
  const parts = ALERT_PARTS;
  const kind = parts.kind.read(request);
  return {
    sources: parts.source.read(request),
    outcomes: parts.outcome.read(request),
    entityKind: kind === 'any' ? null : kind,
    entityId: parts.id.read(request),
    scoreMin: parts.scoreMin.read(request),
    fromMs: parts.from.read(request),
    toMs: parts.to.read(request),
    search: parts.search.read(request),
  };
}

/** The parts of a query that filter alerts. */
export const ALERT_FILTER_PARTS = Object.values(ALERT_PARTS);

/** The lists of decisions and alerts, and one decision. */
export function decisionListRoutes(
  { engine }: HttpContext,
  console: ConsoleReads,
  projections: Projections,
): readonly Route[] {
  return [
    consoleRead(projections, {
      operationId: 'listDecisions',
      path: '/v1/decisions',
      summary: 'List decisions',
      description:
        'A page of the decisions that meet all filters. A sort by amount leaves out what has no rate to the base ' +
        'currency.',
      query: [...DECISION_FILTER_PARTS, DECISION_SORT, ORDER, LIMIT, CURSOR],
      members: { items: listOf(schemaRef('DecisionRow')), nextCursor: NEXT_CURSOR },
      example: { items: [DECISION_ROW_EXAMPLE], nextCursor: null },
      read: (request) =>
        console.decisions({
          ...decisionFilterOf(request),
          sort: DECISION_SORT.read(request),
          descending: ORDER.read(request) === 'desc',
          limit: LIMIT.read(request),
          cursor: CURSOR.read(request) || null,
        }),
    }),
    consoleRead(projections, {
      operationId: 'readDecisionRow',
      path: '/v1/decisions/{id}',
      summary: 'Read one decision',
      description: 'Its row, and the answer as it was given: reasons with their evidence, revisions, responses.',
      pathParts: [idParameter('id', 'Id of the transaction', DECISION_ROW_EXAMPLE.transactionId)],
      query: [],
      members: { row: schemaRef('DecisionRow'), decision: schemaRef('Decision') },
      example: { row: DECISION_ROW_EXAMPLE, decision: DECISION_EXAMPLE },
      errors: ['REQUEST_NOT_FOUND'],
      read: async (request) => {
        const id = parseIdentifier('id', pathPart(request, 'id'));
        const [{ position, row }, text] = await Promise.all([console.decision(id), engine.findDecision(id)]);
        if (row === null || text === null) throw noDecision();
        return { position, row, decision: JSON.parse(text) };
      },
    }),
    consoleRead(projections, {
      operationId: 'listAlerts',
      path: '/v1/alerts',
      summary: 'List alerts',
      description:
        'What a person should look at: decisions other than approve, and logins, signals and rows of views that hit ' +
        'a rule.',
      query: [...ALERT_FILTER_PARTS, ALERT_SORT, ORDER, LIMIT, CURSOR],
      members: { items: listOf(schemaRef('AlertRow')), nextCursor: NEXT_CURSOR },
      example: { items: [ALERT_ROW_EXAMPLE], nextCursor: null },
      read: (request) =>
        console.alerts({
          ...alertFilterOf(request),
          sort: ALERT_SORT.read(request),
          descending: ORDER.read(request) === 'desc',
          limit: LIMIT.read(request),
          cursor: CURSOR.read(request) || null,
        }),
    }),
  ];
}

function noDecision(): PalisadeError {
  return new PalisadeError(
    'REQUEST_NOT_FOUND',
    'Cannot read the decision as the projections know of none: the id is unknown, or they lag. Check the id and asOf.',
  );
}
