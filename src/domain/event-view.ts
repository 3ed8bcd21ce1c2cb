import type { EventSource } from './events.ts';

/**
 * What `event` is in a condition: one flat shape for every source, so that the hot path sees one hidden class.
 * An absent text is '' and an absent number NaN, so that a condition on a missing field is false, not an error.
 */
export type EventView = {
  readonly source: EventSource;
  readonly id: string;
  /** Transaction type, or the name of the signal, or 'login'. */
  readonly type: string;
  readonly occurredAtMs: number;
  /** Hour of day (0 to 23) and day of week (1 Monday to 7 Sunday) where it happened, by the offset of `occurredAt`. */
  readonly hour: number;
  readonly weekday: number;
  /** Major units of the ruleset's base currency. */
  readonly amount: number;
  /** Integer minor units of the base currency; what the windows add up. */
  readonly amountMinor: number;
  readonly currency: string;
  readonly channel: string;
  readonly country: string;
  readonly mcc: string;
  readonly bin: string;
  readonly binCountry: string;
  readonly ipCountry: string;
  readonly billingCountry: string;
  readonly shippingCountry: string;
  readonly cardId: string;
  readonly accountId: string;
  readonly deviceId: string;
  readonly merchantId: string;
  readonly payeeId: string;
  readonly ip: string;
  readonly avsResult: string;
  readonly cvvResult: string;
  readonly threeDSecureResult: string;
  /** Login status; '' for other sources. */
  readonly status: string;
  readonly latitude: number;
  readonly longitude: number;
};

/** Names of the text fields of an `EventView` that `distinct` may count. */
export const DISTINCT_FIELDS = [
  'type',
  'currency',
  'channel',
  'country',
  'mcc',
  'bin',
  'binCountry',
  'ipCountry',
  'cardId',
  'accountId',
  'deviceId',
  'merchantId',
  'payeeId',
  'ip',
] as const;
export type DistinctField = (typeof DISTINCT_FIELDS)[number];

/** Names of the number fields of an `EventView` that `sum`, `mean`, `max` and `stddev` may read. */
export const NUMERIC_FIELDS = ['amount'] as const;
export type NumericField = (typeof NUMERIC_FIELDS)[number];
