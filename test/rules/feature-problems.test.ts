import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FeatureSpec } from '../../src/domain/features.ts';
import { parseRuleset } from '../../src/rules/mod.ts';
import { rulesetText } from './rule-facts.ts';

const RULE = '{ id: one, when: event.amount > 5, outcome: review, reason: ONE }';

function specOf(feature: string): FeatureSpec | undefined {
  const parsed = parseRuleset(rulesetText([RULE], [feature]));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.ruleset.features[0];
}

const windowOf = (window: string) => specOf(`card.x: { aggregate: count, window: ${window} }`)?.window;
const aggregateOf = (aggregate: string) =>
  specOf(`card.x: { aggregate: '${aggregate}', window: sliding 1h }`)?.aggregate;

describe('a feature is read', () => {
  test('with every kind of window', () => {
    assert.deepEqual(windowOf('sliding 1h'), { kind: 'sliding', sizeMs: 3_600_000 });
    assert.deepEqual(windowOf('tumbling 1m'), { kind: 'tumbling', sizeMs: 60_000 });
    assert.deepEqual(windowOf('hopping 1h every 5m'), { kind: 'hopping', sizeMs: 3_600_000, everyMs: 300_000 });
    assert.deepEqual(windowOf('session 15m'), { kind: 'session', gapMs: 900_000 });
    assert.deepEqual(windowOf('unbounded'), { kind: 'unbounded' });
  });

  test('with every windowed aggregate', () => {
    for (const name of ['sum', 'mean', 'min', 'max', 'stddev', 'variance', 'first', 'last', 'zscore', 'iqr_position']) {
      assert.deepEqual(aggregateOf(`${name}(event.amount)`), { function: name, field: 'amount' });
    }
    assert.deepEqual(aggregateOf('rate'), { function: 'rate', field: null });
    assert.deepEqual(aggregateOf('rate(event.amount)'), { function: 'rate', field: 'amount' });
    assert.deepEqual(aggregateOf('rate_of_change( event.amount )'), { function: 'rate_of_change', field: 'amount' });
    const quantile = { function: 'quantile', field: 'amount', share: 0.95 };
    assert.deepEqual(aggregateOf('quantile(event.amount, 0.95)'), quantile);
    assert.deepEqual(aggregateOf('quantile(event.amount,0.95)'), quantile);
    assert.deepEqual(aggregateOf('distinct(event.ip)'), { function: 'distinct', field: 'ip' });
  });

  test('by a single key or a pair, by its name or said once more', () => {
    for (const by of ['card', 'merchant', 'bin', 'country', 'card_merchant', 'account_ip']) {
      assert.equal(specOf(`${by}.n: { aggregate: count, window: sliding 1h }`)?.by, by);
      assert.equal(specOf(`${by}.n: { by: ${by.replace('_', '+')}, aggregate: count, window: sliding 1h }`)?.by, by);
    }
  });

  test('as a ratio of two others, declared before or after it', () => {
    const parsed = parseRuleset(
      rulesetText(
        ['{ id: one, when: card.burst > 0.5, outcome: review, reason: ONE }'],
        [
          'card.burst: { aggregate: "ratio(card.new, card.old)" }',
          'card.old: { aggregate: count, window: sliding 1h }',
          'card.new: { aggregate: count, window: sliding 5m }',
        ],
      ),
    );
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.ruleset.features[0]?.aggregate, {
      function: 'ratio',
      numerator: 'new',
      denominator: 'old',
    });
  });
});

/** Name, feature with a mark where the problem is, field behind `features.`, message. */
const MISTAKES: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'a window of zero',
    'card.x: { aggregate: count, window: §sliding 0s }',
    'card.x.window',
    /from 1s to 90d .* not "0s"/,
  ],
  ['a tumbling window of zero', 'card.x: { aggregate: count, window: §tumbling 0m }', 'card.x.window', /not "0m"/],
  [
    'a gap of zero',
    'card.x: { aggregate: count, window: §session 0s }',
    'card.x.window',
    /gap of a session .* not "0s"/,
  ],
  ['a hop of zero', 'card.x: { aggregate: count, window: §hopping 1h every 0m }', 'card.x.window', /A hop .* not "0m"/],
  [
    'a hop longer than its window',
    'card.x: { aggregate: count, window: §hopping 5m every 1h }',
    'card.x.window',
    /longer/,
  ],
  [
    'a hopping window without a hop',
    'card.x: { aggregate: count, window: §hopping 1h }',
    'card.x.window',
    /hopping 1h every 5m/,
  ],
  [
    'a sliding window with a hop',
    'card.x: { aggregate: count, window: §sliding 1h every 5m }',
    'card.x.window',
    /written as in/,
  ],
  ['an unbounded window with a size', 'card.x: { aggregate: count, window: §unbounded 1h }', 'card.x.window', /alone/],
  [
    'a kind of window that does not exist',
    'card.x: { aggregate: count, window: §tumblin 1h }',
    'card.x.window',
    /mean tumbling/,
  ],
  [
    'a sum of a text',
    'card.x: { aggregate: §sum(event.country), window: sliding 1h }',
    'card.x.aggregate',
    /country is a text/,
  ],
  [
    'distinct numbers',
    'card.x: { aggregate: §distinct(event.hour), window: sliding 1h }',
    'card.x.aggregate',
    /hour is a number/,
  ],
  [
    'a field that does not exist',
    'card.x: { aggregate: §sum(event.amuont), window: sliding 1h }',
    'card.x.aggregate',
    /mean amount/,
  ],
  [
    'a sum without a field',
    'card.x: { aggregate: §sum, window: sliding 1h }',
    'card.x.aggregate',
    /as in sum\(event\.amount\)/,
  ],
  [
    'a count of a field',
    'card.x: { aggregate: §count(event.ip), window: sliding 1h }',
    'card.x.aggregate',
    /reads no field/,
  ],
  [
    'an amount of a login',
    'account.x: { on: login, aggregate: §sum(event.amount), window: sliding 1h }',
    'account.x.aggregate',
    /A login has no amount/,
  ],
  [
    'a quantile without a share',
    'card.x: { aggregate: §quantile(event.amount), window: sliding 1h }',
    'card.x.aggregate',
    /needs a share/,
  ],
  [
    'a quantile of 1',
    "card.x: { aggregate: §'quantile(event.amount, 1.0)', window: sliding 1h }",
    'card.x.aggregate',
    /above 0 and below 1/,
  ],
  [
    'a ratio with a window',
    "card.x: { aggregate: 'ratio(card.a, card.b)', window: §sliding 1h }",
    'card.x.window',
    /two features/,
  ],
  ['a ratio across kinds', "card.x: { aggregate: §'ratio(card.a, device.b)' }", 'card.x.aggregate', /of the same card/],
  [
    'a pair in the wrong order',
    '§merchant_card.x: { aggregate: count, window: sliding 1h }',
    'merchant_card.x',
    /Write card_merchant/,
  ],
  ['a pair of one key', '§card_card.x: { aggregate: count, window: sliding 1h }', 'card_card.x', /A feature is named/],
  [
    'a pair that a login does not name',
    'card_merchant.x: { on: §login, aggregate: count, window: sliding 1h }',
    'card_merchant.x.on',
    /names no/,
  ],
  [
    'by another pair',
    'card_merchant.x: { by: §card+ip, aggregate: count, window: sliding 1h }',
    'card_merchant.x.by',
    /card\+merchant/,
  ],
  [
    'a name that keys have',
    '§card_merchant.known: { aggregate: count, window: sliding 1h }',
    'card_merchant.known',
    /has known/,
  ],
];

describe('a feature is refused, with line, column and field', () => {
  for (const [name, marked, field, message] of MISTAKES) {
    test(name, () => {
      const text = rulesetText([RULE], [marked]);
      const lines = text.slice(0, text.indexOf('§')).split('\n');
      const parsed = parseRuleset(text.replace('§', ''));
      const wanted = parsed.ok ? undefined : parsed.problems.find((problem) => problem.field === `features.${field}`);
      assert.match(wanted?.message ?? JSON.stringify(parsed), message);
      assert.deepEqual([wanted?.line, wanted?.column], [lines.length, (lines.at(-1) ?? '').length + 1]);
    });
  }

  test('when two features have one name', () => {
    const twice = [
      'card.x: { aggregate: count, window: sliding 1h }',
      'card.x: { aggregate: count, window: sliding 2h }',
    ];
    const parsed = parseRuleset(rulesetText([RULE], twice));
    assert.ok(!parsed.ok);
    const [problem] = parsed.problems;
    assert.match(problem?.message ?? '', /is here twice/);
    assert.equal(problem?.field, 'features.card.x');
  });

  test('when a name is there twice, without hiding what else is wrong', () => {
    const features = ['card.x: { aggregate: count, window: sliding 0h }', 'card.x: { aggregate: count }'];
    features.push('card.y: { aggregate: sum(event.colour), window: sliding 1h }');
    const parsed = parseRuleset(rulesetText([RULE], features));
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.problems.map(({ field }) => field),
      ['features.card.x.window', 'features.card.x', 'features.card.y.aggregate'],
    );
    assert.match(parsed.problems[2]?.message ?? '', /no event\.colour/);
  });

  test('when a ratio is wrong, at its aggregate and not at its name', () => {
    const feature = 'card.b:\n    aggregate: ratio(card.a, card.b)';
    const text = rulesetText([RULE], [feature]);
    const parsed = parseRuleset(text);
    assert.ok(!parsed.ok);
    const line = text.split('\n').findIndex((one) => one.includes('ratio(')) + 1;
    assert.deepEqual(
      parsed.problems.map((problem) => [problem.line, problem.column]),
      [
        [line, 16],
        [line, 16],
      ],
    );
  });

  test('when a ratio is of what is not there, or of a ratio', () => {
    const parsed = parseRuleset(
      rulesetText(
        [RULE],
        [
          'card.a: { aggregate: count, window: sliding 1h }',
          'card.b: { aggregate: "ratio(card.a, card.aa)" }',
          'card.c: { aggregate: "ratio(card.b, card.a)" }',
        ],
      ),
    );
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.problems.map(({ field, message }) => [field, message]),
      [
        ['features.card.b.aggregate', 'There is no feature card.aa. Did you mean card.a?'],
        ['features.card.c.aggregate', 'card.b is a ratio itself.'],
      ],
    );
  });
});
