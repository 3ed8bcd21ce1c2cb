import { RandomSource } from '../../src/simulator/random-source.ts';
import { arrivalOrder } from '../kit/arrival-order.ts';
import { campaignOf, HONEST, type LabelledEvent } from '../kit/labelled-event.ts';
import { closingPayment, PaymentWriter } from '../kit/payment-writer.ts';

const START_MS = Date.UTC(2026, 1, 10, 6);
const MINUTE_MS = 60_000;
const CARDS = 60;
const ATTACKS_OF_A_KIND = 4;

/** The case of the article: so many small payments in four countries within six hours, all with one card. */
export const SMALL_PAYMENTS = 23;
const COUNTRIES = ['DE', 'FR', 'PT', 'IT'] as const;
const SPAN_MS = 360 * MINUTE_MS - 1;

/** The 23 payments of one stolen card, in order of time: the first and the last a moment less than six hours apart. */
export function smallPayments(random: RandomSource, number: number, startMs: number): readonly LabelledEvent[] {
  const writer = new PaymentWriter();
  const cardId = `card-small-${number}`;
  const offsets = Array.from({ length: SMALL_PAYMENTS - 2 }, () => random.integer(1, SPAN_MS - 1));
  const times = [0, ...offsets.sort((left, right) => left - right), SPAN_MS];
  times.forEach((offsetMs, index) => {
    // Each country at least once, else as it comes.
    const country = COUNTRIES[index] ?? random.pick(COUNTRIES);
    const parts = { cardId, accountId: `acc-small-${number}`, country, amountMinor: random.integer(150, 5_000) };
    writer.add(startMs + offsetMs, parts, campaignOf('small-payments', number));
  });
  return writer.events;
}

/** Travellers, cards that race through countries in minutes, and the small payments; in the order of arrival. */
export function generateScattered(seed: number): readonly LabelledEvent[] {
  const random = new RandomSource(seed, 'scattered-countries');
  const writer = new PaymentWriter();
  const add = (cardId: string, atMs: number, country: string, amountMinor: number, label = HONEST): void =>
    writer.add(atMs, { cardId, accountId: `acc-${cardId}`, country, amountMinor }, label);
  for (let card = 0; card < CARDS; card++) {
    const home = random.pick(COUNTRIES);
    const away = random.chance(0.2) ? random.pick(COUNTRIES) : home;
    const payments = random.integer(2, 10);
    for (let payment = 0; payment < payments; payment++) {
      const country = payment * 2 < payments ? home : away;
      add(`card-${card}`, START_MS + random.integer(0, 360 * MINUTE_MS), country, random.integer(300, 15_000));
    }
  }
  // Three countries but four payments, then five payments in two countries: close, and honest.
  ['DE', 'FR', 'IT', 'DE'].forEach((country, index) => {
    add('card-four', START_MS + index * 30_000, country, 9_000);
  });
  ['DE', 'FR', 'DE', 'FR', 'DE'].forEach((country, index) => {
    add('card-two', START_MS + index * 30_000, country, 9_000);
  });
  for (let number = 1; number <= ATTACKS_OF_A_KIND; number++) {
    const startMs = START_MS + random.integer(0, 300 * MINUTE_MS);
    const payments = random.integer(5, 9);
    for (let payment = 0; payment < payments; payment++) {
      const country = COUNTRIES[payment % COUNTRIES.length] ?? 'DE';
      const label = campaignOf('race', number);
      add(`card-race-${number}`, startMs + payment * 28_000, country, random.integer(6_000, 20_000), label);
    }
    for (const { event, label } of smallPayments(random, number, startMs)) {
      if ('transactionId' in event && event.type !== 'label') {
        const { transactionId: _, occurredAt, ...parts } = event;
        writer.add(Date.parse(occurredAt), parts, label);
      }
    }
  }
  const arrivals = arrivalOrder(writer.events, { lateShare: 0.3, latenessMs: 60_000, repeatShare: 0.1 }, random);
  return [...arrivals, closingPayment(START_MS + 24 * 60 * MINUTE_MS)];
}
