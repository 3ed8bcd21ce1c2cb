import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Transaction } from '../../src/domain/events.ts';
import { distanceKm } from '../../src/simulator/globe.ts';
import {
  CAMPAIGN_KINDS,
  type CampaignKind,
  isTransaction,
  type SimulatedEvent,
} from '../../src/simulator/simulation-event.ts';
import { optionsOf, runOf, transactionsOf } from './population.ts';

const HOUR_MS = 3_600_000;

function spanMs(payments: readonly Transaction[]): number {
  const times = payments.map(({ occurredAt }) => Date.parse(occurredAt));
  return Math.max(...times) - Math.min(...times);
}

function distinct(payments: readonly Transaction[], field: keyof Transaction): number {
  return new Set(payments.map((payment) => payment[field])).size;
}

describe('attack campaigns', () => {
  let run: readonly SimulatedEvent[] = [];

  before(() => {
    run = runOf({ cards: 600, days: 3 });
  });

  function eventsOf(kind: CampaignKind): readonly SimulatedEvent[] {
    return run.filter(({ label }) => label.campaign === kind);
  }

  function paymentsOf(kind: CampaignKind): readonly Transaction[] {
    return eventsOf(kind)
      .map(({ event }) => event)
      .filter(isTransaction);
  }

  test('are all there, labelled as fraud, and nothing else is', () => {
    for (const kind of CAMPAIGN_KINDS) assert.ok(paymentsOf(kind).length > 0, kind);
    for (const { label } of run) assert.equal(label.fraud, label.campaign !== null);
  });

  test('are there for every seed and as often as asked', () => {
    for (let seed = 0; seed < 10; seed++) {
      const kinds = new Set(runOf({ seed, cards: 80, days: 1 }).map(({ label }) => label.campaign));
      for (const kind of CAMPAIGN_KINDS) assert.ok(kinds.has(kind), `${kind} with seed ${seed}`);
    }
    const thrice = runOf({ attacks: ['scattered-payments'], campaignsPerKind: 3 });
    assert.equal(transactionsOf(thrice, true).length, 3 * 23);
  });

  test('do not start before their time', () => {
    const { attacksFromMs } = optionsOf({ days: 3 });
    for (const { label, timeMs } of run) assert.ok(!label.fraud || timeMs >= attacksFromMs);
  });

  test('are left out when they are not asked for', () => {
    const kinds = new Set(runOf({ attacks: ['bin-attack'] }).map(({ label }) => label.campaign));
    assert.deepEqual([...kinds].sort(), ['bin-attack', null].sort());
  });

  test('card testing: many cards, tiny amounts, one device, within half an hour', () => {
    const payments = paymentsOf('card-testing');
    assert.ok(payments.length >= 45 && distinct(payments, 'cardId') === payments.length);
    assert.equal(distinct(payments, 'deviceId'), 1);
    assert.ok(distinct(payments, 'ip') <= 2);
    assert.ok(payments.every(({ amountMinor }) => amountMinor <= 200));
    assert.ok(spanMs(payments) < HOUR_MS / 2);
  });

  test('account takeover: failed logins from several addresses, a success, a new password, then large payments', () => {
    const events = eventsOf('account-takeover').map(({ event }) => event);
    const order = events.map((event) =>
      event.type === 'login' ? event.status : event.type === 'signal' ? event.signal : event.type,
    );
    const success = order.indexOf('succeeded');
    assert.ok(success >= 6 && order.slice(0, success).every((step) => step === 'failed'));
    assert.ok(order.indexOf('password_changed') > success);
    assert.ok(order.indexOf('purchase') > order.indexOf('password_changed'));
    const failedFrom = events.flatMap((event) =>
      event.type === 'login' && event.status === 'failed' ? [event.ip] : [],
    );
    assert.ok(new Set(failedFrom).size >= 4);
    const payments = paymentsOf('account-takeover');
    assert.ok(payments.every(({ amountMinor }) => amountMinor >= 35_000) && payments.length >= 5);
    const owned = transactionsOf(run, false).map(({ deviceId }) => deviceId);
    assert.equal(owned.includes(payments[0]?.deviceId), false);
  });

  test('impossible travel: every use of the card is too far from the one before, for every seed', () => {
    for (let seed = 0; seed < 15; seed++) {
      const payments = transactionsOf(runOf({ seed, cards: 40, days: 1, attacks: ['impossible-travel'] }), true);
      assert.equal(distinct(payments, 'cardId'), 1);
      assert.ok(payments.length >= 4 && payments.every(({ channel }) => channel !== 'ecommerce'));
      for (const [index, payment] of payments.entries()) {
        const previous = payments[index - 1];
        assert.ok(payment.location !== undefined);
        if (previous?.location === undefined) continue;
        const km = distanceKm(previous.location, payment.location);
        assert.ok(km > 3000 && spanMs([previous, payment]) < HOUR_MS, `${km} km with seed ${seed}`);
      }
    }
  });

  test('device farm: one device, many accounts and cards', () => {
    const payments = paymentsOf('device-farm');
    assert.equal(distinct(payments, 'deviceId'), 1);
    assert.ok(distinct(payments, 'accountId') >= 18 && distinct(payments, 'cardId') >= 18);
    assert.ok(eventsOf('device-farm').some(({ event }) => event.type === 'signal'));
  });

  test('BIN attack: cards in sequence on one BIN at one merchant, nearly all with a wrong code', () => {
    const payments = paymentsOf('bin-attack');
    assert.ok(payments.length >= 120);
    assert.equal(distinct(payments, 'bin'), 1);
    assert.equal(distinct(payments, 'merchantId'), 1);
    const numbers = payments.map(({ cardId }) => Number(/\d{4}$/.exec(cardId)?.[0]));
    for (const [index, number] of numbers.entries()) assert.equal(number, (numbers[0] ?? 0) + index);
    assert.ok(payments.filter(({ cvvResult }) => cvvResult === 'mismatch').length > 0.75 * payments.length);
  });

  test('scattered payments: 23 small ones in 4 countries within 6 hours', () => {
    const payments = paymentsOf('scattered-payments');
    assert.equal(payments.length, 23);
    assert.equal(distinct(payments, 'cardId'), 1);
    assert.equal(distinct(payments, 'country'), 4);
    assert.ok(spanMs(payments) <= 6 * HOUR_MS);
    assert.ok(payments.every(({ amountMinor }) => amountMinor < 2000));
  });
});
