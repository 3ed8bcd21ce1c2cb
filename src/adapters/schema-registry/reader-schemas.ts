import type { schema as avroSchema } from 'avsc';
import type { MessageKind } from '../../ports/message-decoder.ts';

/** A field of a reader schema. What may be absent is a union with null, and null by default. */
export type ReaderField = {
  readonly name: string;
  readonly type: avroSchema.AvroSchema;
  readonly doc?: string;
  readonly default?: null;
};

/** The schema that messages of a kind are read by, whatever they were written by. */
export type ReaderSchema = {
  readonly type: 'record';
  readonly name: string;
  readonly namespace: string;
  readonly doc: string;
  readonly fields: readonly ReaderField[];
};

const NAMESPACE = 'palisade';

/** A time is text as RFC 3339 has it, which keeps the offset, or else a count of milliseconds since 1970. */
const occurredAt: ReaderField = {
  name: 'occurredAt',
  type: ['string', { type: 'long', logicalType: 'timestamp-millis' }],
  doc: 'RFC 3339 with offset, or a timestamp',
};

function text(name: string): ReaderField {
  return { name, type: 'string' };
}

function optional(name: string): ReaderField {
  return { name, type: ['null', 'string'], default: null };
}

/** Where something happened; `recordName` is what the record is called. */
export function locationField(recordName: string): ReaderField {
  const fields = [
    { name: 'latitude', type: 'double' },
    { name: 'longitude', type: 'double' },
  ];
  return { name: 'location', type: ['null', { type: 'record', name: recordName, fields }], default: null };
}

const location = locationField('Location');

function recordOf(name: string, doc: string, fields: readonly ReaderField[]): ReaderSchema {
  return { type: 'record', name, namespace: NAMESPACE, doc, fields };
}

/** Avro schemas of the topics that events come from; docs/schemas holds the same, as files to register. */
export const READER_SCHEMAS: Readonly<Record<MessageKind, ReaderSchema>> = {
  transaction: recordOf('Transaction', 'A request to authorize', [
    text('transactionId'),
    text('type'),
    occurredAt,
    text('cardId'),
    text('accountId'),
    optional('deviceId'),
    optional('merchantId'),
    optional('ip'),
    { name: 'amountMinor', type: 'long', doc: 'Minor units of the currency' },
    text('currency'),
    text('channel'),
    optional('country'),
    optional('mcc'),
    location,
    optional('bin'),
    optional('binCountry'),
    optional('ipCountry'),
    optional('billingCountry'),
    optional('shippingCountry'),
    optional('payeeId'),
    optional('avsResult'),
    optional('cvvResult'),
    optional('threeDSecureResult'),
    optional('producer'),
  ]),
  login: recordOf('Login', 'A login, successful or not', [
    text('eventId'),
    occurredAt,
    text('accountId'),
    optional('deviceId'),
    optional('ip'),
    optional('ipCountry'),
    location,
    text('status'),
    optional('producer'),
  ]),
  signal: recordOf('Signal', 'What a device or a change of a profile tells', [
    text('eventId'),
    occurredAt,
    optional('deviceId'),
    optional('accountId'),
    text('signal'),
    optional('ip'),
    optional('producer'),
  ]),
  label: recordOf('Label', 'What became of a transaction', [
    text('eventId'),
    occurredAt,
    text('transactionId'),
    text('label'),
    text('cardId'),
    optional('accountId'),
    optional('deviceId'),
    optional('merchantId'),
    optional('producer'),
  ]),
};
