import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseIdentifier, parseListEntry, parseListKey, parseSuppression } from '../../src/codec/requests.ts';
import { errorOf } from './support.ts';

describe('a list entry', () => {
  test('takes its name from the path and the rest from the body', () => {
    const body = '{"expiresAt":"2026-03-01T13:00:00+01:00","note":"seen twice"}';
    assert.deepEqual(parseListEntry('block', 'card', 'card-tok-1', body), {
      list: 'block',
      kind: 'card',
      value: 'card-tok-1',
      expiresAtMs: Date.UTC(2026, 2, 1, 12),
      note: 'seen twice',
    });
  });

  test('stays for ever and has no note where the body says nothing', () => {
    const entry = { list: 'watch', kind: 'bin', value: '400000', expiresAtMs: null, note: '' };
    assert.deepEqual(parseListEntry('watch', 'bin', '400000', ''), entry);
    assert.deepEqual(parseListEntry('watch', 'bin', '400000', '{}'), entry);
  });

  test('of a BIN has six to eight digits, as in rulesets', () => {
    for (const value of ['400000', '4000001', '40000012']) {
      assert.equal(parseListKey('block', 'bin', value).value, value);
      assert.equal(parseListKey('block', 'bin_merchant', `${value}@mer-1`).value, `${value}@mer-1`);
    }
  });

  test('has one spelling for one address', () => {
    assert.equal(parseListKey('block', 'ip', '2001:DB8::0:1').value, '2001:db8::1');
    assert.equal(parseListKey('block', 'ip', '::ffff:192.0.2.1').value, '192.0.2.1');
    assert.equal(parseListKey('block', 'cidr', '192.0.2.77/24').value, '192.0.2.0/24');
  });

  const refused: readonly (readonly [string, string, string, string, string])[] = [
    ['grey', 'card', 'c', '{}', 'list'],
    ['block', 'planet', 'c', '{}', 'kind'],
    ['block', 'card', '', '{}', 'value'],
    ['block', 'card', '4111111111111111', '{}', 'value'],
    ['block', 'ip', '192.0.2.0/24', '{}', 'value'],
    ['block', 'cidr', '192.0.2.1', '{}', 'value'],
    ['block', 'bin', '40000', '{}', 'value'],
    ['block', 'bin', '400000123', '{}', 'value'],
    ['block', 'country', 'EU', '{}', 'value'],
    ['block', 'card', 'c', '{"expiresAt":"tomorrow"}', 'expiresAt'],
    ['block', 'card', 'c', '{"expiresAt":null}', 'expiresAt'],
    ['block', 'card', 'c', '{"note":"4111 1111 1111 1111"}', 'note'],
    ['block', 'card', 'c', '{"value":"c"}', 'value'],
    ['block', 'card', 'c', '[]', ''],
  ];
  for (const [list, kind, value, body, field] of refused) {
    test(`${list}/${kind}/${value} with ${body} is refused for ${field === '' ? 'the body' : field}`, () => {
      const error = errorOf(() => parseListEntry(list, kind, value, body));
      assert.deepEqual(
        error.fields.map((problem) => problem.field),
        [field],
      );
      assert.ok(!error.message.includes('4111'));
    });
  }
});

describe('a suppression', () => {
  const valid = { ruleId: 'amount-spike', kind: 'card', id: 'c', until: '2026-03-01T12:00:00Z', note: 'away' };

  test('is read whole', () => {
    const untilMs = Date.UTC(2026, 2, 1, 12);
    assert.deepEqual(parseSuppression(JSON.stringify(valid)), {
      ruleId: 'amount-spike',
      kind: 'card',
      id: 'c',
      untilMs,
      note: 'away',
    });
    const ofAddress = parseSuppression(JSON.stringify({ ...valid, kind: 'ip', id: '2001:DB8::0:1', note: undefined }));
    assert.deepEqual(ofAddress, { ruleId: 'amount-spike', kind: 'ip', id: '2001:db8::1', untilMs, note: '' });
  });

  for (const [field, value] of Object.entries({ ruleId: '', kind: 'bin', until: '2026-03-01', note: 7, more: 1 })) {
    test(`is refused for a wrong ${field}`, () => {
      const error = errorOf(() => parseSuppression(JSON.stringify({ ...valid, [field]: value })));
      assert.deepEqual(
        error.fields.map((problem) => problem.field),
        [field],
      );
    });
  }

  test('is refused for an address that is none', () => {
    const error = errorOf(() => parseSuppression(JSON.stringify({ ...valid, kind: 'ip' })));
    assert.deepEqual(
      error.fields.map((problem) => problem.field),
      ['id'],
    );
  });
});

test('an identifier in a path is checked as one in a body', () => {
  assert.equal(parseIdentifier('transactionId', 'txn-1'), 'txn-1');
  for (const [text, code] of [
    ['', 'REQUEST_INVALID'],
    ['a\u0000', 'REQUEST_INVALID'],
    ['4111-1111-1111-1111', 'REQUEST_CARD_DATA'],
  ] as const) {
    const error = errorOf(() => parseIdentifier('transactionId', text));
    assert.equal(error.code, code);
    assert.equal(error.fields[0]?.field, 'transactionId');
    assert.ok(!error.message.includes('4111'));
  }
});
