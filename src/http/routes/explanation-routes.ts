import { parseIdentifier } from '../../codec/mod.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { Explanation } from '../../ports/laboratory.ts';
import type { Projections } from '../../ports/projections.ts';
import { DECISION_EXAMPLE, TRANSACTION_EXAMPLE } from '../examples.ts';
import { type HttpContext, type JsonSchema, pathPart, type Route } from '../route.ts';
import { SCHEMAS, schemaRef } from '../schemas.ts';
import { consoleRead } from './console-read.ts';
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
export function explanationRoutes({ laboratory }: HttpContext, projections: Projections): readonly Route[] {
  if (laboratory === null) return [];
  return [
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
