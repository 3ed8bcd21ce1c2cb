import {
  AVS_RESULTS,
  CHANNELS,
  CVV_RESULTS,
  THREE_D_SECURE_RESULTS,
  TRANSACTION_TYPES,
  type Transaction,
} from '../domain/events.ts';
import { amountProblem, binProblem, countryProblem, currencyProblem, eventTimeProblem, mccProblem } from './fields.ts';
import { canonicalIp } from './ip-address.ts';
import type { ParsedJson } from './json-guard.ts';
import { identifierProblem } from './text.ts';

/** Whether a value is as it has to be. */
export type Check = (value: unknown) => boolean;

function isText(value: unknown, problemOf: (text: string) => string | null): boolean {
  return typeof value === 'string' && problemOf(value) === null;
}

/** Whether a value is one of these texts. */
export function isOneOf(options: readonly string[]): Check {
  const known: ReadonlySet<unknown> = new Set(options);
  return (value) => known.has(value);
}

const isType = isOneOf(TRANSACTION_TYPES);
const isChannel = isOneOf(CHANNELS);
const isAvsResult = isOneOf(AVS_RESULTS);
const isCvvResult = isOneOf(CVV_RESULTS);
const isThreeDSecureResult = isOneOf(THREE_D_SECURE_RESULTS);
const isIdentifier: Check = (value) => isText(value, identifierProblem);
const isCountryCode: Check = (value) => isText(value, countryProblem);

function isWithin(value: unknown, limit: number): boolean {
  return typeof value === 'number' && value >= -limit && value <= limit && !Object.is(value, -0);
}

/** Counts the members that a transaction has, as long as each is right. */
class MemberCount {
  total = 0;
  areRight = true;

  needed(isRight: boolean): void {
    this.total += 1;
    this.areRight &&= isRight;
  }

  /** A member that may be absent. */
  optional(value: unknown, check: Check): void {
    if (value === undefined) return;
    this.total += 1;
    this.areRight &&= check(value);
  }
}

function countLocation(count: MemberCount, location: unknown): void {
  if (location === undefined) return;
  count.total += 3;
  const { latitude, longitude } = (location ?? {}) as Record<string, unknown>;
  count.areRight &&= isWithin(latitude, 90) && isWithin(longitude, 180);
}

function isAmount({ amountMinor, type }: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof amountMinor === 'number' &&
    amountProblem(amountMinor) === null &&
    !Object.is(amountMinor, -0) &&
    (amountMinor !== 0 || type === 'verification')
  );
}

const scratch = new MemberCount();

/**
 * The transaction that a parsed body is, where it is one as the schema has it, to the letter; null where anything is
 * amiss, or not in its one spelling, for the schema to tell what. A repeated or unknown member makes more members than
 * are counted here. A tenth of the schema's time, and no allocation: most bodies are right.
 */
export function plainTransactionOf({ value, memberCount }: ParsedJson): Transaction | null {
  if (typeof value !== 'object' || value === null) return null;
  const body = value as Readonly<Record<string, unknown>>;
  const count = scratch;
  count.total = 0;
  count.areRight = true;
  count.needed(isIdentifier(body.transactionId));
  count.needed(isType(body.type));
  count.needed(isText(body.occurredAt, eventTimeProblem));
  count.needed(isIdentifier(body.cardId));
  count.needed(isIdentifier(body.accountId));
  count.optional(body.deviceId, isIdentifier);
  count.optional(body.merchantId, isIdentifier);
  count.optional(body.ip, (ip) => typeof ip === 'string' && canonicalIp(ip) === ip);
  count.needed(isAmount(body));
  count.needed(isText(body.currency, currencyProblem));
  count.needed(isChannel(body.channel));
  count.optional(body.country, isCountryCode);
  count.optional(body.mcc, (mcc) => isText(mcc, mccProblem));
  countLocation(count, body.location);
  count.optional(body.bin, (bin) => isText(bin, binProblem));
  count.optional(body.binCountry, isCountryCode);
  count.optional(body.ipCountry, isCountryCode);
  count.optional(body.billingCountry, isCountryCode);
  count.optional(body.shippingCountry, isCountryCode);
  count.optional(body.payeeId, isIdentifier);
  count.optional(body.avsResult, isAvsResult);
  count.optional(body.cvvResult, isCvvResult);
  count.optional(body.threeDSecureResult, isThreeDSecureResult);
  count.optional(body.producer, isIdentifier);
  return count.areRight && count.total === memberCount ? (value as Transaction) : null;
}
