import { RandomSource } from '../../src/simulator/random-source.ts';
import { arrivalOrder } from '../kit/arrival-order.ts';
import { campaignOf, HONEST, type Label, type LabelledEvent } from '../kit/labelled-event.ts';
import { PaymentWriter } from '../kit/payment-writer.ts';

const START_MS = Date.UTC(2026, 1, 10, 6);
const MINUTE_MS = 60_000;
const USERS = 40;
const ATTACKS = 5;
export const SESSION_LATENESS_MS = 3 * MINUTE_MS;

/** Users who shop now and then, and stolen cards that are spent at store after store; in the order of arrival. */
export function generateSessions(seed: number): readonly LabelledEvent[] {
  const random = new RandomSource(seed, 'session-count');
  const writer = new PaymentWriter();
  const pay = (user: string, atMs: number, label: Label): void => {
    const amountMinor = random.integer(1_000, 20_000);
    writer.add(atMs, { cardId: `card-${user}`, accountId: user, amountMinor, channel: 'card_present' }, label);
  };
  for (let user = 0; user < USERS; user++) {
    let atMs = START_MS + random.integer(0, 60 * MINUTE_MS);
    const sessions = random.integer(1, 3);
    for (let session = 0; session < sessions; session++) {
      const payments = random.integer(1, 6);
      for (let payment = 0; payment < payments; payment++) {
        pay(`user-${user}`, atMs, HONEST);
        atMs += random.integer(MINUTE_MS, 14 * MINUTE_MS);
      }
      atMs += random.integer(16 * MINUTE_MS, 90 * MINUTE_MS);
    }
  }
  // Eight payments, a break of a little more than the gap, and eight more: two sessions, neither of them busy.
  for (let payment = 0; payment < 16; payment++) {
    const breakMs = payment < 8 ? 0 : 13 * MINUTE_MS + 1;
    pay('user-break', START_MS + payment * 2 * MINUTE_MS + breakMs, HONEST);
  }
  for (let number = 1; number <= ATTACKS; number++) {
    const payments = random.integer(9, 15);
    let atMs = START_MS + random.integer(0, 120 * MINUTE_MS);
    for (let payment = 0; payment < payments; payment++) {
      pay(`user-spent-${number}`, atMs, campaignOf('busy-session', number));
      // The second attack has one pause of exactly the gap, which does not end the session.
      atMs += number === 2 && payment === 4 ? 15 * MINUTE_MS : random.integer(MINUTE_MS, 12 * MINUTE_MS);
    }
  }
  // Long after the others: with it the watermark passes the end of every session.
  pay('user-later', START_MS + 24 * 60 * MINUTE_MS, HONEST);
  return arrivalOrder(writer.events, { lateShare: 0.3, latenessMs: SESSION_LATENESS_MS, repeatShare: 0.1 }, random);
}
