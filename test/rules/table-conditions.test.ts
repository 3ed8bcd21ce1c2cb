import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ColumnValue, TableRows } from '../../src/domain/tables.ts';
import { assess, compileRules, parseRuleset, SuppressionIndex } from '../../src/rules/mod.ts';
import { fill, PURCHASE, rulesetText, validRuleset } from './rule-facts.ts';

const RISK = 'country_risk: { columns: { score: number, tier: text, sanctioned: boolean } }';
const LIMIT = 'tier_limit: { columns: { amount_max: number }, keep: 30d }';

function textOf(rules: readonly string[], tables: readonly string[] = [RISK, LIMIT]): string {
  return rulesetText(rules, [], `tables:\n${tables.map((table) => `  ${table}`).join('\n')}`);
}

function ruleOf(when: string): string {
  return `{ id: one, when: ${JSON.stringify(when)}, outcome: review, reason: ONE }`;
}

function problemsOf(text: string): string[] {
  const parsed = parseRuleset(text);
  if (parsed.ok) return [];
  return parsed.problems.map(({ line, column, field, message }) => `${line}:${column} ${field}: ${message}`);
}

/** The one problem of a condition: offset in it, and message. */
function problemOf(when: string): readonly [offset: number, message: string] {
  const text = textOf([ruleOf(when)]);
  const parsed = parseRuleset(text);
  assert.ok(!parsed.ok, when);
  assert.equal(parsed.problems.length, 1, JSON.stringify(parsed.problems));
  const [problem] = parsed.problems;
  assert.equal(problem?.field, 'rules[0].when');
  const line = text.split('\n')[(problem?.line ?? 0) - 1] ?? '';
  return [(problem?.column ?? 0) - 1 - (line.indexOf('when: "') + 'when: "'.length), problem?.message ?? ''];
}

type Rows = Readonly<Record<string, Readonly<Record<string, ColumnValue>>>>;

/** A table that holds the same at all times. */
function tableOf(columns: readonly string[], rows: Rows): TableRows {
  return {
    revision: 0,
    rowAt: (key) => {
      const row = Object.hasOwn(rows, key) ? rows[key] : undefined;
      return row === undefined ? null : columns.map((name) => row[name] ?? null);
    },
  };
}

/** Columns in the order of their names, as the ruleset has them. */
const RISK_COLUMNS = ['sanctioned', 'score', 'tier'] as const;

function prepareTables(rules: readonly string[], risk: Rows, limit: Rows = {}) {
  const ruleset = validRuleset(textOf(rules));
  const compiled = compileRules(ruleset);
  const tables = [tableOf(RISK_COLUMNS, risk), tableOf(['amount_max'], limit)];
  const context = compiled.createContext(new SuppressionIndex(), tables);
  return { compiled, context, ruleset };
}

describe('the tables of a ruleset', () => {
  test('are read in the order of their names, with what was left out', () => {
    const { tables } = validRuleset(textOf([ruleOf('event.amount > 5')], [LIMIT, RISK]));
    assert.deepEqual(tables, [
      {
        name: 'country_risk',
        description: '',
        columns: [
          { name: 'sanctioned', type: 'boolean' },
          { name: 'score', type: 'number' },
          { name: 'tier', type: 'text' },
        ],
        keepMs: 90 * 86_400_000,
      },
      {
        name: 'tier_limit',
        description: '',
        columns: [{ name: 'amount_max', type: 'number' }],
        keepMs: 30 * 86_400_000,
      },
    ]);
  });

  test('make another version, and none leave the version as it was before there were tables', () => {
    const rule = ruleOf('event.amount > 5');
    const plain = validRuleset(rulesetText([rule])).version;
    assert.equal(validRuleset(rulesetText([rule], [], 'tables: {}')).version, plain);
    const versions = [[RISK], [LIMIT], [RISK, LIMIT]].map((tables) => validRuleset(textOf([rule], tables)).version);
    assert.equal(new Set([plain, ...versions]).size, 4);
    assert.equal(validRuleset(textOf([rule], [LIMIT, RISK])).version, versions[2]);
  });

  for (const [name, table, field, message] of [
    ['a name that is none', 'Country: { columns: { score: number } }', 'tables.Country', /name of a table/],
    ['a name of JavaScript', 'constructor: { columns: { score: number } }', 'tables.constructor', /another name/],
    ['no columns', 'a: { keep: 1d }', 'tables.a.columns', /needs columns/],
    ['empty columns', 'a: { columns: {} }', 'tables.a.columns', /1 to 32/],
    ['a column name that is none', 'a: { columns: { Score: number } }', 'tables.a.columns.Score', /name of a column/],
    [
      'a column that every row has',
      'a: { columns: { known: boolean } }',
      'tables.a.columns.known',
      /has known already/,
    ],
    ['a type that is not known', 'a: { columns: { score: nubmer } }', 'tables.a.columns.score', /Did you mean number/],
    ['a time of nothing', 'a: { columns: { score: number }, keep: 0d }', 'tables.a.keep', /duration from 1s to 3650d/],
    ['a time too long', 'a: { columns: { score: number }, keep: 3651d }', 'tables.a.keep', /duration/],
    ['a field that is not known', 'a: { colums: { score: number } }', 'tables.a', /./],
    ['no mapping', 'a: 5', 'tables.a', /must be a mapping/],
  ] as const) {
    test(`with ${name} are refused at their place`, () => {
      const [first = ''] = problemsOf(textOf([ruleOf('event.amount > 5')], [table]));
      assert.ok(first.startsWith('6:') || first.startsWith('7:'), first);
      assert.ok(first.includes(field), first);
      assert.match(first, message);
    });
  }
});

describe('a condition that reads a table', () => {
  test('is refused where the table, the column or the key cannot be', () => {
    const cases: readonly (readonly [when: string, at: string, message: RegExp])[] = [
      ['table.cuontry_risk[event.country].score > 1', 'table', /no table\.cuontry_risk.*Did you mean country_risk/],
      ['table.country_risk[event.country].scroe > 1', 'table', /no column scroe.*Did you mean score/],
      ['table.country_risk[event.cuontry].score > 1', 'event', /no event\.cuontry.*Did you mean country/],
      ['table.country_risk[event.amount].score > 1', 'event', /key of a table is a text/],
      ['table.country_risk[5].score > 1', '5', /key of a table is a text/],
      ['table.country_risk[event.country.trim()].score > 1', 'event', /key of a table is a text/],
      ['table.tier_limit[table.country_risk["DE"].score].amount_max > 1', 'table.country', /key of a table/],
      ['table.country_risk.score > 1', 'table', /read by key and column/],
      ['size(table.country_risk) > 1', 'table', /read by key and column/],
      ['event.country in table.country_risk', 'table', /read by key and column/],
      ['table.country_risk[event.country] == table.country_risk["DE"]', 'table', /read by key and column/],
      ['table["country_risk"]["DE"].known', 'table', /read with a dot/],
      ['["DE"].exists(c, table.country_risk[c].known)', 'c]', /key of a table/],
    ];
    for (const [when, at, message] of cases) {
      const [offset, told] = problemOf(when);
      assert.match(told, message, when);
      // The text of the rule is JSON, where each quote before the place has a backslash.
      const start = when.indexOf(at);
      assert.equal(offset, start + (when.slice(0, start).match(/"/g)?.length ?? 0), when);
    }
    const [, typed] = problemOf('table.country_risk[event.country].score == "high"');
    assert.match(typed, /no such overload/);
  });

  test('cannot stand in the filter of a feature, whose windows are rebuilt from the stream alone', () => {
    const feature =
      'card.a: { aggregate: count, window: sliding 1h, where: "table.country_risk[event.country].known" }';
    const text = rulesetText([ruleOf('event.amount > 5')], [feature], `tables:\n  ${RISK}`);
    const [first = ''] = problemsOf(text);
    assert.match(first, /features\.card\.a\.where: There is no table/);
  });

  test('reads what a row has not as nothing, and says whether there is a row', () => {
    const conditions: readonly (readonly [string, boolean])[] = [
      ['table.country_risk["XX"].score > -1000000', false],
      ['table.country_risk["XX"].score <= 1000000', false],
      ['table.country_risk["XX"].tier == ""', true],
      ['table.country_risk["XX"].sanctioned', false],
      ['table.country_risk["XX"].known', false],
      ['table.country_risk["DE"].known', true],
      ['table.country_risk["DE"].tier == ""', true],
      ['table.country_risk["DE"].score == 7', true],
      ['table.country_risk["toString"].known', false],
    ];
    for (const [when, expected] of conditions) {
      for (const form of [when, `(${when}) && size(event.id) > 0`]) {
        const { compiled, context, ruleset } = prepareTables([ruleOf(form)], { DE: { score: 7 } });
        fill(context, ruleset, {});
        assert.equal(assess(compiled, context).reasons.length === 1, expected, form);
      }
    }
  });

  test('comes to the same whether it is tested at once or by the evaluator', () => {
    const key = fc.constantFrom('event.country', '"DE"', 'card.home_country', 'event.country + "-" + event.mcc');
    const column = fc.tuple(fc.constantFrom('score', 'tier', 'sanctioned', 'known'), key).chain(([name, of]) => {
      const read = `table.country_risk[${of}].${name}`;
      if (name === 'score') {
        const comparison = fc.constantFrom('<', '<=', '>', '>=', '==', '!=');
        return fc.tuple(comparison, fc.nat(3)).map(([sign, limit]) => `${read} ${sign} ${limit}`);
      }
      if (name !== 'tier') return fc.constantFrom(read, `!${read}`);
      return fc.constantFrom(
        `${read} == "a"`,
        `${read} in ["a", "b"]`,
        `table.tier_limit[${read}].amount_max > 10`,
        `${read} == event.country`,
      );
    });
    const condition = fc
      .array(fc.tuple(column, fc.constantFrom('&&', '||')), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.map(([part, sign], index) => (index === 0 ? part : `${sign} ${part}`)).join(' '));
    const row = fc.record(
      { score: fc.nat(3), tier: fc.constantFrom('a', 'b', 'DE'), sanctioned: fc.boolean() },
      { requiredKeys: [] },
    );
    const rows = fc.dictionary(fc.constantFrom('DE', 'NG', 'DE-5411', ''), row);
    fc.assert(
      fc.property(
        condition,
        rows,
        fc.constantFrom('DE', 'NG', ''),
        fc.constantFrom('DE', ''),
        (when, risk, country, home) => {
          const limit = { a: { amount_max: 5 }, b: { amount_max: 50 } };
          const { compiled, context, ruleset } = prepareTables(
            [ruleOf(when), SECOND.replace('WHEN', when)],
            risk,
            limit,
          );
          fill(context, ruleset, { event: { ...PURCHASE, country }, entities: { card: { homeCountry: home } } });
          const [quick, slow] = compiled.bySource.transaction;
          const scope = compiled.scopeOf(context);
          const expected = slow?.judge(scope);
          assert.ok(expected === 'hit' || expected === 'miss', `${when} ${JSON.stringify(expected)}`);
          assert.equal(quick?.mayHit?.(context), expected === 'hit', when);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('leaves what it read as evidence, under the text that it was read by', () => {
    const when =
      'table.tier_limit[ table.country_risk[event.country].tier ].amount_max < event.amount && ' +
      '!table.country_risk["XX"].known && table.country_risk[event.country].score != 3.0';
    const risk = { DE: { tier: 'low' } };
    const { compiled, context, ruleset } = prepareTables([ruleOf(when)], risk, { low: { amount_max: 5 } });
    fill(context, ruleset, {});
    assert.deepEqual(assess(compiled, context).reasons[0]?.evidence, {
      'event.country': 'DE',
      'event.amount': 40,
      'table.country_risk[event.country].tier': 'low',
      'table.tier_limit[table.country_risk[event.country].tier].amount_max': 5,
      'table.country_risk["XX"].known': false,
    });
    assert.deepEqual(compiled.tablesRead, [0, 1]);
  });
});

/** The same condition with a part that no prefilter can test. */
const SECOND = "{ id: two, when: '(WHEN) && size(event.id) > 0', outcome: review, reason: TWO }";
