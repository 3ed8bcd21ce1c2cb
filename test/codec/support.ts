import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PalisadeError } from '../../src/domain/errors.ts';
import {
  AVS_RESULTS,
  CHANNELS,
  CVV_RESULTS,
  THREE_D_SECURE_RESULTS,
  TRANSACTION_TYPES,
  type Transaction,
} from '../../src/domain/events.ts';

/** The wall clock of these tests: 2026-03-01T12:00:00Z. */
export const NOW_MS = Date.UTC(2026, 2, 1, 12);

/** Runs fast-check properties with a seed, so that a failing run can be had again. */
export const RUNS = { numRuns: 300, seed: 20260301 };

/** The error that a call throws; fails where it throws none, or one that is not ours. */
export function errorOf(call: () => unknown): PalisadeError {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof PalisadeError, `not a PalisadeError: ${String(error)}`);
    return error;
  }
  return assert.fail('nothing was refused');
}

/** Everything that an error tells, as one text. */
export function tellingOf(error: PalisadeError): string {
  const cause = error.cause === undefined ? '' : String(error.cause);
  return [error.message, cause, JSON.stringify(error.fields), JSON.stringify(error.details)].join('\n');
}

/** Text of an instant with an offset, made without the code under test. */
export function instantText(ms: number, offsetMinutes: number): string {
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const size = Math.abs(offsetMinutes);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** An instant from 1970 to the clock of these tests, with an offset that some place on Earth has. */
export const occurredAt = fc
  .tuple(fc.integer({ min: 86_400_000, max: NOW_MS }), fc.integer({ min: -720, max: 840 }))
  .map(([ms, offsetMinutes]) => instantText(ms, offsetMinutes));

/** Identifiers: ASCII and other letters, few digits, nothing that the edge refuses. */
export const identifier = fc
  .string({ unit: fc.constantFrom(...'abcxyzABCXYZ-_.:@/ é漢😀'), minLength: 0, maxLength: 30 })
  .map((middle) => `i${middle}7`);

const country = fc.constantFrom('DE', 'FR', 'US', 'JP', 'ZW');
export const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => bytes.join('.'));
/** Degrees without -0, which the edge refuses. */
const degrees = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true }).map((value) => value + 0);
export const location = fc.record({ latitude: degrees(90), longitude: degrees(180) }, { noNullPrototype: true });

/** Transactions that the edge accepts: every member required or absent at will. */
export const transaction: fc.Arbitrary<Transaction> = fc.record(
  {
    transactionId: identifier,
    type: fc.constantFrom(...TRANSACTION_TYPES),
    occurredAt,
    cardId: identifier,
    accountId: identifier,
    deviceId: identifier,
    merchantId: identifier,
    ip: ipv4,
    amountMinor: fc.integer({ min: 1, max: 1e13 }),
    currency: fc.constantFrom('EUR', 'USD', 'JPY', 'KWD', 'CLF'),
    channel: fc.constantFrom(...CHANNELS),
    country,
    mcc: fc.constantFrom('5411', '0000', '7995'),
    location,
    bin: fc.constantFrom('400000', '40000012'),
    binCountry: country,
    ipCountry: country,
    billingCountry: country,
    shippingCountry: country,
    payeeId: identifier,
    avsResult: fc.constantFrom(...AVS_RESULTS),
    cvvResult: fc.constantFrom(...CVV_RESULTS),
    threeDSecureResult: fc.constantFrom(...THREE_D_SECURE_RESULTS),
    producer: identifier,
  },
  {
    requiredKeys: ['transactionId', 'type', 'occurredAt', 'cardId', 'accountId', 'amountMinor', 'currency', 'channel'],
    noNullPrototype: true,
  },
);

/** A transaction with every member, to start from. */
export const WHOLE: Transaction = {
  transactionId: 'txn-1',
  type: 'purchase',
  occurredAt: '2026-03-01T13:00:00.250+01:00',
  cardId: 'card-tok-1',
  accountId: 'acc-1',
  deviceId: 'dev-1',
  merchantId: 'mer-1',
  ip: '192.0.2.17',
  amountMinor: 1250,
  currency: 'EUR',
  channel: 'ecommerce',
  country: 'DE',
  mcc: '5411',
  location: { latitude: 52.52, longitude: 13.405 },
  bin: '400000',
  binCountry: 'DE',
  ipCountry: 'DE',
  billingCountry: 'DE',
  shippingCountry: 'FR',
  payeeId: 'payee-1',
  avsResult: 'match',
  cvvResult: 'match',
  threeDSecureResult: 'authenticated',
  producer: 'gateway-1',
};
