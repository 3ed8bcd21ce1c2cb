import type { Transaction } from '../../src/domain/events.ts';
import { HONEST, type Label, type LabelledEvent, timeText } from './labelled-event.ts';

/** What an example says of a payment; the rest is usual. */
export type PaymentParts = Pick<Transaction, 'cardId' | 'accountId' | 'amountMinor'> &
  Partial<Omit<Transaction, 'transactionId' | 'occurredAt'>>;

/** Collects payments, each with an id of its own. */
export class PaymentWriter {
  readonly events: LabelledEvent[] = [];

  add(atMs: number, parts: PaymentParts, label: Label): void {
    this.events.push(paymentOf(`payment-${this.events.length + 1}`, atMs, parts, label));
  }
}

/** An honest payment long after all others: it closes their windows, and comes last. */
export function closingPayment(atMs: number): LabelledEvent {
  return paymentOf('payment-last', atMs, { cardId: 'card-last', accountId: 'user-last', amountMinor: 1_000 }, HONEST);
}

function paymentOf(transactionId: string, atMs: number, parts: PaymentParts, label: Label): LabelledEvent {
  const usual = { type: 'purchase', currency: 'EUR', channel: 'ecommerce' } as const;
  return { event: { transactionId, occurredAt: timeText(atMs), ...usual, ...parts }, label };
}
