import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { encodeDecision } from '../../src/codec/decision-text.ts';
import { decodeFact } from '../../src/codec/record-reader.ts';
import { decisionTextOf, encodeFact, encodeTransactionDecided, mayBeOvertaken } from '../../src/codec/record-text.ts';
import { parseTransaction } from '../../src/codec/requests.ts';
import { currentVersionOf, upcast } from '../../src/codec/upcast.ts';
import type { Decision } from '../../src/domain/decision.ts';
import { decision, fact, features } from './arbitrary-facts.ts';
import { errorOf, NOW_MS, RUNS, tellingOf, transaction, WHOLE } from './support.ts';

const APPROVED: Decision = {
  transactionId: 'txn-1',
  outcome: 'approve',
  score: 0,
  mode: 'full',
  responseCode: '00',
  reasons: [],
  shadow: [],
  failures: [],
  responses: [],
  rulesetVersion: 'v',
  revisions: { 'card-b': 2, 'account-a': 1 },
  decidedAt: '2026-03-01T12:00:00.000Z',
};

describe('encodeDecision', () => {
  test('writes JSON that reads back as the decision', () => {
    fc.assert(
      fc.property(decision, (each) => assert.deepEqual(JSON.parse(encodeDecision(each)), each)),
      RUNS,
    );
  });

  test('writes the same bytes for equal decisions, however they were built', () => {
    const rebuilt = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(rebuilt);
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, inner]) => [name, rebuilt(inner)]),
      );
    };
    fc.assert(
      fc.property(decision, (each) => {
        const text = encodeDecision(each);
        assert.equal(encodeDecision(rebuilt(each) as Decision), text);
        assert.equal(encodeDecision(JSON.parse(text)), text);
      }),
      RUNS,
    );
  });

  test('leaves absent evidence out and keeps an infinite one as a text', () => {
    const evidence = {
      speed: Number.POSITIVE_INFINITY,
      latitude: Number.NaN,
      count: -0,
      drop: Number.NEGATIVE_INFINITY,
    };
    const reasons = [{ code: 'C', ruleId: 'r', outcome: 'review' as const, score: 1, evidence }];
    const read = JSON.parse(encodeDecision({ ...APPROVED, reasons }));
    assert.deepEqual(read.reasons[0].evidence, { count: 0, drop: '-Infinity', speed: 'Infinity' });
  });

  test('refuses a number that JSON cannot hold', () => {
    assert.equal(errorOf(() => encodeDecision({ ...APPROVED, score: Number.NaN })).code, 'ENGINE_INTERNAL');
    const revisions = { a: Number.POSITIVE_INFINITY };
    assert.equal(errorOf(() => encodeDecision({ ...APPROVED, revisions })).code, 'ENGINE_INTERNAL');
  });
});

describe('a record', () => {
  test('gives every fact back', () => {
    fc.assert(
      fc.property(fact, (each) => assert.deepEqual(decodeFact(each.type, encodeFact(each)), each)),
      { ...RUNS, numRuns: 1000 },
    );
  });

  test('holds the texts of request and decision as they are', () => {
    const hostile = fc.constantFrom('","decision":{"', '}}', '{"v":1,"decisionLength":2,', '\\"', '😀');
    fc.assert(
      fc.property(transaction, decision, features, hostile, (each, decided, values, trap) => {
        const requestText = ` ${JSON.stringify({ ...each, payeeId: `p${trap}p` }, null, 1)}\n`;
        const decisionText = encodeDecision({ ...decided, rulesetVersion: trap });
        const body = encodeTransactionDecided(requestText, decisionText, values);
        assert.equal(decisionTextOf(body), decisionText);
        assert.ok(body.includes(requestText));
        const read = decodeFact('TransactionDecided', body);
        assert.deepEqual(read, {
          type: 'TransactionDecided',
          transaction: { ...each, payeeId: `p${trap}p` },
          decision: { ...decided, rulesetVersion: trap },
          features: values,
        });
        assert.equal(decisionTextOf(encodeFact(read)), decisionText);
      }),
      RUNS,
    );
  });

  test('of a superseded decision gives the new one', () => {
    fc.assert(
      fc.property(decision, decision, (superseded, decided) => {
        const body = encodeFact({ type: 'DecisionSuperseded', transaction: WHOLE, superseded, decision: decided });
        assert.equal(decisionTextOf(body), encodeDecision(decided));
      }),
      RUNS,
    );
  });

  test('tells at its head whether its event was overtaken', () => {
    fc.assert(
      fc.property(fact, (each) => {
        assert.equal(mayBeOvertaken(encodeFact(each)), 'overtaken' in each && each.overtaken === true);
      }),
      RUNS,
    );
  });

  test('takes features from a typed array', () => {
    const values = Float64Array.of(1, 0.1, Number.NaN, Number.NEGATIVE_INFINITY, -0, 1e21);
    const body = encodeTransactionDecided(JSON.stringify(WHOLE), encodeDecision(APPROVED), values);
    const read = decodeFact('TransactionDecided', body);
    assert.deepEqual(read.type === 'TransactionDecided' && read.features, [...values]);
  });

  test('gives the address in the spelling that the edge gives', () => {
    const requestText = JSON.stringify({ ...WHOLE, ip: '::FFFF:192.0.2.17' });
    const read = decodeFact('TransactionDecided', encodeTransactionDecided(requestText, encodeDecision(APPROVED), []));
    const parsed = parseTransaction(requestText, NOW_MS);
    assert.deepEqual(read.type === 'TransactionDecided' && read.transaction, parsed);
    assert.equal(parsed.ip, '192.0.2.17');
  });
});

describe('decodeFact', () => {
  const body = encodeTransactionDecided(JSON.stringify(WHOLE), encodeDecision(APPROVED), [1, 2]);

  test('refuses whatever is odd, and tells no values', () => {
    const members = JSON.parse(body);
    const without = (name: string) => JSON.stringify({ ...members, [name]: undefined });
    const odd: readonly (readonly [string, string])[] = [
      ['Unknown', body],
      ['toString', body],
      ['ListEntrySet', body],
      ['TransactionDecided', ''],
      ['TransactionDecided', body.slice(0, -1)],
      ['TransactionDecided', `[${body}]`],
      ['TransactionDecided', 'null'],
      ['TransactionDecided', without('v')],
      ['TransactionDecided', without('features')],
      ['TransactionDecided', without('decision')],
      ['TransactionDecided', JSON.stringify({ ...members, v: 0 })],
      ['TransactionDecided', JSON.stringify({ ...members, v: 2 })],
      ['TransactionDecided', JSON.stringify({ ...members, v: '1' })],
      ['TransactionDecided', JSON.stringify({ ...members, extra: 1 })],
      ['TransactionDecided', JSON.stringify({ ...members, features: [1, '2'] })],
      ['TransactionDecided', JSON.stringify({ ...members, decisionLength: members.decisionLength + 1 })],
      ['TransactionDecided', JSON.stringify({ ...members, transaction: { ...WHOLE, cardId: 7 } })],
      ['TransactionDecided', JSON.stringify({ ...members, decision: { ...APPROVED, outcome: 'maybe' } })],
    ];
    for (const [type, text] of odd) {
      const error = errorOf(() => decodeFact(type, text));
      assert.equal(error.code, 'RECORD_UNREADABLE', text.slice(0, 80));
      assert.ok(!tellingOf(error).includes(WHOLE.cardId));
    }
  });

  test('never reads a body that was cut or had a character dropped as another fact', () => {
    fc.assert(
      fc.property(fc.nat(body.length - 1), (at) => {
        assert.equal(errorOf(() => decodeFact('TransactionDecided', body.slice(0, at))).code, 'RECORD_UNREADABLE');
      }),
      RUNS,
    );
  });

  test('cuts no decision out of a body of another form', () => {
    const longer = body.replace(/(?<="decisionLength":)\d+/, (digits) => String(Number(digits) + 1));
    for (const text of ['', '{}', body.slice(1), `${body} `, longer]) {
      assert.equal(errorOf(() => decisionTextOf(text)).code, 'RECORD_UNREADABLE');
    }
    assert.equal(
      errorOf(() => decisionTextOf('{"v":1,"decisionLength":99999,"decision":{}}')).code,
      'RECORD_UNREADABLE',
    );
  });
});

describe('upcast', () => {
  const chain = [
    (members: Record<string, unknown>) => ({ ...members, second: `${String(members.first)}+` }),
    ({ first: _, ...members }: Record<string, unknown>) => ({ ...members, third: true }),
  ];

  test('takes a record through every version between', () => {
    assert.equal(currentVersionOf(chain), 3);
    assert.deepEqual(upcast({ first: 'a' }, 1, chain), { second: 'a+', third: true });
    assert.deepEqual(upcast({ first: 'a', second: 'b' }, 2, chain), { second: 'b', third: true });
    assert.deepEqual(upcast({ second: 'c', third: false }, 3, chain), { second: 'c', third: false });
  });
});
