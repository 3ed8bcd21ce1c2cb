import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LabelledEvent } from '../../examples/kit/labelled-event.ts';
import { SMALL_PAYMENTS, smallPayments } from '../../examples/scattered-countries/payments-abroad.ts';
import { RandomSource } from '../../src/simulator/random-source.ts';
import { startInProcess } from './in-process.ts';
import {
  distinctCount,
  groupsOf,
  HOUR_MS,
  inTimeOrder,
  isoOf,
  MINUTE_MS,
  paymentsOf,
  SEEDS,
  slidingAt,
  startsHolding,
  startsOf,
  sumOf,
  type Timed,
  within,
} from './plain-definitions.ts';
import { assertExpected, assertFlawless, assertSameRows, exampleNamed, playExample } from './played.ts';

const EXAMPLE = exampleNamed('scattered-countries');
const PERMUTATIONS = 400;
const SMALL_MINOR = 5_000;

function countriesOf(payments: readonly Timed[]): number {
  return distinctCount(payments.map(({ event }) => event.country));
}

function isScattered(payments: readonly Timed[]): boolean {
  return countriesOf(payments) >= 3 && payments.length >= 5;
}

function smallOnes(payments: readonly Timed[]): readonly Timed[] {
  return payments.filter(({ event }) => event.amountMinor <= SMALL_MINOR);
}

function flaggedOnArrival(arrivals: readonly Timed[]): Record<string, readonly string[]> {
  const inMinutes: string[] = [];
  const inHours: string[] = [];
  arrivals.forEach(({ event, id }, index) => {
    const known = arrivals.slice(0, index + 1).filter((other) => other.event.cardId === event.cardId);
    const nowMs = Math.max(...known.map(({ atMs }) => atMs));
    const isInAny = startsHolding(nowMs, 5 * MINUTE_MS, MINUTE_MS).some((startMs) =>
      isScattered(within(known, startMs, 5 * MINUTE_MS)),
    );
    if (isInAny) inMinutes.push(id);
    const small = smallOnes(slidingAt(known, nowMs, 6 * HOUR_MS));
    if (event.amountMinor <= SMALL_MINOR && isScattered(small)) inHours.push(id);
  });
  return { COUNTRIES_IN_MINUTES: inMinutes, SMALL_PAYMENTS_IN_HOURS: inHours };
}

function scatteredRows(sorted: readonly Timed[], sizeMs: number, everyMs: number): readonly unknown[] {
  return [...groupsOf(sorted, ({ event }) => event.cardId)].flatMap(([cardId, own]) =>
    startsOf(own, sizeMs, everyMs).flatMap((startMs) => {
      const inside = within(own, startMs, sizeMs);
      if (!isScattered(inside)) return [];
      const window = { window_start: isoOf(startMs), window_end: isoOf(startMs + sizeMs) };
      const amount = sumOf(inside.map(({ event }) => event.amountMinor)) / 100;
      return [{ cardId, ...window, countries: countriesOf(inside), payments: inside.length, amount }];
    }),
  );
}

function shuffled<Item>(items: readonly Item[], random: RandomSource): readonly Item[] {
  return items
    .map((item) => ({ item, key: random.next() }))
    .sort((left, right) => left.key - right.key)
    .map(({ item }) => item);
}

describe('payments in many countries', () => {
  for (const seed of SEEDS) {
    test(`are flagged as the definition says, seed ${seed}`, async () => {
      const played = await playExample(EXAMPLE, seed);
      const arrivals = paymentsOf(played.events);
      assert.deepEqual(played.findings.flagged, flaggedOnArrival(arrivals));
      const sorted = inTimeOrder(arrivals);
      const { rows } = played.findings;
      assertSameRows(rows.scattered_cards, scatteredRows(sorted, 5 * MINUTE_MS, MINUTE_MS));
      assertSameRows(rows.small_payments, scatteredRows(smallOnes(sorted), 6 * HOUR_MS, HOUR_MS));
      assertFlawless(played, Object.keys(EXAMPLE.aims));
      if (seed === 1) await assertExpected(EXAMPLE, played);
    });
  }

  test('23 small ones in four countries are flagged from three countries and five payments on', async () => {
    const random = new RandomSource(7, 'permutations');
    const engine = await startInProcess(EXAMPLE.name);
    const firsts = new Set<number>();
    for (let number = 1; number <= PERMUTATIONS; number++) {
      const inOrder = smallPayments(random, number, Date.UTC(2026, 1, 11, 3));
      assert.equal(inOrder.length, SMALL_PAYMENTS);
      const arrived: LabelledEvent[] = [];
      for (const item of shuffled(inOrder, random)) {
        arrived.push(item);
        const { event } = item;
        if (!('transactionId' in event) || event.type === 'label') continue;
        const { codes } = await engine.send({ ...event, transactionId: `${number}-${event.transactionId}` });
        const isDue = isScattered(paymentsOf(arrived));
        assert.equal(codes.includes('SMALL_PAYMENTS_IN_HOURS'), isDue, `permutation ${number}, ${arrived.length}`);
        if (isDue && codes.length > 0) firsts.add(arrived.length);
      }
    }
    assert.ok(firsts.has(5) && firsts.has(6), 'some are flagged with the fifth payment, some later');
  });
});
