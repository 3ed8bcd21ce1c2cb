import { RandomSource } from '../../src/simulator/random-source.ts';
import { arrivalOrder } from '../kit/arrival-order.ts';
import { campaignOf, HONEST, type Label, type LabelledEvent } from '../kit/labelled-event.ts';
import { PaymentWriter } from '../kit/payment-writer.ts';

const START_MS = Date.UTC(2026, 1, 10, 10);
const MINUTE_MS = 60_000;
const CARDS = 80;
const ATTACKS = 6;

type Sharing = {
  readonly cardId: string;
  readonly accounts: number;
  readonly addresses: number;
  readonly payments: number;
  readonly everyMs: number;
};

/** Payments with one card that go round a number of accounts and of addresses. */
function share(writer: PaymentWriter, random: RandomSource, atMs: number, sharing: Sharing, label: Label): void {
  const { cardId, accounts, addresses, payments, everyMs } = sharing;
  for (let payment = 0; payment < payments; payment++) {
    const parts = {
      cardId,
      accountId: `${cardId}-acc-${payment % accounts}`,
      ip: `198.51.100.${(payment % addresses) + 1}`,
      amountMinor: random.integer(900, 9_900),
    };
    writer.add(atMs + payment * everyMs, parts, label);
  }
}

/** Honest cards, some that come close, and cards used across five accounts; in the order of arrival. */
export function generateSharing(seed: number): readonly LabelledEvent[] {
  const random = new RandomSource(seed, 'shared-card');
  const writer = new PaymentWriter();
  const within = (minutes: number): number => START_MS + random.integer(0, minutes * MINUTE_MS);
  for (let card = 0; card < CARDS; card++) {
    const payments = random.integer(1, 5);
    for (let payment = 0; payment < payments; payment++) {
      const parts = { cardId: `card-${card}`, accountId: `acc-${card}`, ip: `192.0.2.${card + 1}` };
      writer.add(within(30), { ...parts, amountMinor: random.integer(500, 12_000) }, HONEST);
    }
  }
  const close = { cardId: 'card-family', accounts: 3, addresses: 2, payments: 9, everyMs: 5_000 };
  share(writer, random, within(20), close, HONEST);
  share(writer, random, within(20), { ...close, cardId: 'card-office', accounts: 6, addresses: 4 }, HONEST);
  // Five of each, but the fifth a full minute after the first.
  const slow = { cardId: 'card-slow', accounts: 5, addresses: 5, payments: 5, everyMs: 15_000 };
  share(writer, random, within(20), slow, HONEST);
  for (let number = 1; number <= ATTACKS; number++) {
    const sharing = {
      cardId: `card-stolen-${number}`,
      accounts: 5,
      addresses: 5,
      payments: random.integer(5, 8),
      everyMs: random.integer(3_000, 8_000),
    };
    share(writer, random, within(25), sharing, campaignOf('shared-card', number));
  }
  return arrivalOrder(writer.events, { lateShare: 0.3, latenessMs: 5_000, repeatShare: 0.1 }, random);
}
