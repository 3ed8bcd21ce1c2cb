import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import avro, { type Schema } from 'avsc';
import {
  createPlainDecoder,
  createRegistryDecoder,
  READER_SCHEMAS,
  RegistryClient,
} from '../../src/adapters/schema-registry/mod.ts';
import { parseSideEvent, parseTransaction } from '../../src/codec/mod.ts';
import type { MessageDecoder, MessageKind } from '../../src/ports/message-decoder.ts';
import { RegistryServer } from '../support/schema-registry/registry-server.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

const AT = '2026-03-01T12:00:00.000Z';
const PAYMENT = {
  transactionId: 'txn-1',
  type: 'purchase',
  occurredAt: AT,
  cardId: 'card-1',
  accountId: 'acc-1',
  amountMinor: 1250,
  currency: 'EUR',
  channel: 'ecommerce',
};

/** A payment schema as a bank may have it: names of its own, enums, a timestamp, fields that nobody here knows. */
const BANK_PAYMENT: Schema = {
  type: 'record',
  name: 'CardPayment',
  namespace: 'com.bank.payments',
  fields: [
    { name: 'tenant', type: 'string' },
    { name: 'transactionId', type: 'string' },
    { name: 'type', type: { type: 'enum', name: 'Kind', symbols: ['purchase', 'refund'] } },
    { name: 'occurredAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'cardId', type: 'string' },
    { name: 'accountId', type: 'string' },
    { name: 'amountMinor', type: 'int' },
    { name: 'currency', type: 'string' },
    { name: 'channel', type: ['null', { type: 'enum', name: 'Channel', symbols: ['ecommerce', 'atm'] }] },
    {
      name: 'location',
      type: {
        type: 'record',
        name: 'Geo',
        fields: [
          { name: 'accuracy', type: 'float' },
          { name: 'latitude', type: 'float' },
          { name: 'longitude', type: 'float' },
        ],
      },
    },
    { name: 'tags', type: { type: 'map', values: 'string' } },
  ],
};

function framed(id: number, payload: Uint8Array): Uint8Array {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(id, 1);
  return Buffer.concat([header, payload]);
}

function written(id: number, schema: Schema, value: unknown): Uint8Array {
  return framed(id, avro.Type.forSchema(schema).toBuffer(value));
}

describe('messages with a schema', () => {
  let registry: RegistryServer;
  let clock: SimulatedClock;
  let decoder: MessageDecoder;

  beforeEach(async () => {
    registry = await RegistryServer.start();
    clock = new SimulatedClock();
    decoder = decoderOf(60_000);
  });
  afterEach(() => registry.stop());

  const decoderOf = (timeoutMs: number): MessageDecoder =>
    createRegistryDecoder(new RegistryClient({ url: registry.url, timeoutMs, pauseMs: 1 }), clock);
  const decode = async (kind: MessageKind, value: Uint8Array): Promise<string> => await decoder.decode(kind, value);

  test('of our own are read for every kind, and the codec takes them', async () => {
    const events: Readonly<Record<MessageKind, Record<string, unknown>>> = {
      transaction: PAYMENT,
      login: {
        eventId: 'l',
        occurredAt: AT,
        accountId: 'a',
        status: 'failed',
        location: { latitude: 1, longitude: 2 },
      },
      signal: { eventId: 's', occurredAt: AT, deviceId: 'd', signal: 'rooted', ip: '192.0.2.1' },
      label: { eventId: 'b', occurredAt: AT, transactionId: 't', label: 'fraud', cardId: 'c' },
    };
    for (const kind of ['transaction', 'login', 'signal', 'label'] as const) {
      const schema = READER_SCHEMAS[kind];
      const absent = Object.fromEntries(schema.fields.map(({ name }) => [name, null]));
      const id = registry.register(`palisade.${kind}s-value`, schema);
      const type = avro.Type.forSchema(JSON.parse(JSON.stringify(schema)));
      const text = await decode(kind, framed(id, type.toBuffer({ ...absent, ...events[kind] })));
      const now = Date.parse(AT);
      const { type: _, ...members } = kind === 'transaction' ? { ...PAYMENT } : { type: kind, ...events[kind] };
      const read = kind === 'transaction' ? parseTransaction(text, now) : parseSideEvent(text, now);
      assert.deepEqual({ ...read }, { ...members, type: kind === 'transaction' ? 'purchase' : kind });
    }
  });

  test('of another company are read by the names of their fields', async () => {
    const id = registry.register('payments', BANK_PAYMENT);
    const geo = { accuracy: 1, latitude: 48.5, longitude: 2.25 };
    const value = { ...PAYMENT, tenant: 'x', occurredAt: Date.parse(AT), location: geo, tags: { a: 'b' } };
    const text = await decode('transaction', written(id, BANK_PAYMENT, value));
    const expected = { ...PAYMENT, location: { latitude: 48.5, longitude: 2.25 } };
    assert.deepEqual(JSON.parse(text), expected);
    parseTransaction(text, Date.parse(AT));
  });

  test('evolve: fields come, fields go, numbers widen, and one event stays one text', async () => {
    const fields = Object.entries(PAYMENT).map(([name, value]) => ({
      name,
      type: typeof value === 'number' ? 'int' : 'string',
    }));
    const first: Schema = { type: 'record', name: 'Payment', fields };
    const second: Schema = {
      type: 'record',
      name: 'Payment',
      fields: [
        { name: 'extra', type: ['null', 'string'], default: null },
        ...fields.map(({ name, type }) => ({ name, type: type === 'int' ? 'long' : type })).toReversed(),
        { name: 'deviceId', type: ['null', 'string'], default: null },
      ],
    };
    const before = await decode('transaction', written(registry.register('p', first), first, PAYMENT));
    const after = { ...PAYMENT, extra: 'e', deviceId: null };
    assert.equal(await decode('transaction', written(registry.register('p', second), second, after)), before);
    assert.deepEqual(JSON.parse(before), PAYMENT);
  });

  test('may tell time in microseconds', async () => {
    const schema: Schema = {
      type: 'record',
      name: 'Signal',
      fields: [
        { name: 'eventId', type: 'string' },
        { name: 'occurredAt', type: { type: 'long', logicalType: 'timestamp-micros' } },
        { name: 'deviceId', type: 'string' },
        { name: 'signal', type: 'string' },
      ],
    };
    const value = { eventId: 's', occurredAt: Date.parse(AT) * 1000 + 999, deviceId: 'd', signal: 'seen' };
    const text = await decode('signal', written(registry.register('s', schema), schema, value));
    assert.deepEqual(JSON.parse(text), { type: 'signal', ...value, occurredAt: AT });
  });

  test('may refer to other schemas', async () => {
    const place = {
      type: 'record',
      name: 'Place',
      namespace: 'com.bank',
      fields: [
        { name: 'latitude', type: 'double' },
        { name: 'longitude', type: 'double' },
      ],
    };
    registry.register('place', place);
    const fields = Object.entries(PAYMENT).map(([name, value]) => ({
      name,
      type: typeof value === 'number' ? 'long' : 'string',
    }));
    const text = JSON.stringify({
      type: 'record',
      name: 'P',
      fields: [...fields, { name: 'location', type: 'com.bank.Place' }],
    });
    const id = registry.register('payment', text, 'AVRO', [{ name: 'com.bank.Place', subject: 'place', version: 1 }]);
    const whole: Schema = JSON.parse(text.replace('"com.bank.Place"', JSON.stringify(place)));
    const location = { latitude: 1, longitude: 2 };
    const read = await decode('transaction', written(id, whole, { ...PAYMENT, location }));
    assert.deepEqual(JSON.parse(read), { ...PAYMENT, location });
  });

  test('with JSON Schema, and without any schema, are JSON text', async () => {
    const text = JSON.stringify(PAYMENT);
    const id = registry.register('json', { type: 'object' }, 'JSON');
    assert.equal(await decode('transaction', framed(id, Buffer.from(text))), text);
    assert.equal(await decode('transaction', Buffer.from(text)), text);
  });

  test('are read with one request, however many come at once', async () => {
    const id = registry.register('payments', BANK_PAYMENT);
    const location = { accuracy: 1, latitude: 1, longitude: 1 };
    const value = { ...PAYMENT, tenant: 'x', occurredAt: Date.parse(AT), location, tags: {} };
    const bytes = written(id, BANK_PAYMENT, value);
    await Promise.all(Array.from({ length: 50 }, () => decode('transaction', bytes)));
    assert.equal(typeof decoder.decode('transaction', bytes), 'string');
    assert.deepEqual(registry.requests, [`GET /schemas/ids/${id}`]);
  });

  const refused: readonly (readonly [string, (server: RegistryServer) => number, RegExp])[] = [
    ['is not registered', () => 99, /the registry has no schema 99/],
    ['is no Avro', (server) => server.register('x', '{"type":'), /its schema does not fit: schema 1/],
    ['is no record', (server) => server.register('x', '"string"'), /of type string, not a record/],
    ['is Protobuf', (server) => server.register('x', 'syntax = "proto3";', 'PROTOBUF'), /of another type: PROTOBUF/],
    [
      'lacks a field that has to be there',
      (server) => server.register('x', { type: 'record', name: 'X', fields: [{ name: 'cardId', type: 'string' }] }),
      /its schema does not fit: schema 1, .*transactionId/s,
    ],
    [
      'has a field of another type',
      (server) => server.register('x', { ...BANK_PAYMENT, fields: [{ name: 'amountMinor', type: 'bytes' }] }),
      /its schema does not fit/,
    ],
  ];
  for (const [what, register, message] of refused) {
    test(`are refused where the schema ${what}, and it is asked for again later`, async () => {
      const bytes = framed(register(registry), Buffer.from([1, 2, 3]));
      for (let times = 0; times < 3; times++) {
        await assert.rejects(decode('transaction', bytes), { code: 'SCHEMA_UNREADABLE', message });
      }
      assert.equal(registry.requests.length, 1);
      clock.advance(31_000);
      await assert.rejects(decode('transaction', bytes), { code: 'SCHEMA_UNREADABLE' });
      assert.equal(registry.requests.length, 2);
    });
  }

  test('are refused where their bytes do not fit the schema', async () => {
    const id = registry.register('payments', BANK_PAYMENT);
    for (const bytes of [Buffer.alloc(0), Buffer.from([200, 200, 200, 1]), Buffer.alloc(100)]) {
      await assert.rejects(decode('transaction', framed(id, bytes)), {
        code: 'REQUEST_MALFORMED',
        message: /bytes do not fit its schema: schema 1/,
      });
    }
  });

  test('wait for a registry that fails, and are read once it answers', async () => {
    const id = registry.register('json', { type: 'object' }, 'JSON');
    const bytes = framed(id, Buffer.from('{}'));
    registry.faults.push('hang', 'hang', 'hang');
    await assert.rejects(async () => decoderOf(200).decode('login', bytes), { code: 'REGISTRY_UNAVAILABLE' });
    // On a slow machine the time may be over before the registry has heard of an attempt.
    registry.faults.length = 0;
    for (const fault of ['cut', 500, 429] as const) {
      registry.faults.push(fault, fault, fault);
      await assert.rejects(decode('login', bytes), { code: 'REGISTRY_UNAVAILABLE' });
    }
    registry.faults.push(401);
    await assert.rejects(decode('login', bytes), { code: 'REGISTRY_UNAVAILABLE', message: /it answers 401/ });
    registry.faults.push('cut', 500);
    assert.equal(await decode('login', bytes), '{}');
  });

  test('are told apart from JSON where no registry is set', async () => {
    const plain = createPlainDecoder();
    assert.equal(plain.decode('login', Buffer.from('{}')), '{}');
    assert.throws(() => plain.decode('login', framed(7, Buffer.from('{}'))), {
      code: 'SCHEMA_UNREADABLE',
      message: /names schema 7, and no registry is set/,
    });
    assert.throws(() => plain.decode('login', Buffer.from([255])), { code: 'REQUEST_MALFORMED' });
  });
});

test('the schemas in the documentation are those that messages are read by', async () => {
  for (const [kind, schema] of Object.entries(READER_SCHEMAS)) {
    const shown = await readFile(new URL(`../../docs/schemas/${kind}.avsc`, import.meta.url), 'utf8');
    assert.deepEqual(JSON.parse(shown), schema);
  }
});

test('a registry is asked with the login of its address, which no message shows', async () => {
  const registry = await RegistryServer.start('reader:s3cret');
  registry.register('json', { type: 'object' }, 'JSON');
  const url = registry.url.replace('//', '//reader:s3cret@');
  assert.equal((await new RegistryClient({ url }).schema(1)).type, 'JSON');
  registry.faults.push(401);
  await assert.rejects(new RegistryClient({ url }).schema(1), ({ message }: Error) => !message.includes('s3cret'));
  await registry.stop();
  assert.throws(() => new RegistryClient({ url: 'registry:8081' }), { code: 'CONFIG_INVALID' });
});
