import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRuleset } from '../../src/rules/mod.ts';
import { rulesetWithViews, viewsOf } from '../views/view-rig.ts';

/** A valid view with one line in place of another. */
const GOOD = `  logins:
    from: login
    where: event.status == "failed"
    group_by: accountId
    window: tumbling 1m
    aggregates:
      ips: distinct(event.ip)
      n: count
    having: row.ips > 3.0
    tags: { many: row.n > 10.0 }
`;

function problemsOf(views: string, rules = '', eventTime = ''): string[] {
  const parsed = parseRuleset(rulesetWithViews(views, rules, eventTime));
  return parsed.ok ? [] : parsed.problems.map(({ line, field, message }) => `${line} ${field}: ${message}`);
}

const REFUSED: readonly (readonly [what: string, from: string, to: string, problem: RegExp])[] = [
  [
    'an unknown stream',
    'from: login',
    'from: logins',
    /^6 views\.logins\.from: from must be one of .*Did you mean login/,
  ],
  ['an unknown view', 'from: login', 'from: view.nothing', /^6 views\.logins\.from: from must be one of/],
  ['itself', 'from: login', 'from: view.logins', /A view cannot read itself: logins reads logins/],
  [
    'an unknown column in where',
    'event.status ==',
    'event.stauts ==',
    /^7 .*\.where: There is no event\.stauts.*status/,
  ],
  ['an unknown column in group_by', 'accountId', 'acountId', /^8 .*\.group_by: There is no acountId.*accountId/],
  ['a column grouped by twice', 'group_by: accountId', 'group_by: [ip, ip]', /group_by names ip twice/],
  ['a window of zero', 'tumbling 1m', 'tumbling 0s', /^9 views\.logins\.window: A window is a duration/],
  ['no window', '    window: tumbling 1m\n', '', /The field window is missing/],
  ['too many hops', 'tumbling 1m', 'hopping 10d every 1s', /^9 .*belongs to 864000 windows; the limit is 1440/],
  ['an unbounded window that is to close', 'tumbling 1m', 'unbounded\n    emit: final', /never closes/],
  ['an unknown aggregate', 'distinct(event.ip)', 'distnct(event.ip)', /^11 .*aggregates\.ips: .*Did you mean distinct/],
  ['an aggregate of an unknown field', 'event.ip)', 'event.ipp)', /^11 .*There is no event\.ipp.*Did you mean ip/],
  ['a sum of a text', 'distinct(event.ip)', 'sum(event.ip)', /^11 .*sum reads a number: event\.ip is a text/],
  ['a field of count', 'n: count', 'n: count(event.ip)', /^12 .*count reads no field/],
  [
    'a comma that YAML takes for its own',
    'n: count',
    'n: { aggregate: quantile(event.hour, 0.5) }',
    /^12 .*Put it in quotes: within \{ \} a comma ends a value/,
  ],
  ['a share of quantile out of range', 'n: count', 'n: "quantile(event.hour, 1.5)"', /share between 0 and 1/],
  ['a ratio of what is not there', 'n: count', 'n: "ratio(ips, no)"', /^12 .*There is no aggregate no/],
  ['a column that the rows have', 'n: count', 'accountId: count', /The rows have a column accountId already/],
  ['a tag with the name of a column', 'many: row.n', 'ips: row.n', /The rows have a column ips already/],
  ['an unknown column in having', 'row.ips > 3.0', 'row.ip > 3.0', /^13 .*having: There is no row\.ip/],
  [
    'no aggregate at all',
    'aggregates:\n      ips: distinct(event.ip)\n      n: count',
    'aggregates: {}',
    /at least one/,
  ],
  ['a tag in having', 'row.ips > 3.0', 'row.many', /^13 .*having: There is no row\.many/],
  ['a having that is no condition', 'row.ips > 3.0', 'row.ips', /must be true or false, not a double/],
  [
    'an unknown late policy',
    '    having',
    '    late: ignore\n    having',
    /late must be one of drop, correct, side_output/,
  ],
  [
    'rows that go before they may change',
    '    having',
    '    retain: 5s\n    lateness: 10s\n    having',
    /retain must not be/,
  ],
  [
    'an unknown field',
    '    having',
    '    windows: 3\n    having',
    /The field windows is not known.*Did you mean window/,
  ],
];

/** Mistakes that leave nothing under a name that is read further below, which is then told as well. */
const TAKES_A_NAME_AWAY = new Set([
  'itself',
  'a column that the rows have',
  'a tag with the name of a column',
  'no aggregate at all',
  'a comma that YAML takes for its own',
]);

describe('a view of a ruleset', () => {
  test('is accepted as it is documented', () => assert.deepEqual(problemsOf(GOOD), []));

  for (const [what, from, to, problem] of REFUSED) {
    test(`is refused for ${what}, by line and field`, () => {
      assert.ok(GOOD.includes(from));
      const reading = '  many: { from: view.logins, where: event.ips > 3.0 }\n';
      const rule = '  - { id: r, on: view.logins, when: row.ips > 4.0, outcome: alert, reason: R }';
      const problems = problemsOf(GOOD.replace(from, to) + reading, rule);
      if (!TAKES_A_NAME_AWAY.has(what)) assert.equal(problems.length, 1, problems.join('\n'));
      assert.ok(
        problems.some((each) => problem.test(each)),
        problems.join('\n'),
      );
    });
  }

  test('over a view whose rows change is refused what cannot be taken back', () => {
    const over = (aggregate: string, window: string, emit: string): string[] =>
      problemsOf(
        `${GOOD}    emit: ${emit}\n` +
          `  second: { from: view.logins, window: ${window}, aggregates: { x: ${aggregate} } }\n`,
      );
    assert.match(over('max(event.n)', 'tumbling 1h', 'changes').join(), /x cannot be taken back.*give it emit: final/);
    assert.match(over('count', 'session 5m', 'changes').join(), /a session needs a view with emit: final/);
    assert.deepEqual(over('max(event.n)', 'tumbling 1h', 'final'), []);
    assert.deepEqual(over('sum(event.n)', 'tumbling 1h', 'changes'), []);
    assert.match(over('sum(event.window_size)', 'tumbling 1h', 'changes').join(), /There is no event\.window_size/);
  });

  test('that only filters and tags is what it reads: it closes nothing, and changes where that does', () => {
    const over = (emit: string, mirror: string, reader: string): string =>
      problemsOf(
        `${GOOD}    emit: ${emit}\n  some: { from: view.logins, where: event.many${mirror} }\n` +
          `  over: { from: view.some, window: ${reader} }\n`,
      ).join();
    const [session, slowest] = ['session 5m, aggregates: { x: count }', 'tumbling 1h, aggregates: { x: max(event.n) }'];
    assert.match(over('changes', ', emit: final', session), /views\.some\.emit: A view without a window of its own/);
    assert.match(over('changes', '', session), /rows of some change: a session needs/);
    assert.match(over('changes', '', slowest), /x cannot be taken back/);
    assert.equal(over('final', '', session), '');
    assert.equal(over('final', '', slowest), '');
    const timeless =
      '  whole: { from: login, window: unbounded, group_by: ip, aggregates: { n: count } }\n' +
      '  some: { from: view.whole, having: row.n > 1 }\n' +
      '  over: { from: view.some, window: tumbling 1h, aggregates: { n: count } }\n';
    assert.match(problemsOf(timeless).join(), /rows of some have no time of their own/);
  });

  test('may be declared before the view that it reads, and a circle of views is refused', () => {
    const ahead = `  second: { from: view.logins, where: event.many }\n${GOOD}`;
    assert.deepEqual(
      viewsOf(rulesetWithViews(ahead)).map(({ name }) => name),
      ['logins', 'second'],
    );
    const circle = '  a: { from: view.b }\n  b: { from: view.a }\n';
    assert.match(problemsOf(circle).join(), /A view cannot read itself: a reads b reads a/);
  });

  test('takes its event time from the ruleset, the stream, and itself, the nearest first', () => {
    const time =
      'event_time: { lateness: 7s, idle_after: 9s, streams: { login: { out_of_orderness: 3s, late: drop } } }';
    const [view] = viewsOf(rulesetWithViews(`${GOOD}    late: correct\n`, '', time));
    assert.deepEqual(view?.time, { outOfOrdernessMs: 3000, latenessMs: 7000, late: 'correct', idleAfterMs: 9000 });
    assert.match(
      problemsOf(GOOD, '', 'event_time: { streams: { logins: {} } }').join(),
      /The field logins is not known/,
    );
  });

  test('leaves features as they are, unless event_time.features says how late their events may come', () => {
    const timesOf = (time: string) => {
      const parsed = parseRuleset(rulesetWithViews(GOOD, '', time));
      return parsed.ok ? parsed.ruleset.featureTimes : parsed.problems;
    };
    assert.equal(timesOf('event_time: { late: drop }'), null);
    const base = { outOfOrdernessMs: 5000, latenessMs: 7000, late: 'correct', idleAfterMs: 60_000 };
    const time = 'streams: { login: { out_of_orderness: 3s, late: side_output } }, features: { late: correct }';
    assert.deepEqual(timesOf(`event_time: { late: drop, lateness: 7s, ${time} }`), {
      transaction: base,
      login: { ...base, outOfOrdernessMs: 3000 },
      signal: base,
    });
    const bad = 'event_time: { features: { late: ignore, latenes: 1m, out_of_orderness: -1s } }';
    assert.deepEqual(
      problemsOf(GOOD, '', bad).map((problem) => problem.replace(/: .*/, '')),
      ['late', 'latenes', 'out_of_orderness'].map((name) => `3 event_time.features.${name}`),
    );
  });

  test('says which approvals late events revise, only where late events correct', () => {
    const revisionsOf = (time: string) => {
      const parsed = parseRuleset(rulesetWithViews(GOOD, '', `event_time: { ${time} }`));
      return parsed.ok ? parsed.ruleset.revisions : parsed.problems;
    };
    const versionOf = (time: string) => {
      const parsed = parseRuleset(rulesetWithViews(GOOD, '', `event_time: { ${time} }`));
      return parsed.ok ? parsed.ruleset.version : '';
    };
    const usual = { atLeast: 'decline', withinMs: 86_400_000, decisionsMax: 20 };
    assert.equal(revisionsOf('late: correct'), null);
    assert.equal(revisionsOf('features: { late: drop }'), null);
    assert.deepEqual(revisionsOf('features: { late: correct }'), usual);
    assert.deepEqual(revisionsOf('streams: { login: { late: correct } }, features: {}'), usual);
    assert.deepEqual(
      revisionsOf('features: { late: correct, revise: { at_least: review, within: 1h, decisions: 5 } }'),
      {
        ...{ atLeast: 'review', withinMs: 3_600_000, decisionsMax: 5 },
      },
    );
    assert.equal(revisionsOf('features: { late: correct, revise: { decisions: 0 } }'), null);
    const spelledOut = 'features: { late: correct, revise: { at_least: decline, within: 1d, decisions: 20 } }';
    assert.equal(versionOf(spelledOut), versionOf('features: { late: correct }'));
    for (const other of ['at_least: review', 'within: 1h', 'decisions: 0'])
      assert.notEqual(versionOf(`features: { late: correct, revise: { ${other} } }`), versionOf(spelledOut));
    const bad = 'features: { late: correct, revise: { at_least: approve, within: 0s, decisions: 1000, to: 1 } }';
    assert.deepEqual(
      problemsOf(GOOD, '', `event_time: { ${bad} }`).map((problem) => problem.replace(/: .*/, '')),
      ['at_least', 'within', 'decisions', 'to'].map((name) => `3 event_time.features.revise.${name}`),
    );
    assert.match(
      problemsOf(GOOD, '', 'event_time: { features: { late: drop, revise: {} } }').join(),
      /revise needs a stream with late: correct/,
    );
  });

  test('may set a rule off, which is checked as all of it is', () => {
    const rule = (on: string, when: string, outcome = 'alert'): string =>
      `  - { id: r, on: ${on}, when: ${when}, outcome: ${outcome}, reason: R }`;
    assert.deepEqual(problemsOf(GOOD, rule('view.logins', 'row.many')), []);
    assert.match(
      problemsOf(GOOD, rule('view.login', 'row.many')).join(),
      /There is no view login.*Did you mean logins/,
    );
    assert.match(problemsOf(GOOD, rule('view.logins', 'row.man')).join(), /rules\[1\]\.when: There is no row\.man/);
    assert.match(problemsOf(GOOD, rule('view.logins', 'row.many', 'decline')).join(), /outcome must be one of alert/);
    const alerts = '  a: { from: alert, window: tumbling 1m, aggregates: { n: count } }\n';
    assert.match(problemsOf(alerts, rule('view.a', 'row.n > 1.0')).join(), /a rule on it could raise itself/);
    const twice = `${rule('view.logins', 'row.many')}\n${rule('login', 'true')}`;
    assert.match(problemsOf(GOOD, twice).join(), /There is another rule with the id r/);
  });

  test('makes a difference to the version of the ruleset, and its description none to the view', () => {
    const versionOf = (views: string): string => {
      const parsed = parseRuleset(rulesetWithViews(views));
      return parsed.ok ? parsed.ruleset.version : '';
    };
    assert.notEqual(versionOf(GOOD), versionOf(GOOD.replace('> 3.0', '> 4.0')));
  });

  test('reads tables in its conditions, and the changes of one as a stream, checked by their columns', () => {
    const TABLES = 'tables: { merchant: { columns: { risk: number, tier: text, closed: boolean } } }';
    const view = (fields: string): string =>
      `  v: { from: login, window: tumbling 1m, aggregates: { n: count }, ${fields} }\n`;
    const problems = (views: string): string => problemsOf(views, '', TABLES).join();
    assert.equal(problems(view('where: "table.merchant[event.deviceId].tier == event.ip"')), '');
    assert.equal(problems(view('group_by: ip, having: "table.merchant[row.ip].risk > 1.0"')), '');
    assert.equal(problems(view('group_by: ip, tags: { t: "table.merchant[row.ip].known" }')), '');
    const filtered = view('where: "true"').replace(
      'n: count',
      'n: { aggregate: count, where: "table.merchant[event.ip].closed" }',
    );
    assert.equal(problems(filtered), '');
    assert.match(problems(view('where: "table.merchnt[event.ip].closed"')), /no table\.merchnt.*Did you mean merchant/);
    assert.match(problems(view('where: "table.merchant[event.ip].close"')), /no column close.*Did you mean closed/);
    assert.match(problems(view('where: "table.merchant[event.hour].closed"')), /key of a table is a text/);
    const where = 'where: "table.merchant[event.ip].closed"';
    const second = `  w: { from: view.v, window: tumbling 1h, aggregates: { n: count }, ${where} }\n`;
    const over = `${view('group_by: ip')}${second}`;
    assert.match(problems(over), /views\.w\.where: A table may say another thing when a row of v changes/);
    assert.equal(problems(over.replace('group_by: ip', 'group_by: ip, emit: final')), '');

    const from = (table: string, column: string): string =>
      `  v: { from: ${table}, group_by: key, window: unbounded, aggregates: { x: last(event.${column}) } }\n`;
    for (const column of ['columns.risk', 'columns.tier', 'columns.closed', 'removed', 'table', 'producer']) {
      assert.equal(problems(from('table.merchant', column)), '');
    }
    assert.equal(problems(from('table_row', 'table')), '');
    assert.match(problems(from('table.merchants', 'key')), /from must be one of.*Did you mean table\.merchant\?/);
    assert.match(problems(from('table.merchant', 'columns.rsk')), /no event\.columns\.rsk.*Did you mean columns\.risk/);
    assert.match(problems(from('table_row', 'columns.risk')), /There is no event\.columns\.risk/);
    const rule = '  - { id: r, on: view.v, when: "table.merchant[row.ip].known", outcome: alert, reason: R }';
    assert.match(problemsOf(view('group_by: ip'), rule, TABLES).join(), /There is no table to read here.*read row/);
  });
});
