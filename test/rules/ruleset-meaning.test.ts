import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fallbackDecision, parseRuleset, responseCodeOf, unknownCurrencyFailure } from '../../src/rules/mod.ts';
import { compileWindowPlan } from '../../src/windows/mod.ts';
import { rulesetText, validRuleset } from './rule-facts.ts';

const RULE = '{ id: one, when: event.amount > 5, outcome: review, reason: ONE }';
const FEATURES = [
  'card.b: { aggregate: count, window: sliding 1h }',
  'ip.a: { on: login, aggregate: distinct(event.accountId), window: sliding 10m, where: event.status == "failed" }',
  'card.a: { aggregate: sum(event.amount), window: sliding 7d, outcome: approved }',
];
const text = rulesetText([RULE], FEATURES);

describe('the version of a ruleset', () => {
  const { version } = validRuleset(text);

  test('is 32 hexadecimal digits', () => assert.match(version, /^[0-9a-f]{32}$/));

  test('is not changed by comments, layout, quotes, order of keys and of features, or spelled-out defaults', () => {
    const spelled =
      "{ reason: 'ONE', score: 0, state: active, on: transaction, outcome: review, id: one, when: event.amount > 5 }";
    const other = `# a comment\n${rulesetText([spelled], [...FEATURES].reverse())}\n`;
    assert.equal(validRuleset(other).version, version);
    assert.equal(validRuleset(text.replaceAll('\n', '\r\n')).version, version);
    const rates = (table: string) => validRuleset(text.replace('{ USD: 0.9 }', `{ ${table} }`)).version;
    assert.equal(rates('USD: 0.9, GBP: 1.2'), rates('GBP: 1.2, USD: 0.9'));
  });

  test('is changed by everything that is meant', () => {
    const changes: readonly (readonly [string, string])[] = [
      ['name: test', 'name: tests'],
      ['USD: 0.9', 'USD: 0.91'],
      ['sliding 1h', 'sliding 2h'],
      ['failed', 'succeeded'],
      ['outcome: approved', 'outcome: declined'],
      ['amount > 5', 'amount > 6'],
      ['reason: ONE', 'reason: ONE, score: 1'],
      ['reason: ONE', 'reason: ONE, state: shadow'],
      ['reason: ONE', 'reason: ONE, on_error: decline'],
      ['reason: ONE', 'reason: ONE, respond: [freeze-card]'],
      ['challenge: 40', 'challenge: 41'],
      ['amount_max: 50', 'amount_max: 51'],
      ['policy:', 'lists: [{ list: block, kind: country, value: XX }]\npolicy:'],
      ['policy:', 'policy:\n  deadline_ms: 100'],
    ];
    const versions = changes.map(([from, to]) => {
      assert.ok(text.includes(from), from);
      return validRuleset(text.replace(from, to)).version;
    });
    assert.equal(new Set([version, ...versions]).size, changes.length + 1);
  });
});

describe('a valid ruleset', () => {
  test('orders features by kind and name, whatever their order in the text', () => {
    const names = validRuleset(text).features.map(({ by, name }) => `${by}.${name}`);
    assert.deepEqual(names, ['card.a', 'card.b', 'ip.a']);
  });

  test('reads a feature with its defaults', () => {
    assert.deepEqual(validRuleset(text).features[1], {
      by: 'card',
      name: 'b',
      on: 'transaction',
      outcome: 'all',
      where: null,
      window: { kind: 'sliding', sizeMs: 3_600_000 },
      aggregate: { function: 'count' },
    });
  });

  test('names the kinds that its features and rules read, and card and account always', () => {
    assert.deepEqual(validRuleset(text).kinds, ['card', 'account', 'ip']);
    const devices = (state: string) => `{ id: one, when: device.known, outcome: review, reason: ONE, state: ${state} }`;
    assert.deepEqual(validRuleset(rulesetText([devices('shadow')])).kinds, ['card', 'account', 'device']);
    assert.deepEqual(validRuleset(rulesetText([devices('off')])).kinds, ['card', 'account']);
  });

  test('selects events in as many ways as the windows tell apart, and no more', () => {
    const filtered = (count: number) =>
      Array.from({ length: count }, (_, index) => {
        const aggregate = index === 0 ? 'first_time(event.ip), outcome: approved' : 'count, window: sliding 1h';
        return `card.f${index}: { aggregate: ${aggregate}, where: event.amount > ${index} }`;
      });
    const { features } = validRuleset(rulesetText([RULE], filtered(29)));
    assert.equal(compileWindowPlan(features, { amountScale: 0.01 }).selectors.length, 30);
    const parsed = parseRuleset(rulesetText([RULE], filtered(30)));
    assert.deepEqual(parsed.ok ? [] : parsed.problems.map(({ field, line }) => [field, line]), [
      ['features.card.f29', 33],
    ]);
  });

  test('allows whole numbers beside features and amounts', () => {
    const when =
      '5 * card.b >= 3 && card.b == 3 && event.hour in [1, 2] && event.amount / 2 < 4 + 1 && card.a % 2 != 1';
    const rule = `{ id: one, when: '${when}', outcome: review, reason: ONE }`;
    assert.equal(validRuleset(rulesetText([rule], FEATURES)).rules[0]?.when, when);
  });
});

describe('the fallback policy', () => {
  const ruleset = validRuleset(text);
  const answer = (channel: string, amount: number) => fallbackDecision(ruleset, { channel, amount });

  test('answers by the first entry that fits', () => {
    assert.equal(answer('contactless', 50).outcome, 'approve');
    assert.equal(answer('contactless', 50.01).outcome, 'decline');
    assert.equal(answer('ecommerce', 20).outcome, 'challenge');
    assert.equal(answer('ecommerce', 20.01).outcome, 'decline');
  });

  test('takes an unknown amount for a large one', () => {
    assert.equal(answer('contactless', Number.NaN).outcome, 'decline');
  });

  test('says that it is the fallback, and by what it went', () => {
    const { mode, score, reasons } = answer('contactless', 12.5);
    assert.deepEqual({ mode, score }, { mode: 'fallback', score: 0 });
    assert.deepEqual(reasons, [
      {
        code: 'DEADLINE_FALLBACK',
        ruleId: 'fallback',
        outcome: 'approve',
        score: 0,
        evidence: { 'event.channel': 'contactless', 'event.amount': 12.5 },
      },
    ]);
  });

  test('gives its own response codes', () => {
    assert.equal(responseCodeOf(ruleset, 'decline', 'full'), '59');
    assert.equal(responseCodeOf(ruleset, 'decline', 'fallback'), '05');
    const stated = validRuleset(`${text}\n  response_codes: { decline: '05' }`);
    assert.equal(responseCodeOf(stated, 'decline', 'degraded'), '05');
    assert.equal(responseCodeOf(stated, 'challenge', 'full'), '1A');
  });
});

test('a currency without a rate is a failure that the policy resolves', () => {
  const strict = validRuleset(text.replace('policy:', 'policy:\n  unknown_currency: decline'));
  assert.deepEqual(unknownCurrencyFailure(strict, 'JPY'), {
    ruleId: 'currency',
    message: 'there is no rate from JPY to EUR',
    resolvedAs: 'decline',
  });
});
