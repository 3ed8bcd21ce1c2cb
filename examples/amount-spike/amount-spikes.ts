import { RandomSource } from '../../src/simulator/random-source.ts';
import { arrivalOrder } from '../kit/arrival-order.ts';
import { campaignOf, HONEST, type LabelledEvent } from '../kit/labelled-event.ts';
import { closingPayment, PaymentWriter } from '../kit/payment-writer.ts';

const START_MS = Date.UTC(2026, 1, 10, 8);
const MINUTE_MS = 60_000;
const USERS = 30;
const SPIKES = 6;

/** Grace of the article: an event may come ten minutes late and still count. */
export const GRACE_MS = 10 * MINUTE_MS;

/** Users with amounts of their own, some of whom pay many times as much all at once; in the order of arrival. */
export function generateSpikes(seed: number): readonly LabelledEvent[] {
  const random = new RandomSource(seed, 'amount-spike');
  const writer = new PaymentWriter();
  for (let user = 0; user < USERS; user++) {
    const entity = { cardId: `card-${user}`, accountId: `user-${user}` };
    const usualMinor = random.integer(800, 6_000);
    // The first users are attacked, half of them after few payments.
    const payments = user >= SPIKES ? random.integer(2, 14) : user % 2 === 0 ? 8 : 3;
    const stepMs = Math.floor((45 * MINUTE_MS) / payments);
    let atMs = START_MS + random.integer(0, 90 * MINUTE_MS);
    for (let payment = 0; payment < payments; payment++) {
      const amountMinor = Math.round(usualMinor * random.between(0.7, 1.4));
      writer.add(atMs, { ...entity, amountMinor }, HONEST);
      atMs += random.integer(Math.floor(stepMs / 2), stepMs);
    }
    if (user >= SPIKES) continue;
    const amountMinor = usualMinor * random.integer(20, 30);
    const label = campaignOf(user % 2 === 0 ? 'spike-after-many' : 'spike-after-few', user + 1);
    writer.add(atMs + random.integer(0, 2 * MINUTE_MS), { ...entity, amountMinor }, label);
  }
  const arrivals = arrivalOrder(writer.events, { lateShare: 0.3, latenessMs: GRACE_MS, repeatShare: 0.1 }, random);
  return [...arrivals, closingPayment(START_MS + 360 * MINUTE_MS)];
}
