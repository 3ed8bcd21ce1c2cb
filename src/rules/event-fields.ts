import type { EventView } from '../domain/event-view.ts';

/** How to read each number of an event; one closure a field keeps every read monomorphic. */
export const EVENT_NUMBERS: Readonly<Record<string, (event: EventView) => number>> = {
  occurredAtMs: (event) => event.occurredAtMs,
  hour: (event) => event.hour,
  weekday: (event) => event.weekday,
  amount: (event) => event.amount,
  amountMinor: (event) => event.amountMinor,
  latitude: (event) => event.latitude,
  longitude: (event) => event.longitude,
};

/** How to read each text of an event. */
export const EVENT_TEXTS: Readonly<Record<string, (event: EventView) => string>> = {
  source: (event) => event.source,
  id: (event) => event.id,
  type: (event) => event.type,
  currency: (event) => event.currency,
  channel: (event) => event.channel,
  country: (event) => event.country,
  mcc: (event) => event.mcc,
  bin: (event) => event.bin,
  binCountry: (event) => event.binCountry,
  ipCountry: (event) => event.ipCountry,
  billingCountry: (event) => event.billingCountry,
  shippingCountry: (event) => event.shippingCountry,
  cardId: (event) => event.cardId,
  accountId: (event) => event.accountId,
  deviceId: (event) => event.deviceId,
  merchantId: (event) => event.merchantId,
  payeeId: (event) => event.payeeId,
  ip: (event) => event.ip,
  avsResult: (event) => event.avsResult,
  cvvResult: (event) => event.cvvResult,
  threeDSecureResult: (event) => event.threeDSecureResult,
  status: (event) => event.status,
};
