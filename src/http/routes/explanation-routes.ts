import { parseIdentifier } from '../../codec/mod.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { Engine } from '../../ports/engine.ts';
import type { EntityHistory, Explanation, Laboratory } from '../../ports/laboratory.ts';
import type { Projections } from '../../ports/projections.ts';
import { DECISION_EXAMPLE, TRANSACTION_EXAMPLE } from '../examples.ts';
import { textPart, wholePart } from '../query-parts.ts';
import { fieldRefusal, type HttpContext, type JsonSchema, pathPart, type Route } from '../route.ts';
import { SCHEMAS, schemaRef } from '../schemas.ts';
import { consoleRead } from './console-read.ts';
import { ENTITY_PATH, entityOf } from './entity-history-routes.ts';
import { ENGINE_ERRORS, idParameter } from './shared.ts';

const EXAMPLE: Omit<Explanation, 'position'> = {
  transaction: TRANSACTION_EXAMPLE,
  decision: DECISION_EXAMPLE,
  isReproduced: true,
  difference: '',
  rebuilt: { outcome: 'review', score: 45, reasons: ['AMOUNT_SPIKE'] },
  rules: [
    {
      ruleId: 'amount-spike',
      state: 'active',
      when: 'card.count_1h >= 3 && event.amount > 5.0 * card.amount_mean_1h',
      outcome: 'review',
      score: 45,
      reason: 'AMOUNT_SPIKE',
      verdict: 'hit',
      message: '',
      isSuppressed: false,
      values: { 'card.count_1h': 4, 'event.amount': 1250, 'card.amount_mean_1h': 118.4 },
    },
  ],
  actors: [
    {
      kind: 'card',
      id: 'card-tok-1',
      revision: 16,
      status: 'active',
      homeCountry: 'DE',
      fraudLabels: 0,
      attributes: {},
      windows: { count_1h: 4, amount_mean_1h: 118.4 },
    },
  ],
  differingFeatures: [],
  counterfactuals: [
    {
      change: 'amount',
      summary: 'amountMinor 59200 instead of 125000, in EUR',
      members: { amountMinor: 59_200 },
      outcome: 'approve',
      score: 0,
      reasons: [],
    },
  ],
};

/** Members of the schema of explanations, for an answer that has more. */
function membersOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  const { properties } = schema;
  return typeof properties === 'object' && properties !== null ? { ...properties } : {};
}

/** Why a decision was made; none where the server has no laboratory. */
export function explanationRoutes({ laboratory, engine }: HttpContext, projections: Projections): readonly Route[] {
  if (laboratory === null) return [];
  return [
    historyRoute(laboratory, engine, projections),
    consoleRead(projections, {
      operationId: 'explainDecision',
      path: '/v1/decisions/{id}/explanation',
      summary: 'Explain a decision',
      description:
        'Rebuilds the actors, lists and tables as they were, and runs the ruleset that decided once more: every rule ' +
        'with the values it saw, and the smallest changes of amount, time and place that come to another outcome. ' +
        '`isReproduced` tells whether the outcome, the score and the rules are those of the record. From the log ' +
        'alone: it needs no projection, and `asOf` is the position of the decision.',
      pathParts: [idParameter('id', 'Id of the transaction', TRANSACTION_EXAMPLE.transactionId)],
      query: [],
      members: {
        transaction: schemaRef('Transaction'),
        decision: schemaRef('Decision'),
        ...membersOf(SCHEMAS.Explanation),
      },
      example: EXAMPLE,
      errors: ['REQUEST_NOT_FOUND', 'RECORD_UNREADABLE', ...ENGINE_ERRORS],
      read: async (request) => {
        const explanation = await laboratory.explain(parseIdentifier('id', pathPart(request, 'id')));
        if (explanation !== null) return explanation;
        throw new PalisadeError(
          'REQUEST_NOT_FOUND',
          'Cannot explain the decision as the transaction is unknown: none has this id. Check the id.',
        );
      },
    }),
  ];
}

const TO_REVISION = wholePart('toRevision', 'Last revision to tell', {
  absent: Number.MAX_SAFE_INTEGER,
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
});
const POINTS = wholePart('limit', 'Most revisions to tell', { absent: 200, min: 1, max: 1_000 });
const VERSION = textPart('rulesetVersion', 'Whose features are read; absent: those of the ruleset in force', 64);
const HISTORY_EXAMPLE: EntityHistory = {
  features: ['count_1h'],
  points: [
    {
      revision: 0,
      position: 1,
      status: 'active',
      cause: { type: 'decision', id: 'txn-1', at: '2026-01-31T11:45:00.250Z', says: 'approve' },
      windows: { count_1h: 1 },
    },
  ],
  changes: [],
};

function historyRoute(laboratory: Laboratory, engine: Engine, projections: Projections): Route {
  return consoleRead(projections, {
    operationId: 'readEntityHistory',
    path: '/v1/entities/{kind}/{id}/history',
    summary: 'Read how an entity came to be what it is',
    description:
      'Its status and its windows after each of its newest records, up to a revision, and what changed its status: ' +
      'folded from its stream, as the live actor is. From the log alone; `asOf` is the position of the last record.',
    pathParts: ENTITY_PATH,
    query: [TO_REVISION, POINTS, VERSION],
    members: membersOf(SCHEMAS.EntityHistory),
    example: HISTORY_EXAMPLE,
    errors: ['RECORD_UNREADABLE', ...ENGINE_ERRORS],
    read: async (request) => {
      const history = await laboratory.history({
        ...entityOf(request),
        rulesetVersion: VERSION.read(request) || engine.ruleset().version,
        toRevision: TO_REVISION.read(request),
        pointsMax: POINTS.read(request),
      });
      if (history === null) throw fieldRefusal('rulesetVersion', 'must be of a ruleset that was published');
      return { ...history, position: history.points.at(-1)?.position ?? 0 };
    },
  });
}
