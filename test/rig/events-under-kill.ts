import type { Login, Transaction } from '../../src/domain/events.ts';

const START_MS = Date.UTC(2026, 0, 5, 8);
const CARDS = 40;
const MERCHANTS = 12;
const COUNTRIES = ['DE', 'AT', 'FR'];
/** Every so many events are logins. */
const LOGIN_EVERY = 6;
/** Logins are ahead of the payments of their time, so that windows of payments end at a login. */
const LOGIN_AHEAD_MS = 5 * 60_000;
/** Time between events, so long that most leave the shorter windows. */
const STEP_MS = 10_000;
const DISORDER_MS = 20_000;

/** The event of each place in a stream. */
export type EventOf = (index: number) => Transaction | Login;

/** A small stream of payments and logins in which every entity is shared by many, so that a lost one shows. */
export function eventOf(index: number): Transaction | Login {
  return eventAt(index, START_MS + index * STEP_MS - (index % 5) * DISORDER_MS);
}

/** The event of that stream at another time. */
export function eventAt(index: number, atMs: number): Transaction | Login {
  return index % LOGIN_EVERY === 0 ? loginAt(index, atMs) : transactionAt(index, atMs);
}

/** Where an event is sent. */
export function pathOf(event: Transaction | Login): string {
  return event.type === 'login' ? '/v1/events' : '/v1/authorizations';
}

function sharedBy(index: number) {
  const card = (index * 7919) % CARDS;
  return {
    card,
    accountId: `account-${card >> 1}`,
    deviceId: `device-${(card + (index % 3)) % 20}`,
    ip: `10.1.0.${card % 16}`,
  };
}

function loginAt(index: number, atMs: number): Login {
  const { accountId, deviceId, ip } = sharedBy(index);
  const occurredAt = new Date(atMs + LOGIN_AHEAD_MS).toISOString();
  const status = index % (4 * LOGIN_EVERY) === 0 ? 'failed' : 'succeeded';
  return { type: 'login', eventId: `rig-${index}`, occurredAt, accountId, deviceId, ip, status };
}

function transactionAt(index: number, atMs: number): Transaction {
  const { card, accountId, deviceId, ip } = sharedBy(index);
  return {
    transactionId: `rig-${index}`,
    type: 'purchase',
    occurredAt: new Date(atMs).toISOString(),
    cardId: `card-${card}`,
    accountId,
    deviceId,
    merchantId: `merchant-${(index * 13) % MERCHANTS}`,
    ip,
    amountMinor: 100 + ((index * 104_729) % 20_000),
    currency: 'EUR',
    channel: 'ecommerce',
    country: COUNTRIES[(index * 31) % 17 === 0 ? index % COUNTRIES.length : 0] ?? 'DE',
    mcc: '5411',
  };
}
