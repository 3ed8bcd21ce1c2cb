import type { Transaction } from '../../src/domain/events.ts';
import { type Label, type LabelledEvent, timeText } from './labelled-event.ts';

/** What an example says of a payment; the rest is usual. */
export type PaymentParts = Pick<Transaction, 'cardId' | 'accountId' | 'amountMinor'> &
  Partial<Omit<Transaction, 'transactionId' | 'occurredAt'>>;

/** Collects payments, each with an id of its own. */
export class PaymentWriter {
  readonly events: LabelledEvent[] = [];

  add(atMs: number, parts: PaymentParts, label: Label): void {
    const transactionId = `payment-${this.events.length + 1}`;
    const occurredAt = timeText(atMs);
    const usual = { type: 'purchase', currency: 'EUR', channel: 'ecommerce' } as const;
    this.events.push({ event: { transactionId, occurredAt, ...usual, ...parts }, label });
  }
}
