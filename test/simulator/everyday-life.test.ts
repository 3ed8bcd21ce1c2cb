import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { sideEventSchema } from '../../src/codec/side-event-schema.ts';
import { transactionSchema } from '../../src/codec/transaction-schema.ts';
import { isCardDataText } from '../../src/domain/card-data.ts';
import type { Location, Transaction } from '../../src/domain/events.ts';
import { isTransaction, type SimulatedEvent } from '../../src/simulator/simulation-event.ts';
import { runOf, transactionsOf } from './population.ts';

const CARDS = 500;
const DAYS = 14;

/** Distance on a sphere from the angle between two unit vectors: another formula than the simulator's. */
function kilometresBetween(from: Location, to: Location): number {
  const vector = ({ latitude, longitude }: Location): readonly [number, number, number] => {
    const [north, east] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
    return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
  };
  const [a, b] = [vector(from), vector(to)];
  const dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  return 6371 * Math.acos(Math.min(1, Math.max(-1, dot)));
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function shareOf<Item>(items: readonly Item[], matches: (item: Item) => boolean): number {
  return items.filter(matches).length / items.length;
}

function within(value: number, low: number, high: number, what: string): void {
  assert.ok(value >= low && value <= high, `${what} is ${value}, not from ${low} to ${high}`);
}

describe('honest life', () => {
  let run: readonly SimulatedEvent[] = [];
  let honest: readonly Transaction[] = [];

  before(() => {
    run = runOf({ cards: CARDS, days: DAYS });
    honest = transactionsOf(run, false);
  });

  test('has only events that the edge accepts, and no card number in them', () => {
    for (const { event } of run) {
      const schema = isTransaction(event) ? transactionSchema : sideEventSchema;
      const result = schema.safeParse(event);
      assert.ok(result.success, JSON.stringify([event, result.error?.issues]));
    }
    for (const { cardId } of honest) assert.equal(isCardDataText(cardId), false);
  });

  test('first states the home of every account and card', () => {
    const stated = run.findIndex(({ event }) => event.type !== 'reference');
    const facts = run.slice(0, stated).flatMap(({ event }) => (event.type === 'reference' ? [event] : []));
    const cards = new Set(facts.filter(({ entity }) => entity === 'card').map(({ entityId }) => entityId));
    const accounts = new Set(facts.filter(({ entity }) => entity === 'account').map(({ entityId }) => entityId));
    assert.equal(cards.size, CARDS);
    for (const { cardId, accountId } of honest) assert.ok(cards.has(cardId) && accounts.has(accountId));
    for (const { home, homeCountry } of facts) assert.ok(home !== undefined && homeCountry !== undefined);
  });

  test('uses a card one to two and a half times a day', () => {
    within(honest.length / CARDS / DAYS, 1, 2.5, 'payments a card and day');
    within(new Set(honest.map(({ cardId }) => cardId)).size / CARDS, 0.9, 1, 'cards in use');
  });

  test('has the amounts, channels and checks of a retail portfolio', () => {
    const purchases = honest.filter(({ type }) => type === 'purchase');
    const amounts = purchases.map(({ amountMinor }) => amountMinor / 100);
    within(medianOf(amounts), 12, 40, 'median amount');
    within(amounts.reduce((sum, amount) => sum + amount, 0) / amounts.length, 20, 70, 'mean amount');
    within(
      shareOf(honest, ({ channel }) => channel === 'ecommerce'),
      0.15,
      0.4,
      'share of web shops',
    );
    within(
      shareOf(honest, ({ channel }) => channel === 'contactless'),
      0.25,
      0.6,
      'share of contactless',
    );
    within(
      shareOf(honest, ({ type }) => type === 'refund'),
      0.0005,
      0.02,
      'share of refunds',
    );
    const online = purchases.filter(({ channel }) => channel === 'ecommerce');
    within(
      shareOf(online, ({ avsResult }) => avsResult === 'mismatch'),
      0.003,
      0.03,
      'AVS mismatches',
    );
    within(
      shareOf(online, ({ cvvResult }) => cvvResult === 'mismatch'),
      0.002,
      0.03,
      'CVV mismatches',
    );
  });

  test('sleeps at night by the clock of the place', () => {
    const hours = honest.map(({ occurredAt }) => Number(occurredAt.slice(11, 13)));
    within(
      shareOf(hours, (hour) => hour >= 1 && hour < 6),
      0.005,
      0.06,
      'share from 1 to 6',
    );
    within(
      shareOf(hours, (hour) => hour >= 11 && hour < 21),
      0.5,
      0.85,
      'share from 11 to 21',
    );
  });

  test('goes back to the same shops', () => {
    const visits = groupBy(
      honest.filter(({ mcc }) => mcc === '5411'),
      ({ cardId }) => cardId,
    );
    const regulars = [...visits.values()].filter((list) => list.length >= 6);
    assert.ok(regulars.length > 20);
    const favourite = regulars.map((list) => {
      const counts = [...groupBy(list, ({ merchantId }) => merchantId ?? '').values()].map(({ length }) => length);
      return Math.max(...counts) / list.length;
    });
    within(medianOf(favourite), 0.35, 1, 'share of the most visited grocery');
  });

  test('mistypes a password now and then, and mostly not', () => {
    const logins = run.flatMap(({ event, label }) => (event.type === 'login' && !label.fraud ? [event] : []));
    within(
      shareOf(logins, ({ status }) => status === 'failed'),
      0.03,
      0.15,
      'share of failed logins',
    );
  });

  test('never is at two tills faster than a plane could carry it, and does travel', () => {
    const located = honest.filter(({ location }) => location !== undefined);
    let fastest = 0;
    let abroad = 0;
    for (const list of groupBy(located, ({ accountId }) => accountId).values()) {
      abroad += new Set(list.map(({ country }) => country)).size > 1 ? 1 : 0;
      list.forEach((current, index) => {
        const previous = list[index - 1];
        if (previous?.location === undefined || current.location === undefined) return;
        const km = kilometresBetween(previous.location, current.location);
        // Times are cut to seconds, so a second of grace.
        const hours = (Date.parse(current.occurredAt) - Date.parse(previous.occurredAt) + 1000) / 3_600_000;
        fastest = Math.max(fastest, km / hours);
      });
    }
    within(fastest, 100, 800, 'top speed in km/h');
    within(abroad, 5, CARDS, 'people who paid abroad');
  });
});
