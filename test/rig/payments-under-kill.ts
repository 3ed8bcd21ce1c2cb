import type { Transaction } from '../../src/domain/events.ts';

const START_MS = Date.UTC(2026, 0, 5, 8);
const CARDS = 40;
const MERCHANTS = 12;
const COUNTRIES = ['DE', 'AT', 'FR'];

/** A small stream of payments in which every entity is shared by many, so that a lost or doubled one shows. */
export function transactionOf(index: number): Transaction {
  const card = (index * 7919) % CARDS;
  const country = COUNTRIES[(index * 31) % 17 === 0 ? index % COUNTRIES.length : 0] ?? 'DE';
  return {
    transactionId: `rig-${index}`,
    type: 'purchase',
    occurredAt: new Date(START_MS + index * 700 - (index % 5) * 2_000).toISOString(),
    cardId: `card-${card}`,
    accountId: `account-${card >> 1}`,
    deviceId: `device-${(card + (index % 3)) % 20}`,
    merchantId: `merchant-${(index * 13) % MERCHANTS}`,
    ip: `10.1.0.${card % 16}`,
    amountMinor: 100 + ((index * 104_729) % 20_000),
    currency: 'EUR',
    channel: 'ecommerce',
    country,
    mcc: '5411',
  };
}
