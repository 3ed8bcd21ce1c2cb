import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { assess } from '../../src/rules/mod.ts';
import { DEFAULT_RULE_CASES } from './default-rule-cases.ts';
import { type Facts, fill, prepare } from './rule-facts.ts';

const text = readFileSync(new URL('../../rulesets/default.yaml', import.meta.url), 'utf8');
const { compiled, context, ruleset } = prepare(text);

function firedRules(facts: Facts): string[] {
  fill(context, ruleset, facts);
  const { reasons, shadow, failures } = assess(compiled, context);
  assert.deepEqual(failures, []);
  return [...reasons, ...shadow].map(({ ruleId }) => ruleId);
}

describe('the default ruleset', () => {
  test('has a case for each of its rules and for no other', () => {
    const ids = ruleset.rules.map(({ id }) => id).sort();
    assert.deepEqual(Object.keys(DEFAULT_RULE_CASES).sort(), ids);
  });

  for (const [id, { fires, misses }] of Object.entries(DEFAULT_RULE_CASES)) {
    test(`${id} fires on its pattern`, () => {
      assert.ok(firedRules(fires).includes(id));
    });
    for (const [name, near] of Object.entries(misses)) {
      test(`${id} does not fire ${name}`, () => {
        const facts = {
          event: { ...fires.event, ...near.event },
          features: { ...fires.features, ...near.features },
          entities: { ...fires.entities, ...near.entities },
        };
        assert.ok(!firedRules(facts).includes(id));
      });
    }
  }

  test('lets an ordinary shopper pass without a remark', () => {
    const features = {
      'card.count_1h': 3,
      'card.count_24h': 6,
      'card.count_5m': 2,
      'card.count_1m': 1,
      'card.merchants_5m': 1,
      'card.approved_30d': 40,
      'card.approved_mean_30d': 35,
      'card.approved_max_30d': 240,
      'card.countries_24h': 1,
      'card.purchases_30d': 38,
      'account.cards_24h': 2,
      'account.age_s': 3e7,
      'device.age_s': 2e7,
      'device.cards_24h': 2,
      'device.count_5m': 2,
      'ip.count_1h': 9,
      'ip.cards_1h': 4,
      'merchant.count_1m': 30,
      'merchant.count_1h': 1500,
      'merchant.cards_5m': 90,
      'merchant.bins_5m': 40,
    };
    assert.deepEqual(firedRules({ features }), []);
    assert.deepEqual(firedRules({ features, event: { amount: 420 } }), []);
    assert.deepEqual(firedRules({ features, event: { channel: 'contactless', amount: 12, hour: 2 } }), []);
  });

  test('lets the first payment of a new customer pass', () => {
    const known = { known: false };
    const entities = {
      card: known,
      account: known,
      device: { known: false, status: 'unknown' },
      merchant: known,
      ip: known,
    };
    const features = { 'card.count_1h': 1, 'card.first_country': 0, 'card.count_1m': 1, 'device.cards_24h': 1 };
    assert.deepEqual(firedRules({ event: { amount: 500 }, entities, features }), []);
  });

  test('keeps no feature that no rule reads', () => {
    const read = ruleset.rules.map(({ when }) => when).join('\n');
    const idle = ruleset.features.filter(({ by, name }) => !new RegExp(`\\b${by}\\.${name}\\b`).test(read));
    assert.deepEqual(idle, []);
  });

  test('declines the whole list of entities that stand frozen, closed, locked or blocked', () => {
    for (const [kind, status] of [
      ['card', 'frozen'],
      ['card', 'closed'],
      ['account', 'locked'],
      ['account', 'closed'],
      ['device', 'blocked'],
      ['merchant', 'blocked'],
      ['ip', 'blocked'],
    ] as const) {
      fill(context, ruleset, { entities: { [kind]: { status } } });
      assert.equal(assess(compiled, context).outcome, 'decline', `${kind} ${status}`);
    }
  });
});

for (const name of ['handbook', 'sparkov']) {
  test(`the ${name} ruleset is valid and stops its own pattern`, () => {
    const own = readFileSync(new URL(`../../rulesets/${name}.yaml`, import.meta.url), 'utf8');
    const replay = prepare(own, { event: { amount: 900, channel: 'card_present' } });
    assert.equal(assess(replay.compiled, replay.context).outcome, 'decline');
    fill(replay.context, replay.ruleset, { event: { amount: 60, mcc: '5541', channel: 'card_present' } });
    assert.equal(assess(replay.compiled, replay.context).outcome, 'approve');
  });
}
