import type { SideEvent, Transaction } from '../../src/domain/events.ts';
import { isoAt, labelOf, loginOf, referenceOf, signalOf, transactionOf } from '../support/event-builders.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

const CARDS = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8'];
const ACCOUNTS = ['a1', 'a2', 'a3', 'a4', 'a5'];
const DEVICES = ['d1', 'd2', 'd3', 'd4'];
const MERCHANTS = ['m1', 'm2', 'm3'];
const IPS = ['192.0.2.1', '192.0.2.2', '198.51.100.7'];
const COUNTRIES = ['DE', 'FR', 'US', 'JP'];
const PLACES = [
  { latitude: 52.52, longitude: 13.4 },
  { latitude: 48.86, longitude: 2.35 },
  { latitude: 40.71, longitude: -74.01 },
];

/** The entities that the simulation knows, by kind. */
export const POPULATION = { card: CARDS, account: ACCOUNTS, device: DEVICES, merchant: MERCHANTS, ip: IPS } as const;

/** A time around now: mostly now, often a little out of order, at times hours or days late. */
function randomTime(random: SeededRandom, nowMs: number): string {
  const late = random.weighted([
    [0, 5],
    [-60_000, 1],
    [20_000, 2],
    [3_700_000, 1],
    [90_000_000, 0.3],
  ]);
  return isoAt(nowMs - Math.floor(late * random.next()));
}

/** An authorization over a few entities, so that they collide. */
export function randomTransaction(random: SeededRandom, transactionId: string, nowMs: number): Transaction {
  return transactionOf(transactionId, {
    occurredAt: randomTime(random, nowMs),
    type: random.weighted([
      ['purchase', 8],
      ['withdrawal', 1],
      ['transfer', 1],
    ]),
    cardId: random.pick(CARDS),
    accountId: random.pick(ACCOUNTS),
    amountMinor: random.weighted([
      [random.integer(1, 5000), 6],
      [random.integer(5000, 120_000), 3],
      [2500, 2],
    ]),
    currency: random.weighted([
      ['EUR', 6],
      ['USD', 3],
      ['JPY', 1],
      ['GBP', 0.5],
    ]),
    channel: random.pick(['ecommerce', 'card_present', 'atm']),
    ...(random.chance(0.8) ? { deviceId: random.pick(DEVICES) } : {}),
    ...(random.chance(0.9) ? { merchantId: random.pick(MERCHANTS) } : {}),
    ...(random.chance(0.7) ? { ip: random.pick(IPS) } : {}),
    ...(random.chance(0.7) ? { country: random.pick(COUNTRIES) } : {}),
    ...(random.chance(0.6) ? { location: random.pick(PLACES) } : {}),
  });
}

/** The transaction with another body under its id; at times of another card, whose actor never saw the id. */
export function changedTransaction(random: SeededRandom, transaction: Transaction): Transaction {
  if (random.chance(0.5)) return { ...transaction, amountMinor: transaction.amountMinor + 1 };
  return { ...transaction, cardId: random.pick(CARDS), amountMinor: transaction.amountMinor + 2 };
}

/** The same JSON with its members in another order. */
export function respelled(transaction: Transaction): string {
  return JSON.stringify(Object.fromEntries(Object.entries(transaction).reverse()));
}

/** A login, signal, reference or label event. */
export function randomSideEvent(random: SeededRandom, eventId: string, nowMs: number): SideEvent {
  const occurredAt = randomTime(random, nowMs);
  const ip = random.chance(0.6) ? { ip: random.pick(IPS) } : {};
  switch (random.integer(0, 3)) {
    case 0: {
      const status = random.pick(['succeeded', 'failed'] as const);
      const device = random.chance(0.6) ? { deviceId: random.pick(DEVICES) } : {};
      return loginOf(eventId, { occurredAt, accountId: random.pick(ACCOUNTS), status, ...device, ...ip });
    }
    case 1: {
      const signal = random.pick(['seen', 'trusted', 'malware', 'rooted', 'email_changed'] as const);
      const account = random.chance(0.5) ? { accountId: random.pick(ACCOUNTS) } : {};
      return signalOf(eventId, { occurredAt, deviceId: random.pick(DEVICES), signal, ...account, ...ip });
    }
    case 2: {
      // Cards and freezes more often than the rest: no other status has a promise of its own (I6).
      const entity = random.pick(['card', 'card', 'account', 'device', 'merchant', 'ip'] as const);
      const status = random.pick(['freeze', 'freeze', 'unfreeze', 'clear', 'watch'] as const);
      return referenceOf(eventId, {
        occurredAt,
        entity,
        entityId: random.pick(POPULATION[entity]),
        ...(random.chance(0.7) ? { status } : {}),
        ...(random.chance(0.3) ? { home: random.pick(PLACES) } : {}),
        ...(random.chance(0.3) ? { homeCountry: random.pick(COUNTRIES) } : {}),
        ...(random.chance(0.3) ? { attributes: { tier: random.integer(1, 3), vip: random.chance(0.5) } } : {}),
      });
    }
    default:
      return labelOf(eventId, `t${random.integer(1, 50)}`, {
        occurredAt,
        label: random.pick(['fraud', 'legitimate', 'chargeback'] as const),
        cardId: random.pick(CARDS),
        ...(random.chance(0.5) ? { accountId: random.pick(ACCOUNTS), merchantId: random.pick(MERCHANTS) } : {}),
      });
  }
}
