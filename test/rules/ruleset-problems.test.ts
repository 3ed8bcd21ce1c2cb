import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseRuleset } from '../../src/rules/mod.ts';
import { rulesetText } from './rule-facts.ts';

const RULE = '{ id: one, when: event.amount > 5, outcome: review, reason: ONE }';

function problemsOf(text: string) {
  const parsed = parseRuleset(text);
  return parsed.ok ? [] : parsed.problems;
}

/** Asserts one problem, where the mark `§` stands in the text. */
function assertProblem(marked: string, field: string, message: RegExp): void {
  const before = marked.slice(0, marked.indexOf('§')).split('\n');
  const text = marked.replace('§', '');
  const problems = problemsOf(text);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  const [problem] = problems;
  assert.equal(problem?.field, field);
  assert.match(problem?.message ?? '', message);
  const at = { line: problem?.line, column: problem?.column };
  assert.deepEqual(at, { line: before.length, column: (before.at(-1) ?? '').length + 1 });
}

const withRule = (rule: string, features: readonly string[] = []) => rulesetText([rule], features);
const withFeature = (feature: string) => rulesetText([RULE], [feature]);
const withExtra = (extra: string) => rulesetText([RULE], [], extra);

/** Name, marked text, field, message. */
const MISTAKES: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'a misspelled feature in a condition',
    withRule('{ id: one, when: event.amount > 5 && §card.cuont_1h > 3, outcome: review, reason: ONE }', [
      'card.count_1h: { aggregate: count, window: sliding 1h }',
    ]),
    'rules[0].when',
    /no card\.cuont_1h.*Did you mean count_1h/,
  ],
  [
    'a misspelled entity in a condition',
    withRule('{ id: one, when: §crad.known, outcome: review, reason: ONE }'),
    'rules[0].when',
    /no crad to read.*Did you mean card/,
  ],
  [
    'a misspelled field behind has()',
    withRule('{ id: one, when: has(§event.amonut), outcome: review, reason: ONE }'),
    'rules[0].when',
    /no event\.amonut.*Did you mean amount/,
  ],
  [
    'a list flag that is not known',
    withRule('{ id: one, when: §lists.watch.devcie, outcome: review, reason: ONE }'),
    'rules[0].when',
    /no lists\.watch\.devcie.*Did you mean device/,
  ],
  [
    'a condition that is not true or false',
    withRule('{ id: one, when: §event.amount + 1, outcome: review, reason: ONE }'),
    'rules[0].when',
    /true or false, not a double/,
  ],
  [
    'a condition whose type is open',
    withRule('{ id: one, when: §account.attributes.vip, outcome: review, reason: ONE }'),
    'rules[0].when',
    /Compare it/,
  ],
  [
    'a comparison of a number with a text',
    withRule(`{ id: one, when: '§event.amount > "5"', outcome: review, reason: ONE }`),
    'rules[0].when',
    /no such overload: double > string/,
  ],
  [
    'a condition in quotes that begins with a text in quotes',
    withRule('{ id: one, when: "\\§"5\\" > event.amount", outcome: review, reason: ONE }'),
    'rules[0].when',
    /no such overload: string > double/,
  ],
  [
    'a syntax error in a folded condition of several lines',
    withRule(
      'id: one\n    when: >-\n      event.amount > 5 &&\n      event.hour >§> 3\n    outcome: review\n    reason: ONE',
    ),
    'rules[0].when',
    /not valid/,
  ],
  [
    'a regular expression',
    withRule(`{ id: one, when: '§event.mcc.matches("5.*")', outcome: review, reason: ONE }`),
    'rules[0].when',
    /Regular expressions are not supported/,
  ],
  [
    'a field read with brackets',
    withRule(`{ id: one, when: '§event["amount"] > 5', outcome: review, reason: ONE }`),
    'rules[0].when',
    /read with a dot/,
  ],
  [
    'a login rule about a card',
    withRule('{ id: one, on: login, when: §card.known, outcome: alert, reason: ONE }'),
    'rules[0].when',
    /A login names no card/,
  ],
  [
    'a login rule that answers',
    withRule('{ id: one, on: login, when: account.known, outcome: §decline, reason: ONE }'),
    'rules[0].outcome',
    /has outcome alert/,
  ],
  [
    'a transaction rule that alerts',
    withRule('{ id: one, when: card.known, outcome: §alert, reason: ONE }'),
    'rules[0].outcome',
    /alert is for logins and signals/,
  ],
  [
    'an outcome that does not exist',
    withRule('{ id: one, when: card.known, outcome: §declin, reason: ONE }'),
    'rules[0].outcome',
    /Did you mean decline/,
  ],
  [
    'a key that does not exist',
    withRule('{ id: one, when: card.known, outcome: review, reason: ONE, §scroe: 5 }'),
    'rules[0].scroe',
    /not known.*Did you mean score/,
  ],
  [
    'a score out of bounds',
    withRule('{ id: one, when: card.known, outcome: review, reason: ONE, score: §101 }'),
    'rules[0].score',
    /from 0 to 100, not the number 101/,
  ],
  [
    'a missing reason',
    withRule('§{ id: one, when: card.known, outcome: review }'),
    'rules[0].reason',
    /field reason is missing/,
  ],
  [
    'a reason in small letters',
    withRule('{ id: one, when: card.known, outcome: review, reason: §one }'),
    'rules[0].reason',
    /capital letters/,
  ],
  [
    'two rules of one id',
    rulesetText([RULE, RULE.replace('id: one', 'id: §one')]),
    'rules[1].id',
    /another rule with the id one/,
  ],
  [
    'a response that is no name',
    withRule('{ id: one, when: card.known, outcome: review, reason: ONE, respond: [freeze-card, §Freeze Card] }'),
    'rules[0].respond[1]',
    /freeze-card/,
  ],
  ['a rule that is no mapping', rulesetText([RULE, '§card.known']), 'rules[1]', /must be a mapping, not "card.known"/],
  [
    'a feature of no kind',
    withFeature('§crad.count_1h: { aggregate: count, window: sliding 1h }'),
    'features.crad.count_1h',
    /Did you mean card/,
  ],
  [
    'a feature that hides a built-in',
    withFeature('§card.status: { aggregate: count, window: sliding 1h }'),
    'features.card.status',
    /has status already/,
  ],
  [
    'a feature by another kind than its name says',
    withFeature('card.count_1h: { by: §account, aggregate: count, window: sliding 1h }'),
    'features.card.count_1h.by',
    /by must be card/,
  ],
  [
    'a feature of cards on logins',
    withFeature('card.logins: { on: §login, aggregate: count, window: sliding 1h }'),
    'features.card.logins.on',
    /A login names no card/,
  ],
  [
    'an outcome of logins',
    withFeature('account.logins: { on: login, outcome: §declined, aggregate: count, window: sliding 1h }'),
    'features.account.logins.outcome',
    /not answered/,
  ],
  [
    'an aggregate that does not exist',
    withFeature('card.count_1h: { aggregate: §median(event.amount), window: sliding 1h }'),
    'features.card.count_1h.aggregate',
    /must be one of count, sum, mean/,
  ],
  [
    'an aggregate of a wrong field',
    withFeature('card.x: { aggregate: §distinct(event.amount), window: sliding 1h }'),
    'features.card.x.aggregate',
    /distinct reads one of event.type/,
  ],
  [
    'a missing window',
    withFeature('card.count_1h: §{ aggregate: count }'),
    'features.card.count_1h.window',
    /count needs a window/,
  ],
  [
    'a window where there is none',
    withFeature('card.speed: { aggregate: speed_kmh, window: §sliding 1h }'),
    'features.card.speed.window',
    /has no window/,
  ],
  [
    'a duration that is none',
    withFeature('card.count_1h: { aggregate: count, window: §sliding 1w }'),
    'features.card.count_1h.window',
    /duration from 1s to 90d/,
  ],
  [
    'a window that is too long',
    withFeature('card.count: { aggregate: count, window: §sliding 91d }'),
    'features.card.count.window',
    /duration from 1s to 90d/,
  ],
  [
    'a filter that reads an entity',
    withFeature(`card.count: { aggregate: count, window: sliding 1h, where: 'event.amount > 5 && §card.known' }`),
    'features.card.count.where',
    /no card to read here/,
  ],
  [
    'a currency that does not exist',
    rulesetText([RULE]).replace('{ USD: 0.9 }', '{ §USX: 0.9 }'),
    'currency.rates.USX',
    /no currency that ISO 4217 lists/,
  ],
  [
    'thresholds out of order',
    rulesetText([RULE]).replace('decline: 85', 'decline: §30'),
    'policy.thresholds.decline',
    /must not be below/,
  ],
  [
    'a fallback without a default',
    rulesetText([RULE]).replace('- { outcome: decline }', '- §{ amount_max: 99, outcome: decline }'),
    'policy.fallback[2]',
    /must fit everything/,
  ],
  [
    'a fallback entry behind the default',
    rulesetText([RULE]).replace('- { amount_max: 20, outcome: challenge }', '- §{ outcome: challenge }'),
    'policy.fallback[1]',
    /never reached/,
  ],
  [
    'a list value that does not fit',
    withExtra('lists:\n  - { list: block, kind: cidr, value: §203.0.113.0/33 }'),
    'lists[0].value',
    /a network, as in/,
  ],
  [
    'a number where a text belongs',
    withExtra('lists:\n  - { list: block, kind: bin, value: §453201 }'),
    'lists[0].value',
    /Put it in quotes/,
  ],
  [
    'an expiry that is no time',
    withExtra('lists:\n  - { list: block, kind: card, value: c, expires: §tomorrow }'),
    'lists[0].expires',
    /RFC 3339/,
  ],
  ['a key twice', withExtra('§rules: []'), 'rules', /rules is here twice/],
  ['an alias', withExtra('lists: §*none'), '', /Aliases|Unresolved alias/],
  ['a custom tag', withExtra('lists: §!mine []'), '', /not valid YAML/],
  ['a key of the top that does not exist', withExtra('§feature: {}'), 'feature', /Did you mean features/],
];

describe('a ruleset with a mistake is refused, with line, column and field', () => {
  for (const [name, marked, field, message] of MISTAKES) {
    test(name, () => assertProblem(marked, field, message));
  }

  test('an empty text, a list and a scalar are no rulesets', () => {
    for (const text of ['', '- 1', 'hello', '# nothing']) {
      assert.match(problemsOf(text)[0]?.message ?? '', /A ruleset must be a mapping/);
    }
  });

  test('what is missing at the top is reported at once', () => {
    const fields = problemsOf('description: nothing').map(({ field }) => field);
    assert.deepEqual(fields.sort(), ['currency', 'description', 'name', 'policy', 'rules']);
  });

  test('a bracket without quotes is one problem, with the remedy, and not one for each word after it', () => {
    const rule = '{ id: one, when: table.risk[event.country].score > 5, outcome: review, reason: ONE }';
    const problems = problemsOf(withRule(rule));
    assert.equal(problems.length, 1, JSON.stringify(problems));
    assert.match(problems[0]?.message ?? '', /not valid YAML: .* has to stand in quotes/);
  });

  test('all problems are reported, in the order of the text', () => {
    const text = rulesetText(
      [
        '{ id: One, when: card.nothing, outcome: maybe, reason: one, score: -1 }',
        '{ id: two, when: "", outcome: review, reason: TWO }',
      ],
      ['card.count_1h: { aggregate: cuont, window: sliding }'],
    );
    const problems = problemsOf(text);
    const fields = problems.map(({ field }) => field);
    assert.deepEqual(fields, [
      'features.card.count_1h.aggregate',
      'features.card.count_1h.window',
      'rules[0].id',
      'rules[0].when',
      'rules[0].outcome',
      'rules[0].reason',
      'rules[0].score',
      'rules[1].when',
    ]);
    assert.deepEqual(
      problems.map(({ line }) => line),
      [4, 4, 6, 6, 6, 6, 6, 7],
    );
  });

  test('a broken feature is not reported again by the rules that read it', () => {
    const rule = '{ id: one, when: card.count_1h > 3, outcome: review, reason: ONE }';
    const fields = problemsOf(withRule(rule, ['card.count_1h: { aggregate: cuont }'])).map(({ field }) => field);
    assert.deepEqual(fields, ['features.card.count_1h.aggregate']);
  });

  test('a text that is too long is refused unread', () => {
    assert.match(problemsOf(`# ${'x'.repeat(1024 * 1024)}`)[0]?.message ?? '', /more than the limit of 1048576/);
  });

  test('a long value is quoted by its beginning', () => {
    for (const text of [JSON.stringify('x'.repeat(5000)), `name: [1]\ncurrency: ${'x'.repeat(5000)}`]) {
      for (const { message } of problemsOf(text)) assert.ok(message.length < 200, message);
      assert.match(JSON.stringify(problemsOf(text)), /x{40,60}\.\.\. \(5002 characters\)/);
    }
  });

  test('deep nesting is refused without a crash', () => {
    assert.ok(problemsOf(`name: ${'['.repeat(50_000)}`).length > 0);
    const deep = `${'('.repeat(5000)}true${')'.repeat(5000)}`;
    assert.match(
      problemsOf(withRule(`{ id: one, when: '${deep}', outcome: review, reason: ONE }`))[0]?.field ?? '',
      /when/,
    );
  });

  test('no damage to a valid text makes the parser throw', () => {
    const valid = rulesetText([RULE], ['card.count_1h: { aggregate: count, window: sliding 1h }'], 'lists: []');
    const position = fc.integer({ min: 0, max: valid.length });
    fc.assert(
      fc.property(position, position, fc.string({ maxLength: 4, unit: 'grapheme' }), (from, length, inserted) => {
        const damaged = valid.slice(0, from) + inserted + valid.slice(from + (length % 12));
        const parsed = parseRuleset(damaged);
        if (parsed.ok) return;
        for (const { line, column } of parsed.problems) {
          assert.ok(line >= 1 && line <= damaged.split('\n').length && column >= 1);
        }
      }),
      { numRuns: 300 },
    );
  });
});
