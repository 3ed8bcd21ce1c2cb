import type { EventView } from '../domain/event-view.ts';
import type { DeviceSignal, Login, Transaction } from '../domain/events.ts';
import { currencyExponent } from '../domain/money.ts';
import { epochMsOf, hourOf, weekdayOf } from './instant.ts';

/** Major units of the base currency that one major unit of a currency is worth; undefined where no rate is known. */
export type RateOf = (currency: string) => number | undefined;

/**
 * Minor units of the base currency, rounded half up; NaN where there is no rate for the currency, so that no window and
 * no condition takes another currency's units for its own.
 */
function baseMinorOf(transaction: Transaction, rateOf: RateOf, baseExponent: number): number {
  const exponent = currencyExponent(transaction.currency);
  const rate = rateOf(transaction.currency);
  if (exponent === null || rate === undefined) return Number.NaN;
  const amountMinor = transaction.amountMinor * rate;
  return Math.round(exponent === baseExponent ? amountMinor : amountMinor * 10 ** (baseExponent - exponent));
}

/**
 * What conditions and windows see of a transaction. `rateOf` converts to the base currency of the ruleset, whose
 * minor unit has `baseExponent` decimal places; both amounts are NaN where it knows no rate. One hidden
 * class with the views of side events.
 */
export function viewOfTransaction(transaction: Transaction, rateOf: RateOf, baseExponent: number): EventView {
  const amountMinor = baseMinorOf(transaction, rateOf, baseExponent);
  const { occurredAt, location } = transaction;
  return {
    source: 'transaction',
    id: transaction.transactionId,
    type: transaction.type,
    occurredAtMs: epochMsOf(occurredAt),
    hour: hourOf(occurredAt),
    weekday: weekdayOf(occurredAt),
    amount: amountMinor / 10 ** baseExponent,
    amountMinor,
    currency: transaction.currency,
    channel: transaction.channel,
    country: transaction.country ?? '',
    mcc: transaction.mcc ?? '',
    bin: transaction.bin ?? '',
    binCountry: transaction.binCountry ?? '',
    ipCountry: transaction.ipCountry ?? '',
    billingCountry: transaction.billingCountry ?? '',
    shippingCountry: transaction.shippingCountry ?? '',
    cardId: transaction.cardId,
    accountId: transaction.accountId,
    deviceId: transaction.deviceId ?? '',
    merchantId: transaction.merchantId ?? '',
    payeeId: transaction.payeeId ?? '',
    ip: transaction.ip ?? '',
    avsResult: transaction.avsResult ?? '',
    cvvResult: transaction.cvvResult ?? '',
    threeDSecureResult: transaction.threeDSecureResult ?? '',
    status: '',
    latitude: location === undefined ? Number.NaN : location.latitude,
    longitude: location === undefined ? Number.NaN : location.longitude,
  };
}

/** What conditions and windows see of a login or a device signal. Amounts are NaN. */
export function viewOfSideEvent(event: Login | DeviceSignal): EventView {
  const isLogin = event.type === 'login';
  const location = isLogin ? event.location : undefined;
  return {
    source: event.type,
    id: event.eventId,
    type: isLogin ? 'login' : event.signal,
    occurredAtMs: epochMsOf(event.occurredAt),
    hour: hourOf(event.occurredAt),
    weekday: weekdayOf(event.occurredAt),
    amount: Number.NaN,
    amountMinor: Number.NaN,
    currency: '',
    channel: '',
    country: '',
    mcc: '',
    bin: '',
    binCountry: '',
    ipCountry: (isLogin ? event.ipCountry : undefined) ?? '',
    billingCountry: '',
    shippingCountry: '',
    cardId: '',
    accountId: event.accountId ?? '',
    deviceId: event.deviceId ?? '',
    merchantId: '',
    payeeId: '',
    ip: event.ip ?? '',
    avsResult: '',
    cvvResult: '',
    threeDSecureResult: '',
    status: isLogin ? event.status : '',
    latitude: location === undefined ? Number.NaN : location.latitude,
    longitude: location === undefined ? Number.NaN : location.longitude,
  };
}
