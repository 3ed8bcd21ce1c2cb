import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { viewOfSideEvent, viewOfTransaction } from '../../src/codec/view-of-event.ts';
import { DISTINCT_FIELDS, NUMERIC_FIELDS } from '../../src/domain/event-view.ts';
import type { DeviceSignal, Login } from '../../src/domain/events.ts';
import { RUNS, transaction, WHOLE } from './support.ts';

const LOGIN: Login = {
  type: 'login',
  eventId: 'e',
  occurredAt: '2026-03-01T23:30:00-05:00',
  accountId: 'a',
  status: 'failed',
};
const SIGNAL: DeviceSignal = {
  type: 'signal',
  eventId: 'e',
  occurredAt: '2026-03-02T00:30:00+05:30',
  deviceId: 'd',
  signal: 'rooted',
};

const inEuros = (currency: string) => ({ EUR: 1, USD: 0.9, JPY: 0.006, KWD: 3 })[currency];

describe('the view of a transaction', () => {
  test('holds each member, the local hour and weekday, and no address of its own', () => {
    assert.deepEqual(viewOfTransaction(WHOLE, inEuros, 2), {
      source: 'transaction',
      id: 'txn-1',
      type: 'purchase',
      occurredAtMs: Date.UTC(2026, 2, 1, 12, 0, 0, 250),
      hour: 13,
      weekday: 7,
      amount: 12.5,
      amountMinor: 1250,
      currency: 'EUR',
      channel: 'ecommerce',
      country: 'DE',
      mcc: '5411',
      bin: '400000',
      binCountry: 'DE',
      ipCountry: 'DE',
      billingCountry: 'DE',
      shippingCountry: 'FR',
      cardId: 'card-tok-1',
      accountId: 'acc-1',
      deviceId: 'dev-1',
      merchantId: 'mer-1',
      payeeId: 'payee-1',
      ip: '192.0.2.17',
      avsResult: 'match',
      cvvResult: 'match',
      threeDSecureResult: 'authenticated',
      status: '',
      latitude: 52.52,
      longitude: 13.405,
    });
  });

  test('has no undefined and no other members, whatever is absent', () => {
    const names = Object.keys(viewOfTransaction(WHOLE, inEuros, 2));
    fc.assert(
      fc.property(transaction, (each) => {
        const view = viewOfTransaction(each, inEuros, 2);
        assert.deepEqual(Object.keys(view), names);
        assert.ok(Object.values(view).every((value) => typeof value === 'string' || typeof value === 'number'));
      }),
      RUNS,
    );
    assert.deepEqual(Object.keys(viewOfSideEvent(LOGIN)), names);
    assert.deepEqual(Object.keys(viewOfSideEvent(SIGNAL)), names);
    for (const field of [...DISTINCT_FIELDS, ...NUMERIC_FIELDS]) assert.ok(names.includes(field), field);
  });

  test('converts between minor units of different size, to whole minor units', () => {
    const view = (currency: string, amountMinor: number, baseExponent = 2) => {
      const { amount, amountMinor: base } = viewOfTransaction(
        { ...WHOLE, currency, amountMinor },
        inEuros,
        baseExponent,
      );
      return [amount, base];
    };
    assert.deepEqual(view('EUR', 1e13), [1e11, 1e13]);
    assert.deepEqual(view('USD', 1000), [9, 900]);
    assert.deepEqual(view('USD', 1), [0.01, 1]);
    assert.deepEqual(view('JPY', 1000), [6, 600]);
    assert.deepEqual(view('KWD', 1000), [3, 300]);
    assert.deepEqual(view('JPY', 1000, 0), [6, 6]);
    assert.deepEqual(view('EUR', 1250, 0), [13, 13]);
  });

  test('has no amount where there is no rate', () => {
    const view = viewOfTransaction({ ...WHOLE, currency: 'CHF' }, inEuros, 2);
    assert.ok(Number.isNaN(view.amount) && Number.isNaN(view.amountMinor));
  });
});

describe('the view of a side event', () => {
  test('tells a login', () => {
    const place = { latitude: 1, longitude: 2 };
    const view = viewOfSideEvent({ ...LOGIN, deviceId: 'd', ip: '192.0.2.1', ipCountry: 'FR', location: place });
    assert.equal(view.source, 'login');
    assert.equal(view.type, 'login');
    assert.equal(view.status, 'failed');
    assert.equal(view.occurredAtMs, Date.UTC(2026, 2, 2, 4, 30));
    assert.deepEqual([view.hour, view.weekday], [23, 7]);
    assert.deepEqual([view.accountId, view.deviceId, view.ip, view.ipCountry], ['a', 'd', '192.0.2.1', 'FR']);
    assert.deepEqual([view.latitude, view.longitude, view.amount], [1, 2, Number.NaN]);
  });

  test('tells a signal by its name', () => {
    const view = viewOfSideEvent(SIGNAL);
    assert.deepEqual(
      [view.source, view.type, view.status, view.deviceId, view.accountId],
      ['signal', 'rooted', '', 'd', ''],
    );
    assert.equal(view.occurredAtMs, Date.UTC(2026, 2, 1, 19, 0));
    assert.deepEqual([view.hour, view.weekday], [0, 1]);
    assert.ok(Number.isNaN(view.latitude));
  });
});
