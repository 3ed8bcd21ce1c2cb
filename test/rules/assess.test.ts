import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ListKind, ListName } from '../../src/domain/lists.ts';
import { assess, ListIndex, matchLists, SuppressionIndex } from '../../src/rules/mod.ts';
import { type Facts, PURCHASE, prepare, rulesetText } from './rule-facts.ts';

const COUNT = 'card.count_1h: { aggregate: count, window: sliding 1h }';
const rule = (fields: string, when = 'event.amount > 5') => `{ when: '${when}', reason: HIT, ${fields} }`;

/** Divides by zero where the country has two letters. */
const FAILS = '1 / (size(event.country) - 2) == 0';

function run(rules: readonly string[], facts: Facts = {}, features: readonly string[] = [COUNT]) {
  const { compiled, context } = prepare(rulesetText(rules, features), facts);
  return assess(compiled, context);
}

describe('an assessment', () => {
  test('is a plain approval where nothing is found', () => {
    assert.deepEqual(run([rule('id: a, outcome: decline', 'event.amount > 500')]), {
      outcome: 'approve',
      score: 0,
      mode: 'full',
      reasons: [],
      shadow: [],
      failures: [],
      responses: [],
    });
  });

  test('takes the most severe outcome of its hits, and adds their scores', () => {
    const { outcome, score, reasons } = run([
      rule('id: a, outcome: review, score: 10'),
      rule('id: b, outcome: challenge, score: 15'),
    ]);
    assert.deepEqual({ outcome, score }, { outcome: 'review', score: 25 });
    assert.deepEqual(
      reasons.map(({ ruleId }) => ruleId),
      ['a', 'b'],
    );
  });

  test('is raised by the score where no single hit asks for so much', () => {
    const weak = (id: string, score: number) => rule(`id: ${id}, outcome: approve, score: ${score}`);
    assert.equal(run([weak('a', 20), weak('b', 19)]).outcome, 'approve');
    assert.equal(run([weak('a', 20), weak('b', 20)]).outcome, 'challenge');
    assert.equal(run([weak('a', 30), weak('b', 30)]).outcome, 'review');
    const highest = run([weak('a', 60), weak('b', 60)]);
    assert.deepEqual([highest.outcome, highest.score], ['decline', 100]);
  });

  test('carries as evidence what the condition reads, and only that', () => {
    const when =
      'card.count_1h >= 3 && event.amount > 5 && card.known && ' +
      '(account.attributes.tier == "gold" || event.longitude > 500)';
    const { reasons } = run([rule('id: a, outcome: review', when)], {
      event: { longitude: Number.NaN },
      features: { 'card.count_1h': 7 },
      entities: { account: { attributes: { tier: 'gold', region: 'north' } } },
    });
    assert.deepEqual(reasons[0]?.evidence, {
      'card.count_1h': 7,
      'event.amount': 40,
      'card.known': true,
      'account.attributes.tier': 'gold',
    });
  });

  test('asks for each response of its hits once', () => {
    const { responses } = run([
      rule('id: a, outcome: review, respond: [freeze-card, notify]'),
      rule('id: b, outcome: review, respond: [notify, block-ip]'),
      rule('id: c, outcome: review, respond: [other]', 'event.amount > 500'),
    ]);
    assert.deepEqual(responses, ['freeze-card', 'notify', 'block-ip']);
  });

  test('is the same for the same context', () => {
    const { compiled, context } = prepare(rulesetText([rule('id: a, outcome: review')], [COUNT]));
    assert.deepEqual(assess(compiled, context), assess(compiled, context));
  });

  test('evaluates only the rules for the source of the event', () => {
    const rules = [
      rule('id: a, outcome: decline', 'account.known'),
      rule('id: b, on: login, outcome: alert, score: 70, respond: [notify]', 'account.known'),
      rule('id: c, on: signal, outcome: alert', 'account.known'),
    ];
    const login = run(rules, { event: { source: 'login' } });
    assert.deepEqual(
      login.reasons.map(({ ruleId, outcome }) => [ruleId, outcome]),
      [['b', 'approve']],
    );
    assert.deepEqual([login.outcome, login.score, login.responses], ['approve', 70, ['notify']]);
  });

  test('reads nothing of an entity that the event does not name', () => {
    const { compiled, context } = prepare(
      rulesetText([
        rule('id: a, outcome: review', 'device.status == "" && !device.known && device.fraud_labels == 0'),
        rule('id: b, outcome: review', '"vip" in device.attributes'),
      ]),
    );
    context.device.clear();
    const { reasons, failures } = assess(compiled, context);
    assert.deepEqual([reasons.map(({ ruleId }) => ruleId), failures], [['a'], []]);
  });

  test('refuses a context of another ruleset', () => {
    const one = prepare(rulesetText([rule('id: a, outcome: review')]));
    const other = prepare(rulesetText([rule('id: b, outcome: review')]));
    assert.throws(() => assess(one.compiled, other.context), { code: 'ENGINE_INTERNAL' });
  });
});

describe('a shadow rule', () => {
  test('is recorded and acts on nothing', () => {
    const found = run([rule('id: a, state: shadow, outcome: decline, score: 100, respond: [freeze-card]')]);
    assert.deepEqual([found.outcome, found.score, found.responses, found.reasons], ['approve', 0, [], []]);
    assert.deepEqual(
      found.shadow.map(({ ruleId, outcome, score }) => [ruleId, outcome, score]),
      [['a', 'decline', 100]],
    );
  });

  test('fails without effect, but not in silence', () => {
    const found = run([rule('id: a, state: shadow, outcome: decline, on_error: decline', FAILS)]);
    assert.deepEqual([found.outcome, found.mode], ['approve', 'full']);
    assert.deepEqual(found.failures, [{ ruleId: 'a', message: 'division by zero', resolvedAs: 'approve' }]);
  });

  test('that is off is not evaluated', () => {
    const found = run([
      rule('id: a, state: off, outcome: decline', FAILS),
      rule('id: b, outcome: review', 'event.amount > 500'),
    ]);
    assert.deepEqual([found.failures, found.shadow, found.reasons], [[], [], []]);
  });
});

describe('a rule that cannot be evaluated', () => {
  for (const onError of ['approve', 'challenge', 'review', 'decline'] as const) {
    test(`is resolved as ${onError} where it says so`, () => {
      const { outcome, mode, failures, score } = run([rule(`id: a, outcome: decline, on_error: ${onError}`, FAILS)]);
      assert.deepEqual({ outcome, mode, score }, { outcome: onError, mode: 'degraded', score: 0 });
      assert.deepEqual(failures, [{ ruleId: 'a', message: 'division by zero', resolvedAs: onError }]);
    });
  }

  test('is a review where it says nothing', () => {
    assert.equal(run([rule('id: a, outcome: decline', FAILS)]).outcome, 'review');
  });

  test('does not keep the others from being evaluated', () => {
    const found = run([rule('id: a, outcome: challenge', FAILS), rule('id: b, outcome: decline, score: 9')]);
    assert.deepEqual([found.outcome, found.score, found.reasons.length], ['decline', 9, 1]);
  });

  test('may be one that reads a missing attribute, or one of another type', () => {
    const when = 'account.attributes.vip == true';
    assert.match(run([rule('id: a, outcome: review', when)]).failures[0]?.message ?? '', /No such key: vip/);
    const facts = { entities: { account: { attributes: { vip: 'yes' } } } };
    const mixed = run([rule('id: a, outcome: review', 'account.attributes.vip && true')], facts);
    assert.match(mixed.failures[0]?.message ?? '', /bool/);
    const guarded = '"vip" in account.attributes && account.attributes.vip == true';
    assert.deepEqual(run([rule('id: a, outcome: review', guarded)]).failures, []);
  });

  test('for a login is recorded and resolved as nothing', () => {
    const found = run([rule('id: a, on: login, outcome: alert', '1 / size(event.status) == 0')], {
      event: { source: 'login' },
    });
    assert.deepEqual([found.outcome, found.failures[0]?.resolvedAs, found.mode], ['approve', 'approve', 'degraded']);
  });

  test('is like an input that is missing', () => {
    const { compiled, context } = prepare(rulesetText([rule('id: a, outcome: decline', 'event.amount > 500')]));
    context.inputFailures = [{ ruleId: 'currency', message: 'there is no rate', resolvedAs: 'challenge' }];
    const { outcome, mode, failures } = assess(compiled, context);
    assert.deepEqual([outcome, mode, failures.length], ['challenge', 'degraded', 1]);
  });
});

describe('lists', () => {
  const rules = [rule('id: a, outcome: review, score: 30, respond: [notify]')];

  function listed(entries: readonly (readonly [ListName, ListKind])[], facts: Facts = {}, text = rulesetText(rules)) {
    const { compiled, context } = prepare(text, facts);
    const lists = new ListIndex();
    for (const [list, kind] of entries) {
      const value = kind === 'card' ? PURCHASE.cardId : kind === 'device' ? PURCHASE.deviceId : PURCHASE.country;
      lists.set({ list, kind, value, expiresAtMs: null, note: '' });
    }
    matchLists(compiled, lists, context);
    return assess(compiled, context);
  }

  test('decline what is blocked, whatever else holds', () => {
    const found = listed([
      ['allow', 'card'],
      ['block', 'device'],
    ]);
    assert.equal(found.outcome, 'decline');
    assert.deepEqual(found.reasons[0], {
      code: 'LIST_BLOCK_DEVICE',
      ruleId: 'list-block-device',
      outcome: 'decline',
      score: 100,
      evidence: { 'event.deviceId': 'device-1' },
    });
  });

  test('approve what is allowed, against every score, and ask for no response', () => {
    const strict = [rule('id: a, outcome: decline, score: 100, respond: [freeze-card]')];
    const { outcome, responses, reasons } = listed([['allow', 'card']], {}, rulesetText(strict));
    assert.deepEqual([outcome, responses], ['approve', []]);
    assert.deepEqual(
      reasons.map(({ code }) => code),
      ['LIST_ALLOW_CARD', 'HIT'],
    );
  });

  test('do not allow what stands frozen, closed, locked or blocked', () => {
    const strict = rulesetText([
      rule('id: a, outcome: decline', 'card.status == "frozen" || device.status == "blocked"'),
    ]);
    assert.equal(listed([['allow', 'card']], { entities: { card: { status: 'frozen' } } }, strict).outcome, 'decline');
    assert.equal(
      listed([['allow', 'card']], { entities: { device: { status: 'blocked' } } }, strict).outcome,
      'decline',
    );
    assert.equal(listed([['allow', 'card']], { entities: { card: { status: 'watched' } } }, strict).outcome, 'approve');
  });

  test('only score what is watched', () => {
    const quiet = rulesetText([rule('id: a, outcome: decline', 'event.amount > 500')]);
    const one = listed([['watch', 'card']], {}, quiet);
    assert.deepEqual([one.outcome, one.score, one.reasons[0]?.code], ['approve', 25, 'LIST_WATCH_CARD']);
    const two = listed(
      [
        ['watch', 'card'],
        ['watch', 'country'],
      ],
      {},
      quiet,
    );
    assert.deepEqual([two.outcome, two.score], ['challenge', 50]);
  });

  test('may come with the ruleset', () => {
    const own = rulesetText(rules, [], 'lists: [{ list: block, kind: cidr, value: 198.51.100.0/24, note: known }]');
    const { compiled, context } = prepare(own);
    matchLists(compiled, new ListIndex(), context);
    assert.equal(assess(compiled, context).reasons[0]?.code, 'LIST_BLOCK_CIDR');
    context.event = { ...PURCHASE, ip: '198.51.101.1' };
    matchLists(compiled, new ListIndex(), context);
    assert.equal(assess(compiled, context).reasons[0]?.code, 'HIT');
  });

  test('can be read by conditions', () => {
    const text = rulesetText([
      rule('id: a, outcome: review', 'lists.watch.card && !lists.watch.device && lists.watch.any'),
    ]);
    assert.equal(listed([['watch', 'card']], {}, text).outcome, 'review');
    assert.equal(
      listed(
        [
          ['watch', 'card'],
          ['watch', 'device'],
        ],
        {},
        text,
      ).reasons.some(({ code }) => code === 'HIT'),
      false,
    );
  });

  test('decide about transactions only', () => {
    assert.deepEqual(listed([['block', 'device']], { event: { source: 'login' } }).reasons, []);
  });
});

describe('a suppression', () => {
  const nowMs = PURCHASE.occurredAtMs;
  const suppressed = (untilMs: number, id = 'account-1', fields = 'id: a, outcome: decline', when?: string) => {
    const suppressions = new SuppressionIndex();
    suppressions.set({ ruleId: 'a', kind: 'account', id, untilMs, note: 'on holiday' });
    const { compiled, context } = prepare(rulesetText([rule(fields, when)]), {}, suppressions);
    return assess(compiled, context);
  };

  test('keeps one rule from acting on one entity until its time, and the hit in sight', () => {
    const found = suppressed(nowMs + 1);
    assert.deepEqual([found.outcome, found.reasons, found.shadow[0]?.ruleId], ['approve', [], 'a']);
  });

  test('ends by event time, and holds for its entity and rule only', () => {
    assert.equal(suppressed(nowMs).outcome, 'decline');
    assert.equal(suppressed(nowMs + 1, 'account-2').outcome, 'decline');
    assert.equal(suppressed(nowMs + 1, 'account-1', 'id: b, outcome: decline').outcome, 'decline');
  });

  test('also covers what the rule would say where it fails', () => {
    const { outcome, failures } = suppressed(
      nowMs + 1,
      'account-1',
      'id: a, outcome: decline, on_error: decline',
      FAILS,
    );
    assert.deepEqual([outcome, failures[0]?.resolvedAs], ['approve', 'approve']);
  });

  test('is forgotten when it is over', () => {
    const index = new SuppressionIndex();
    index.set({ ruleId: 'a', kind: 'card', id: 'card-1', untilMs: 5, note: '' });
    index.set({ ruleId: 'a', kind: 'card', id: 'card-1', untilMs: 10, note: '' });
    index.set({ ruleId: 'a', kind: 'ip', id: '198.51.100.7', untilMs: 20, note: '' });
    assert.equal(index.entries().length, 2);
    assert.ok(index.isSuppressed('a', PURCHASE, 9));
    assert.equal(index.prune(10), 1);
    assert.ok(index.isSuppressed('a', PURCHASE, 19));
    assert.ok(!index.isSuppressed('a', PURCHASE, 20));
  });
});
