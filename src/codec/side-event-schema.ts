import { z } from 'zod';
import { ENTITY_KINDS } from '../domain/entities.ts';
import {
  type DeviceSignal,
  LABELS,
  type Label,
  LOGIN_STATUSES,
  type Login,
  type Metric,
  type ReferenceUpdate,
  SIGNAL_TYPES,
  type SideEvent,
  STATUS_COMMANDS,
  type TableRow,
} from '../domain/events.ts';
import { ATTRIBUTES_MAX, METRICS_MAX, TABLE_COLUMNS_MAX } from '../domain/limits.ts';
import { mayBeAbsent } from './absent.ts';
import {
  attributesField,
  countryField,
  eventTimeField,
  identifierField,
  ipField,
  ipProblem,
  locationField,
  metricName,
  metricValueField,
  producerField,
  toCanonicalIp,
} from './fields.ts';

const eventId = identifierField('Id of the event and key of idempotency', 'evt-1');
const occurredAt = eventTimeField('When it happened, RFC 3339 with offset');
const deviceId = identifierField('Device that it came from', 'dev-1');
const producer = mayBeAbsent(producerField());

const login = z
  .strictObject({
    type: z.literal('login'),
    eventId,
    occurredAt,
    accountId: identifierField('Account that was logged in to', 'acc-1'),
    deviceId: mayBeAbsent(deviceId),
    ip: mayBeAbsent(ipField('Address that it came from')),
    ipCountry: mayBeAbsent(countryField('Country of the address')),
    location: mayBeAbsent(locationField('Where it happened')),
    status: z.enum(LOGIN_STATUSES),
    producer,
  })
  .meta({ title: 'Login', description: 'A login, successful or not' });

const signal = z
  .strictObject({
    type: z.literal('signal'),
    eventId,
    occurredAt,
    deviceId: mayBeAbsent(deviceId),
    accountId: mayBeAbsent(identifierField('Account that it is about', 'acc-1')),
    signal: z.enum(SIGNAL_TYPES),
    ip: mayBeAbsent(ipField('Address that it came from')),
    producer,
  })
  .check((payload) => {
    const { deviceId: device, accountId: account } = payload.value;
    if (device !== undefined || account !== undefined) return;
    payload.issues.push({
      code: 'custom',
      message: 'must be there unless accountId is',
      path: ['deviceId'],
      input: '',
    });
  })
  .meta({ title: 'DeviceSignal', description: 'What a device, a challenge or a profile change tells' });

const reference = z
  .strictObject({
    type: z.literal('reference'),
    eventId,
    occurredAt,
    entity: z.enum(ENTITY_KINDS),
    entityId: identifierField('Id of the entity', 'card-tok-1'),
    attributes: mayBeAbsent(attributesField('Stated facts by name')),
    home: mayBeAbsent(locationField('Where the owner lives')),
    homeCountry: mayBeAbsent(countryField('Country where the owner lives')),
    status: mayBeAbsent(z.enum(STATUS_COMMANDS).meta({ description: 'Status to give to the entity' })),
    producer,
  })
  .check((payload) => {
    const { entity, entityId, attributes } = payload.value;
    const message = entity === 'ip' ? ipProblem(entityId) : null;
    if (message !== null) payload.issues.push({ code: 'custom', message, path: ['entityId'], input: '' });
    if (entity === 'ip') payload.value = { ...payload.value, entityId: toCanonicalIp(entityId) };
    if (Object.keys(attributes ?? {}).length > ATTRIBUTES_MAX) {
      const tooMany = `must have at most ${ATTRIBUTES_MAX} members`;
      payload.issues.push({ code: 'custom', message: tooMany, path: ['attributes'], input: '' });
    }
  })
  .meta({ title: 'ReferenceUpdate', description: 'What the owner of an entity states about it' });

const label = z
  .strictObject({
    type: z.literal('label'),
    eventId,
    occurredAt,
    transactionId: identifierField('Transaction that it is about', 'txn-1'),
    label: z.enum(LABELS),
    cardId: identifierField('Token of the card', 'card-tok-1'),
    accountId: mayBeAbsent(identifierField('Account that was charged', 'acc-1')),
    deviceId: mayBeAbsent(deviceId),
    merchantId: mayBeAbsent(identifierField('Merchant that was paid', 'mer-1')),
    producer,
  })
  .meta({ title: 'Label', description: 'What became of a transaction' });

const tableRow = z
  .strictObject({
    type: z.literal('table_row'),
    eventId,
    occurredAt: eventTimeField('From when on the row is as it says, RFC 3339 with offset'),
    table: identifierField('Table of the ruleset', 'country_risk'),
    key: identifierField('What the row is looked up by', 'DE'),
    columns: mayBeAbsent(attributesField('The whole row: a value for each column that it has')),
    removed: mayBeAbsent(z.literal(true).meta({ description: 'In place of columns: the key has no row from then on' })),
    producer,
  })
  .check((payload) => {
    const { columns, removed } = payload.value;
    if ((columns === undefined) === (removed === undefined)) {
      const message = 'must be there unless removed is true, and then must not';
      payload.issues.push({ code: 'custom', message, path: ['columns'], input: '' });
    } else if (Object.keys(columns ?? {}).length > TABLE_COLUMNS_MAX) {
      const tooMany = `must have at most ${TABLE_COLUMNS_MAX} members`;
      payload.issues.push({ code: 'custom', message: tooMany, path: ['columns'], input: '' });
    }
  })
  .meta({ title: 'TableRow', description: 'A row of a table of reference data, or its removal' });

const metric = z
  .strictObject({
    type: z.literal('metric'),
    eventId,
    occurredAt,
    deviceId,
    metrics: z.record(metricName, metricValueField('What was measured')).meta({
      description: `Measurements by name: 1 to ${METRICS_MAX} of them, named by letters, digits and _`,
      examples: [{ latency_ms: 12.5, cpu_percent: 71 }],
    }),
    producer,
  })
  .check((payload) => {
    const names = Object.keys(payload.value.metrics);
    if (names.length > 0 && names.length <= METRICS_MAX) return;
    const message = `must have 1 to ${METRICS_MAX} members`;
    payload.issues.push({ code: 'custom', message, path: ['metrics'], input: '' });
  })
  .meta({ title: 'Metric', description: 'Numbers that a device measured; views read them' });

/** One schema per type of side event. Strict, as `transactionSchema` is. */
export const loginSchema: z.ZodType<Login> = login;
export const deviceSignalSchema: z.ZodType<DeviceSignal> = signal;
export const referenceUpdateSchema: z.ZodType<ReferenceUpdate> = reference;
export const labelSchema: z.ZodType<Label> = label;
export const metricSchema: z.ZodType<Metric> = metric;
export const tableRowSchema: z.ZodType<TableRow> = tableRow;

/** Any side event, told apart by `type`. */
export const sideEventSchema: z.ZodType<SideEvent> = z
  .discriminatedUnion('type', [login, signal, reference, label, tableRow, metric])
  .meta({ title: 'SideEvent', description: 'An event that is recorded and answered without a decision' });
