import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseSideEvent, parseTransaction } from '../../src/codec/requests.ts';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { errorOf, instantText, NOW_MS, tellingOf, WHOLE } from './support.ts';

type Row = readonly [name: string, change: Record<string, unknown>, field: string, message: RegExp, code?: ErrorCode];

const NFD = 'cafe\u0301';
const TRANSACTION_ROWS: readonly Row[] = [
  ['a missing id', { transactionId: undefined }, 'transactionId', /required/],
  ['an empty id', { transactionId: '' }, 'transactionId', /empty/],
  ['an id of 129 characters', { cardId: 'x'.repeat(129) }, 'cardId', /at most 128/],
  ['a null', { deviceId: null }, 'deviceId', /must be a text, not null/],
  ['a number for a text', { accountId: 7 }, 'accountId', /must be a text, not a number/],
  ['a text for a number', { amountMinor: '1250' }, 'amountMinor', /must be a number, not a text/],
  ['a fraction of a minor unit', { amountMinor: 12.5 }, 'amountMinor', /integer/],
  ['a negative amount', { amountMinor: -1 }, 'amountMinor', /from 0/],
  ['an amount above the limit', { amountMinor: 1e13 + 1 }, 'amountMinor', /to 10000000000000/],
  ['an amount of 0 for a purchase', { amountMinor: 0 }, 'amountMinor', /more than 0/],
  ['a currency that is none', { currency: 'EUX' }, 'currency', /ISO 4217/],
  ['a currency in lower case', { currency: 'eur' }, 'currency', /ISO 4217/],
  ['a country that is none', { country: 'XX' }, 'country', /ISO 3166/],
  ['a country of three letters', { binCountry: 'DEU' }, 'binCountry', /ISO 3166/],
  ['a category of three digits', { mcc: '541' }, 'mcc', /4 digits/],
  ['a category of other digits', { mcc: '５４１１' }, 'mcc', /4 digits/],
  ['a bank number of 7 digits', { bin: '4000001' }, 'bin', /6 or 8/],
  ['a latitude beyond the pole', { location: { latitude: 90.1, longitude: 0 } }, 'location.latitude', /-90 to 90/],
  ['a longitude beyond 180', { location: { latitude: 0, longitude: -181 } }, 'location.longitude', /-180 to 180/],
  ['half a location', { location: { latitude: 0 } }, 'location.longitude', /required/],
  [
    'a location with more',
    { location: { latitude: 0, longitude: 0, altitude: 1 } },
    'location.altitude',
    /not a field/,
  ],
  ['a list for an object', { location: [1, 2] }, 'location', /must be an object, not an array/],
  ['an address with a port', { ip: '192.0.2.1:80' }, 'ip', /IPv4 or IPv6/],
  ['a type that is none', { type: 'gift' }, 'type', /one of purchase, /],
  ['a channel that is none', { channel: 'moto' }, 'channel', /one of card_present, /],
  ['an unknown result', { cvvResult: 'M' }, 'cvvResult', /one of match, /],
  ['an unknown field', { amount: 12.5 }, 'amount', /not a field/],
  ['a control character', { cardId: 'a\u0007b' }, 'cardId', /control/],
  ['a NUL', { cardId: 'a\u0000' }, 'cardId', /control/],
  ['an invisible character', { cardId: 'a\u200bb' }, 'cardId', /invisible/],
  ['a reversed direction', { cardId: 'a\u202eb' }, 'cardId', /invisible/],
  ['a lone surrogate', { cardId: 'a\ud800' }, 'cardId', /surrogate/],
  ['a text not in NFC', { merchantId: NFD }, 'merchantId', /NFC/],
  ['white space before', { payeeId: ' a' }, 'payeeId', /white space/],
  ['wide white space after', { payeeId: 'a\u3000' }, 'payeeId', /white space/],
  ['a time without offset', { occurredAt: '2026-03-01T12:00:00' }, 'occurredAt', /RFC 3339/],
  ['a leap second', { occurredAt: '2016-12-31T23:59:60Z' }, 'occurredAt', /leap second/],
  ['a time before 1970', { occurredAt: '1970-01-01T00:59:59+01:00' }, 'occurredAt', /1970/],
  ['a time ahead', { occurredAt: instantText(NOW_MS + 300_001, 60) }, 'occurredAt', /future/, 'REQUEST_TIME_IN_FUTURE'],
  ['a card number as id', { cardId: '4111111111111111' }, 'cardId', /card data/, 'REQUEST_CARD_DATA'],
  ['a card number in groups', { payeeId: '4111-1111 1111-1111' }, 'payeeId', /card data/, 'REQUEST_CARD_DATA'],
  ['a card number as address', { ip: '4111111111111111' }, 'ip', /card data/, 'REQUEST_CARD_DATA'],
  ['a card number as number', { foo: 4111111111111111 }, 'foo', /card data/, 'REQUEST_CARD_DATA'],
  [
    'a card number deep down',
    { location: { latitude: 0, longitude: 0, note: '378282246310005' } },
    'location.note',
    /card data/,
    'REQUEST_CARD_DATA',
  ],
  ['a card number as name', { 'x 4111111111111111': 1 }, '(card data)', /card data/, 'REQUEST_CARD_DATA'],
  ['a verification value', { cvv2: '123' }, 'cvv2', /card data/, 'REQUEST_CARD_DATA'],
  [
    'a PIN block deep down',
    { location: { latitude: 0, longitude: 0, pin_block: 'x' } },
    'location.pin_block',
    /card data/,
    'REQUEST_CARD_DATA',
  ],
];

const EVENT = { eventId: 'e1', occurredAt: '2026-03-01T12:00:00Z' };
const LOGIN = { ...EVENT, type: 'login', accountId: 'a', status: 'failed' };
const SIGNAL = { ...EVENT, type: 'signal', deviceId: 'd', signal: 'rooted' };
const REFERENCE = { ...EVENT, type: 'reference', entity: 'card', entityId: 'c' };
const LABEL = { ...EVENT, type: 'label', transactionId: 't', label: 'fraud', cardId: 'c' };
const attributes = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`a${index}`, index]));
const SIDE_EVENT_ROWS: readonly Row[] = [
  ['no type', { ...LOGIN, type: undefined }, 'type', /required/],
  ['a type that is none', { ...LOGIN, type: 'logout' }, 'type', /one of login, signal, reference, label/],
  ['a status that is none', { ...LOGIN, status: 'ok' }, 'status', /one of succeeded, failed/],
  ['a field of another type', { ...LOGIN, signal: 'rooted' }, 'signal', /not a field/],
  ['a signal without device', { ...SIGNAL, deviceId: undefined }, 'deviceId', /required/],
  ['a signal that is none', { ...SIGNAL, signal: 'jailbroken' }, 'signal', /one of seen, /],
  ['an entity that is none', { ...REFERENCE, entity: 'bank' }, 'entity', /one of card, /],
  ['an id that is no address', { ...REFERENCE, entity: 'ip' }, 'entityId', /IPv4 or IPv6/],
  ['33 attributes', { ...REFERENCE, attributes }, 'attributes', /at most 32/],
  ['a nested attribute', { ...REFERENCE, attributes: { a: {} } }, 'attributes.a', /a text, a number or a boolean/],
  ['a null attribute', { ...REFERENCE, attributes: { a: null } }, 'attributes.a', /a text, a number or a boolean/],
  ['an unsafe integer', { ...REFERENCE, attributes: { a: 2 ** 53 } }, 'attributes.a', /safe integer/],
  ['a long attribute', { ...REFERENCE, attributes: { a: 'x'.repeat(257) } }, 'attributes.a', /at most 256/],
  ['an empty name', { ...REFERENCE, attributes: { '': 1 } }, 'attributes.', /empty/],
  [
    'a card number in a note',
    { ...REFERENCE, attributes: { note: 'has 4111 1111 1111 1111 now' } },
    'attributes.note',
    /card data/,
    'REQUEST_CARD_DATA',
  ],
  [
    'a card number as number',
    { ...REFERENCE, attributes: { a: 4111111111111111 } },
    'attributes.a',
    /card data/,
    'REQUEST_CARD_DATA',
  ],
  ['a PIN', { ...REFERENCE, attributes: { pin: 1234 } }, 'attributes.pin', /card data/, 'REQUEST_CARD_DATA'],
  ['a label that is none', { ...LABEL, label: 'bad' }, 'label', /one of fraud, /],
  ['a label ahead', { ...LABEL, occurredAt: '2026-03-02T12:00:00Z' }, 'occurredAt', /future/, 'REQUEST_TIME_IN_FUTURE'],
];

function checkRow(parse: (text: string, nowMs: number) => unknown, base: object, row: Row): void {
  const [name, change, field, message, code = 'REQUEST_INVALID'] = row;
  test(`is refused for ${name}, which names ${field}`, () => {
    const error = errorOf(() => parse(JSON.stringify({ ...base, ...change }), NOW_MS));
    assert.equal(error.code, code);
    assert.deepEqual(
      error.fields.map((problem) => problem.field),
      [field],
    );
    assert.match(error.fields[0]?.message ?? '', message);
    assert.ok(error.message.includes(field), error.message);
    for (const digits of ['4111', '378282', '123456']) assert.ok(!tellingOf(error).includes(digits));
  });
}

describe('a transaction', () => {
  for (const row of TRANSACTION_ROWS) checkRow(parseTransaction, WHOLE, row);

  test('is accepted whole, at the least, and at the limits', () => {
    const { transactionId, type, occurredAt, cardId, accountId, amountMinor, currency, channel } = WHOLE;
    const least = { transactionId, type, occurredAt, cardId, accountId, amountMinor, currency, channel };
    const limits = {
      ...WHOLE,
      amountMinor: 1e13,
      cardId: '😀'.repeat(128),
      bin: '40000012',
      occurredAt: instantText(NOW_MS + 300_000, -720),
      location: { latitude: -90, longitude: 180 },
    };
    for (const accepted of [WHOLE, least, limits, { ...least, type: 'verification', amountMinor: 0 }]) {
      assert.deepEqual(parseTransaction(JSON.stringify(accepted), NOW_MS), accepted);
    }
  });

  test('is refused for all its problems at once', () => {
    const error = errorOf(() =>
      parseTransaction(
        '{"transactionId":"","type":"purchase","type":"refund","amountMinor":0,"currency":"X","cvv":"1","z":-0,' +
          '"occurredAt":"2027-01-01T00:00:00Z"}',
        NOW_MS,
      ),
    );
    assert.equal(error.code, 'REQUEST_CARD_DATA');
    assert.deepEqual(error.fields.map((problem) => problem.field).sort(), [
      'accountId',
      'amountMinor',
      'cardId',
      'channel',
      'currency',
      'cvv',
      'occurredAt',
      'transactionId',
      'type',
      'z',
    ]);
  });

  test('is refused as a whole where it is no object', () => {
    for (const text of ['null', '[]', '"x"', '1', 'true']) {
      const error = errorOf(() => parseTransaction(text, NOW_MS));
      assert.equal(error.code, 'REQUEST_INVALID');
      assert.deepEqual(
        error.fields.map((problem) => problem.field),
        [''],
      );
    }
  });

  test('gets the one spelling of its address', () => {
    const spelt = (ip: string) => parseTransaction(JSON.stringify({ ...WHOLE, ip }), NOW_MS).ip;
    assert.equal(spelt('2001:DB8:0:0:0:0:0:1'), '2001:db8::1');
    assert.equal(spelt('::ffff:192.0.2.17'), '192.0.2.17');
  });
});

describe('a side event', () => {
  for (const row of SIDE_EVENT_ROWS) checkRow(parseSideEvent, {}, row);

  test('is accepted in each of its types', () => {
    const place = { latitude: 1, longitude: -1 };
    for (const accepted of [
      LOGIN,
      { ...LOGIN, deviceId: 'd', ip: '192.0.2.1', ipCountry: 'DE', location: place },
      { ...SIGNAL, accountId: 'a', ip: '2001:db8::1' },
      {
        ...REFERENCE,
        attributes: { a: 'x', b: -1.5, c: false, d: '' },
        home: place,
        homeCountry: 'DE',
        status: 'freeze',
      },
      { ...LABEL, accountId: 'a', deviceId: 'd', merchantId: 'm' },
    ]) {
      assert.deepEqual(parseSideEvent(JSON.stringify(accepted), NOW_MS), accepted);
    }
    const ip = parseSideEvent(JSON.stringify({ ...REFERENCE, entity: 'ip', entityId: '2001:DB8::0:1' }), NOW_MS);
    assert.deepEqual(ip, { ...REFERENCE, entity: 'ip', entityId: '2001:db8::1' });
  });
});
