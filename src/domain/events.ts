import type { EntityKind } from './entities.ts';
import type { ColumnValue } from './tables.ts';

export const TRANSACTION_TYPES = ['purchase', 'withdrawal', 'transfer', 'refund', 'verification'] as const;
export const CHANNELS = ['card_present', 'contactless', 'ecommerce', 'mail_order', 'atm', 'transfer'] as const;
export const AVS_RESULTS = ['match', 'partial', 'mismatch', 'unavailable'] as const;
export const CVV_RESULTS = ['match', 'mismatch', 'not_provided', 'unavailable'] as const;
export const THREE_D_SECURE_RESULTS = [
  'authenticated',
  'attempted',
  'challenge_failed',
  'rejected',
  'unavailable',
  'not_used',
] as const;
export const LOGIN_STATUSES = ['succeeded', 'failed'] as const;
export const SIGNAL_TYPES = [
  'seen',
  'trusted',
  'rooted',
  'emulator',
  'malware',
  'remote_access',
  'tampered',
  'password_changed',
  'email_changed',
  'phone_changed',
  'payee_added',
  'challenge_passed',
  'challenge_failed',
  'challenge_abandoned',
  'challenge_passed_late',
] as const;
export const LABELS = ['fraud', 'legitimate', 'chargeback'] as const;
export const STATUS_COMMANDS = ['freeze', 'unfreeze', 'watch', 'clear', 'close'] as const;

export type Location = { readonly latitude: number; readonly longitude: number };

/** A request to authorize, as parsed at the edge. Optional parts are absent, never null. */
export type Transaction = {
  readonly transactionId: string;
  readonly type: (typeof TRANSACTION_TYPES)[number];
  /** RFC 3339 with offset; the offset gives the local hour. */
  readonly occurredAt: string;
  readonly cardId: string;
  readonly accountId: string;
  readonly deviceId?: string;
  readonly merchantId?: string;
  readonly ip?: string;
  readonly amountMinor: number;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  readonly channel: (typeof CHANNELS)[number];
  /** ISO 3166-1 alpha-2 of the place of the transaction. */
  readonly country?: string;
  /** ISO 18245 merchant category code, four digits. */
  readonly mcc?: string;
  readonly location?: Location;
  /** First six or eight digits of the card number, as issued by the tokenizer. */
  readonly bin?: string;
  readonly binCountry?: string;
  readonly ipCountry?: string;
  readonly billingCountry?: string;
  readonly shippingCountry?: string;
  readonly payeeId?: string;
  readonly avsResult?: (typeof AVS_RESULTS)[number];
  readonly cvvResult?: (typeof CVV_RESULTS)[number];
  readonly threeDSecureResult?: (typeof THREE_D_SECURE_RESULTS)[number];
  /** The system that made the event, not one that passes it on: watermarks are kept for each. */
  readonly producer?: string;
};

export type Login = {
  readonly type: 'login';
  readonly eventId: string;
  readonly occurredAt: string;
  readonly accountId: string;
  readonly deviceId?: string;
  readonly ip?: string;
  readonly ipCountry?: string;
  readonly location?: Location;
  readonly status: (typeof LOGIN_STATUSES)[number];
  readonly producer?: string;
};

/**
 * What a device, a challenge or a profile change tells: risk findings, trust, changed credentials, a new payee. About a
 * device, an account or both.
 */
export type DeviceSignal = {
  readonly type: 'signal';
  readonly eventId: string;
  readonly occurredAt: string;
  readonly deviceId?: string;
  readonly accountId?: string;
  readonly signal: (typeof SIGNAL_TYPES)[number];
  readonly ip?: string;
  readonly producer?: string;
};

/** Facts about an entity that its owner states: home, date of issue, limits; and, where given, a status command. */
export type ReferenceUpdate = {
  readonly type: 'reference';
  readonly eventId: string;
  readonly occurredAt: string;
  readonly entity: EntityKind;
  readonly entityId: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly home?: Location;
  readonly homeCountry?: string;
  readonly status?: (typeof STATUS_COMMANDS)[number];
  readonly producer?: string;
};

/** What became of a transaction, known later. */
export type Label = {
  readonly type: 'label';
  readonly eventId: string;
  readonly occurredAt: string;
  readonly transactionId: string;
  readonly label: (typeof LABELS)[number];
  readonly cardId: string;
  readonly accountId?: string;
  readonly deviceId?: string;
  readonly merchantId?: string;
  readonly producer?: string;
};

/**
 * A row of a table of reference data, as it is from an event time on: the whole row, which replaces the one before it,
 * or its removal. Exactly one of `columns` and `removed` is there.
 */
export type TableRow = {
  readonly type: 'table_row';
  readonly eventId: string;
  readonly occurredAt: string;
  readonly table: string;
  readonly key: string;
  readonly columns?: Readonly<Record<string, ColumnValue>>;
  readonly removed?: true;
  readonly producer?: string;
};

/** Numbers that a device measured. They wake no actor: views read them. */
export type Metric = {
  readonly type: 'metric';
  readonly eventId: string;
  readonly occurredAt: string;
  readonly deviceId: string;
  /** By name: letters, digits and `_`. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly producer?: string;
};

/** Side events that entities take in. */
export type EntitySideEvent = Login | DeviceSignal | ReferenceUpdate | Label;

/** Everything but a transaction: accepted and recorded, answered without a decision. */
export type SideEvent = EntitySideEvent | TableRow | Metric;

/** The streams of events that features and rules may read. */
export const EVENT_SOURCES = ['transaction', 'login', 'signal'] as const;
export type EventSource = (typeof EVENT_SOURCES)[number];
