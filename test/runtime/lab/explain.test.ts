import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { explainDecision } from '../../../src/runtime/lab/explain.ts';
import { ACTOR_DEFINITIONS } from '../../support/actor-definitions.ts';
import { cardFeature, RIG_RULESET, startRig } from '../../support/engine-rig.ts';
import { transactionOf } from '../../support/event-builders.ts';

const RULESET = {
  ...RIG_RULESET,
  features: [...RIG_RULESET.features, cardFeature('speed', { window: null, aggregate: { function: 'speed_kmh' } })],
  rules: [
    ...RIG_RULESET.rules,
    '{ id: often, when: card.count_1h > 3, outcome: challenge, score: 20, reason: OFTEN }',
    '{ id: much, when: card.sum_1h > 900.0, outcome: review, score: 40, reason: MUCH }',
    '{ id: abroad, when: event.country == "FR", outcome: review, score: 30, reason: ABROAD }',
    '{ id: fast, when: card.speed > 900.0, outcome: decline, score: 90, reason: FAST, state: shadow }',
  ],
};

const START_MS = Date.UTC(2026, 0, 5, 9);
const payment = fc.record({
  minute: fc.integer({ min: 0, max: 50 }),
  amountMinor: fc.integer({ min: 1, max: 70_000 }),
  country: fc.constantFrom('DE', 'FR'),
});

describe('an explanation', () => {
  test('rebuilds every decision from the log alone, and each change flips it and no smaller step does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(payment, { minLength: 1, maxLength: 12 }), async (payments) => {
        const { engine, log, authorize } = await startRig({ ruleset: RULESET });
        for (const [index, { minute, ...rest }] of payments.entries()) {
          const occurredAt = new Date(START_MS + minute * 60_000).toISOString();
          await authorize(transactionOf(`t-${index}`, { ...rest, occurredAt }));
        }
        for (const index of payments.keys()) {
          const explained = await explainDecision(log, ACTOR_DEFINITIONS, `t-${index}`);
          assert.ok(explained);
          assert.deepEqual(JSON.parse((await engine.findDecision(`t-${index}`)) ?? ''), explained.decision);
          assert.deepEqual([explained.isReproduced, explained.difference], [true, '']);
          assert.deepEqual(explained.differingFeatures, []);
          const hits = explained.rules.filter(({ verdict, state }) => verdict === 'hit' && state === 'active');
          assert.deepEqual(
            hits.map(({ ruleId }) => ruleId),
            explained.decision.reasons.map(({ ruleId }) => ruleId),
          );
          const card = explained.actors.find(({ kind }) => kind === 'card');
          assert.equal(card?.revision, index - 1);
          for (const { outcome, change } of explained.counterfactuals) {
            assert.notEqual(outcome, explained.decision.outcome, change);
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  test('names the smallest amount that another outcome begins at', async () => {
    const { log, authorize } = await startRig({ ruleset: RULESET });
    await authorize(transactionOf('t', { amountMinor: 60_000, country: 'DE' }));
    const explained = await explainDecision(log, ACTOR_DEFINITIONS, 't');
    const amounts = explained?.counterfactuals.filter(({ change }) => change === 'amount');
    assert.deepEqual(
      amounts?.map(({ members, outcome }) => [members.amountMinor, outcome]),
      [[50_000, 'approve']],
    );
  });

  test('sees the actors as they were, whatever came later', async () => {
    const { log, authorize } = await startRig({ ruleset: RULESET });
    await authorize(transactionOf('first', { amountMinor: 100 }));
    const before = await explainDecision(log, ACTOR_DEFINITIONS, 'first');
    for (let index = 0; index < 5; index++) await authorize(transactionOf(`later-${index}`, { amountMinor: 90_000 }));
    assert.deepEqual(await explainDecision(log, ACTOR_DEFINITIONS, 'first'), before);
  });

  test('is null for a transaction that nobody decided about', async () => {
    const { log } = await startRig();
    assert.equal(await explainDecision(log, ACTOR_DEFINITIONS, 'none'), null);
  });
});
