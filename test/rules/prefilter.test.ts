import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ConditionLanguage } from '../../src/rules/condition-language.ts';
import { contextResolver, resolveEventPath } from '../../src/rules/condition-paths.ts';
import { compileWhere, RuleContext, SuppressionIndex } from '../../src/rules/mod.ts';
import { byPath, prefilterOf } from '../../src/rules/prefilter.ts';
import { type Facts, fill, PURCHASE, rulesetText, validRuleset } from './rule-facts.ts';

const ruleset = validRuleset(
  rulesetText(
    ['{ id: one, when: card.known, outcome: review, reason: ONE }'],
    ['card.a: { aggregate: count, window: sliding 1h }', 'ip.b: { aggregate: count, window: sliding 1h }'],
  ),
);
const language = new ConditionLanguage(ruleset.features);
const resolve = byPath(contextResolver(ruleset.features));
const context = new RuleContext(ruleset.features, new SuppressionIndex());
const scope = language.scopeOf(context);

const comparison = fc.constantFrom('==', '!=', '<', '<=', '>', '>=');
const number = fc.constantFrom('card.a', 'ip.b', 'event.amount', 'event.latitude', 'card.fraud_labels');
const literal = fc.constantFrom('0', '1', '2', '-1', '1.5', '2.0');
const text = fc.constantFrom('event.mcc', 'event.country', 'card.status', 'device.home_country');
const quoted = fc.constantFrom('""', '"a"', '"b"');
const flag = fc.constantFrom('card.known', 'lists.block.card', 'lists.watch.any');

/** Comparisons that the prefilter takes, and conditions that it must leave alone, some of which fail. */
const leaf = fc.oneof(
  fc.tuple(number, comparison, literal).map((parts) => parts.join(' ')),
  fc.tuple(literal, comparison, number).map((parts) => parts.join(' ')),
  fc.tuple(text, fc.constantFrom('==', '!='), quoted).map((parts) => parts.join(' ')),
  fc.tuple(quoted, fc.constantFrom('==', '!='), text).map((parts) => parts.join(' ')),
  fc
    .tuple(text, fc.array(quoted, { minLength: 1, maxLength: 3 }))
    .map(([name, list]) => `${name} in [${list.join(', ')}]`),
  number.map((name) => `${name} in [0, 1, 2]`),
  flag,
  fc.tuple(number, number).map(([left, right]) => `${left} > 2 * ${right}`),
  text.map((name) => `${name}.startsWith("a")`),
  fc.constantFrom('1 / int(size(event.mcc)) == 1', 'card.attributes.vip == true', '"vip" in card.attributes', 'true'),
);

const expression = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc
      .tuple(tie('node'), fc.constantFrom('&&', '||'), tie('node'))
      .map(([left, op, right]) => `(${left} ${op} ${right})`),
    tie('node').map((inner) => `!(${inner})`),
  ),
})).node;

const value = fc.constantFrom(-1, 0, 1, 1.5, 2, 3, Number.NaN);
const word = fc.constantFrom('', 'a', 'b');
const facts = fc
  .record({
    a: value,
    b: value,
    amount: value,
    latitude: value,
    mcc: word,
    country: word,
    status: word,
    known: fc.boolean(),
  })
  .map(
    ({ a, b, amount, latitude, mcc, country, status, known }): Facts => ({
      event: { amount, latitude, mcc, country },
      features: { 'card.a': a, 'ip.b': b },
      entities: { card: { status, known }, device: { homeCountry: mcc } },
    }),
  );

describe('the prefilter of a condition', () => {
  test('never stops a condition that the evaluator finds true, and is the condition where it says so', () => {
    fc.assert(
      fc.property(expression, facts, fc.integer({ min: 0, max: 3 }), (when, state, listBits) => {
        const condition = language.compile(when);
        assert.ok(condition.ok, when);
        const prefilter = prefilterOf(condition.tree, resolve);
        fill(context, ruleset, state);
        context.listHits.block = listBits & 1;
        context.listHits.watch = listBits & 2;
        let answer: unknown = 'failed';
        try {
          answer = condition.evaluate(scope);
        } catch {
          assert.ok(prefilter === null || !prefilter.isExact, when);
        }
        if (prefilter === null) return;
        if (prefilter.isExact) assert.equal(prefilter.test(context), answer, when);
        else if (answer !== false) assert.equal(prefilter.test(context), true, when);
      }),
      { numRuns: 3000 },
    );
  });

  test('tests comparisons with literals without the evaluator', () => {
    const exactness = (when: string) => {
      const condition = language.compile(when);
      assert.ok(condition.ok);
      return prefilterOf(condition.tree, resolve)?.isExact ?? null;
    };
    assert.equal(exactness('event.amount >= 5 && event.mcc in ["1", "2"] || !card.known'), true);
    assert.equal(exactness('event.amount >= 5 && event.amount > 2 * card.a'), false);
    assert.equal(exactness('event.amount >= 5 || event.amount > 2 * card.a'), null);
  });
});

describe('a feature filter', () => {
  const never = (message: string) => assert.fail(message);

  test('answers whether an event counts', () => {
    const simple = compileWhere('event.amount <= 2 && event.channel == "ecommerce"', never);
    assert.equal(simple({ ...PURCHASE, amount: 1 }), true);
    assert.equal(simple({ ...PURCHASE, amount: 3 }), false);
    const other = compileWhere('event.mcc.startsWith("54") && event.amount > 10', never);
    assert.equal(other(PURCHASE), true);
    assert.equal(other({ ...PURCHASE, mcc: '7995' }), false);
    assert.equal(other({ ...PURCHASE, amount: 5 }), false);
  });

  test('answers as the evaluator does', () => {
    const filters = new ConditionLanguage(null);
    const words = fc.constantFrom(
      'event.amount > 1',
      'event.mcc == "a"',
      'event.country in ["a", "b"]',
      'size(event.mcc) > 0',
    );
    const joined = fc.array(words, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' || '));
    fc.assert(
      fc.property(joined, facts, (where, state) => {
        const event = { ...PURCHASE, ...state.event };
        const condition = filters.compile(where);
        assert.ok(condition.ok);
        const expected = condition.evaluate(filters.eventScopeOf({ event }));
        assert.equal(compileWhere(where, never)(event), expected);
        const prefilter = prefilterOf(condition.tree, byPath(resolveEventPath));
        if (prefilter?.isExact === true) assert.equal(prefilter.test(event), expected);
      }),
    );
  });

  test('that fails lets the event count, and tells each time', () => {
    const failures: string[] = [];
    const failing = compileWhere('1 / (size(event.country) - 2) == 0', (message) => failures.push(message));
    assert.equal(failing(PURCHASE), true);
    assert.equal(failing({ ...PURCHASE, country: '' }), true);
    assert.deepEqual(failures, ['division by zero']);
    assert.equal(failing(PURCHASE), true);
    assert.equal(failures.length, 2);
  });

  test('that is not valid lets every event count, and tells each time', () => {
    const failures: string[] = [];
    const invalid = compileWhere('event.nothing == 1', (message) => failures.push(message));
    assert.equal(invalid(PURCHASE), true);
    assert.match(failures[0] ?? '', /no event\.nothing/);
  });
});
