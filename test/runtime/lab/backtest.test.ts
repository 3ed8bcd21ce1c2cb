import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { MemoryEventLog } from '../../../src/adapters/memory/mod.ts';
import type { BacktestResult } from '../../../src/domain/backtest-result.ts';
import { parseRuleset } from '../../../src/rules/mod.ts';
import { Backtest } from '../../../src/runtime/lab/backtest.ts';
import { ACTOR_DEFINITIONS } from '../../support/actor-definitions.ts';
import { RIG_RULESET, startRig } from '../../support/engine-rig.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { type RulesetParts, rulesetText } from '../../support/ruleset-builder.ts';

const START_MS = Date.UTC(2026, 0, 5, 9);
const RULESET: RulesetParts = {
  ...RIG_RULESET,
  rules: [
    ...RIG_RULESET.rules,
    '{ id: often, when: card.declined_1h > 1, outcome: challenge, score: 5, reason: OFTEN }',
  ],
};

async function backtestOf(log: MemoryEventLog, ruleset: RulesetParts): Promise<BacktestResult> {
  const parsed = parseRuleset(rulesetText(ruleset));
  assert.ok(parsed.ok);
  const backtest = new Backtest(parsed.ruleset, ACTOR_DEFINITIONS);
  for (const record of await log.readAll(0, 10_000)) backtest.take(record);
  return backtest.result();
}

const payment = fc.record({
  minute: fc.integer({ min: 0, max: 90 }),
  card: fc.constantFrom('a', 'b'),
  amountMinor: fc.integer({ min: 1, max: 90_000 }),
});

describe('a backtest', () => {
  test('of the ruleset that decided comes to every decision again, and to the same hash each time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(payment, { maxLength: 25 }), async (payments) => {
        const { log, engine, authorize } = await startRig({ ruleset: RULESET });
        for (const [index, { minute, card, amountMinor }] of payments.entries()) {
          const occurredAt = new Date(START_MS + minute * 60_000).toISOString();
          if (index === 5) {
            await engine.record({
              type: 'reference',
              eventId: 'stop',
              occurredAt,
              entity: 'card',
              entityId: 'card-a',
              status: 'freeze',
            });
          }
          await authorize(transactionOf(`t-${index}`, { cardId: `card-${card}`, amountMinor, occurredAt }));
        }
        const first = await backtestOf(log, RULESET);
        assert.deepEqual([first.total.decisions, first.total.flipped], [payments.length, 0]);
        assert.deepEqual(await backtestOf(log, RULESET), first);
      }),
      { numRuns: 25 },
    );
  });

  test('lets the actors see what the draft decides, and tells saved amounts and hurt customers by label', async () => {
    const { log, engine, authorize } = await startRig({ ruleset: RULESET });
    const amounts = [40_000, 30_000, 60_000, 20_000];
    for (const [index, amountMinor] of amounts.entries()) {
      await authorize(transactionOf(`t-${index}`, { cardId: 'card-a', amountMinor }));
    }
    const labels = { 't-0': 'fraud', 't-1': 'legitimate', 't-2': 'fraud' } as const;
    for (const [transactionId, label] of Object.entries(labels)) {
      const occurredAt = new Date(START_MS + 86_400_000).toISOString();
      const event = { type: 'label' as const, eventId: `l-${transactionId}`, occurredAt, transactionId, label };
      await engine.record({ ...event, cardId: 'card-a' });
    }
    const strict = RULESET.rules.map((rule) => rule.replace('event.amount > 500', 'event.amount > 250'));
    const { total, rules, flips, segments } = await backtestOf(log, { ...RULESET, rules: strict });
    // The first two are declined now; by the second of them the fourth is one too many for `often`.
    assert.deepEqual(
      flips.map(({ transactionId, before, after }) => `${transactionId} ${before} ${after}`),
      ['t-0 approve decline', 't-1 approve decline', 't-3 approve challenge'],
    );
    const { flipped, stricter, fraudStopped, amountSaved, goodHurt, unlabelledHurt } = total;
    assert.deepEqual([flipped, stricter, fraudStopped, amountSaved, goodHurt, unlabelledHurt], [3, 3, 1, 400, 1, 1]);
    const large = rules.find(({ ruleId }) => ruleId === 'large');
    assert.deepEqual([large?.hits, large?.fraudHits, large?.goodHurt, large?.amountSaved], [3, 2, 1, 400]);
    assert.equal(Object.values(segments).find(({ decisions }) => decisions === 4)?.flipped, 3);
  });

  test('of another draft has another hash', async () => {
    const { log, authorize } = await startRig({ ruleset: RULESET });
    await authorize(transactionOf('t', { amountMinor: 30_000 }));
    const strict = RULESET.rules.map((rule) => rule.replace('event.amount > 500', 'event.amount > 250'));
    const [one, other] = [await backtestOf(log, RULESET), await backtestOf(log, { ...RULESET, rules: strict })];
    assert.notEqual(one.hash, other.hash);
    assert.equal(other.total.milder, 0);
  });
});
