import { z } from 'zod';
import { CASE_ACTIONS } from '../domain/case-facts.ts';
import type { Assessment } from '../domain/decision.ts';
import { ACTOR_KINDS, ENTITY_KINDS } from '../domain/entities.ts';
import {
  AVS_RESULTS,
  CHANNELS,
  CVV_RESULTS,
  type EntitySideEvent,
  LABELS,
  LOGIN_STATUSES,
  SIGNAL_TYPES,
  STATUS_COMMANDS,
  type TableRow,
  THREE_D_SECURE_RESULTS,
  TRANSACTION_TYPES,
  type Transaction,
} from '../domain/events.ts';
import { LIST_KINDS, LIST_NAMES } from '../domain/lists.ts';
import type { Fact, FactType } from '../domain/records.ts';
import { LATE_POLICIES } from '../domain/views.ts';
import { mayBeAbsent } from './absent.ts';
import { draftChangedSchema, publicationOriginSchema } from './draft-schemas.ts';
import { toCanonicalIp } from './fields.ts';
import { assessmentShape, decisionSchema } from './response-schemas.ts';
import { sagaAdvancedSchema } from './saga-schema.ts';
import { VIEW_RECORD_SCHEMAS } from './view-record-schemas.ts';

/*
 * What the current form of each record has to look like. These schemas check form only, never meaning: a record that
 * was accepted once stays readable when the edge learns to refuse more (a country that ceases to be, a new limit).
 */
const text = z.string();
const optionalText = mayBeAbsent(text);
const optionalIp = mayBeAbsent(text.overwrite(toCanonicalIp));
const location = mayBeAbsent(z.strictObject({ latitude: z.number(), longitude: z.number() }));

const transaction: z.ZodType<Transaction> = z.strictObject({
  transactionId: text,
  type: z.enum(TRANSACTION_TYPES),
  occurredAt: text,
  cardId: text,
  accountId: text,
  deviceId: optionalText,
  merchantId: optionalText,
  ip: optionalIp,
  amountMinor: z.int(),
  currency: text,
  channel: z.enum(CHANNELS),
  country: optionalText,
  mcc: optionalText,
  location,
  bin: optionalText,
  binCountry: optionalText,
  ipCountry: optionalText,
  billingCountry: optionalText,
  shippingCountry: optionalText,
  payeeId: optionalText,
  avsResult: mayBeAbsent(z.enum(AVS_RESULTS)),
  cvvResult: mayBeAbsent(z.enum(CVV_RESULTS)),
  threeDSecureResult: mayBeAbsent(z.enum(THREE_D_SECURE_RESULTS)),
  producer: optionalText,
});

const eventShape = { eventId: text, occurredAt: text, producer: optionalText };
const sideEvent: z.ZodType<EntitySideEvent> = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('login'),
    ...eventShape,
    accountId: text,
    deviceId: optionalText,
    ip: optionalIp,
    ipCountry: optionalText,
    location,
    status: z.enum(LOGIN_STATUSES),
  }),
  z.strictObject({
    type: z.literal('signal'),
    ...eventShape,
    deviceId: optionalText,
    accountId: optionalText,
    signal: z.enum(SIGNAL_TYPES),
    ip: optionalIp,
  }),
  z.strictObject({
    type: z.literal('reference'),
    ...eventShape,
    entity: z.enum(ENTITY_KINDS),
    entityId: text,
    attributes: mayBeAbsent(z.record(text, z.union([text, z.number(), z.boolean()]))),
    home: location,
    homeCountry: optionalText,
    status: mayBeAbsent(z.enum(STATUS_COMMANDS)),
  }),
  z.strictObject({
    type: z.literal('label'),
    ...eventShape,
    transactionId: text,
    label: z.enum(LABELS),
    cardId: text,
    accountId: optionalText,
    deviceId: optionalText,
    merchantId: optionalText,
  }),
]);

const tableRow: z.ZodType<TableRow> = z.strictObject({
  type: z.literal('table_row'),
  ...eventShape,
  table: text,
  key: text,
  columns: mayBeAbsent(z.record(text, z.union([text, z.number(), z.boolean()]))),
  removed: mayBeAbsent(z.literal(true)),
});

const assessment: z.ZodType<Assessment> = z.strictObject(assessmentShape);
/** One check over all: a schema per element costs more than the rest of the record. */
const features = z.custom<(number | null)[]>(
  (value) => Array.isArray(value) && value.every((element) => element === null || typeof element === 'number'),
);
const listKeyShape = { list: z.enum(LIST_NAMES), kind: z.enum(LIST_KINDS), value: text };

const values = z.record(text, z.number());
const lateArrival = mayBeAbsent(
  z.strictObject({
    policy: z.enum(LATE_POLICIES),
    watermark: text,
    corrections: z.array(
      z.strictObject({ kind: z.enum(ACTOR_KINDS), id: text, corrects: z.int(), before: values, after: values }),
    ),
  }),
);

const overtaken = mayBeAbsent(z.literal(true));

const decisionLength = z.int().positive();
const transactionDecided = z
  .strictObject({ decisionLength, features, late: lateArrival, overtaken, transaction, decision: decisionSchema })
  .transform(
    ({ late, overtaken: isOvertaken, ...record }): Fact => ({
      type: 'TransactionDecided',
      transaction: record.transaction,
      decision: record.decision,
      features: record.features.map((value) => value ?? Number.NaN),
      ...(late === undefined ? {} : { late }),
      ...(isOvertaken === undefined ? {} : { overtaken: isOvertaken }),
    }),
  );
const decisionSuperseded = z
  .strictObject({
    decisionLength,
    late: lateArrival,
    revisedBy: mayBeAbsent(
      z.strictObject({ corrects: z.int(), causePosition: z.int(), causeId: text, occurredAt: text }),
    ),
    transaction,
    superseded: decisionSchema,
    decision: decisionSchema,
  })
  .transform(({ decisionLength: _, ...members }): Fact => ({ type: 'DecisionSuperseded', ...members }));

/** Form of the current version of each record, without its `v`; the parsed value is the fact. */
export const RECORD_SCHEMAS: Readonly<Record<FactType, z.ZodType<Fact>>> = {
  TransactionDecided: transactionDecided,
  DecisionSuperseded: decisionSuperseded,
  ApprovalUnheard: z
    .strictObject({ transaction, recordedAt: text })
    .transform((members): Fact => ({ type: 'ApprovalUnheard', ...members })),
  SideEventRecorded: z
    .strictObject({
      late: lateArrival,
      overtaken,
      event: sideEvent,
      assessment: assessment.nullable(),
      rulesetVersion: text,
      recordedAt: text,
    })
    .transform((members): Fact => ({ type: 'SideEventRecorded', ...members })),
  TableRowRecorded: z
    .strictObject({ row: tableRow, recordedAt: text })
    .transform((members): Fact => ({ type: 'TableRowRecorded', ...members })),
  ListEntrySet: z
    .strictObject({
      entry: z.strictObject({ ...listKeyShape, expiresAtMs: z.number().nullable(), note: text }),
      recordedAt: text,
    })
    .transform((members): Fact => ({ type: 'ListEntrySet', ...members })),
  ListEntryRemoved: z
    .strictObject({ ...listKeyShape, recordedAt: text })
    .transform((members): Fact => ({ type: 'ListEntryRemoved', ...members })),
  SuppressionSet: z
    .strictObject({
      suppression: z.strictObject({
        ruleId: text,
        kind: text,
        id: text,
        untilMs: z.number(),
        note: text,
        by: optionalText,
      }),
      recordedAt: text,
    })
    .transform((members): Fact => ({ type: 'SuppressionSet', ...members })),
  SuppressionRemoved: z
    .strictObject({ ruleId: text, kind: text, id: text, by: optionalText, recordedAt: text })
    .transform((members): Fact => ({ type: 'SuppressionRemoved', ...members })),
  RulesetPublished: z
    .strictObject({ version: text, text, origin: mayBeAbsent(publicationOriginSchema), recordedAt: text })
    .transform((members): Fact => ({ type: 'RulesetPublished', ...members })),
  CaseChanged: z
    .strictObject({
      caseId: text,
      action: z.enum(CASE_ACTIONS),
      by: text,
      assignee: text.nullable(),
      until: text.nullable(),
      note: text,
      label: z.enum(LABELS).nullable(),
      recordedAt: text,
    })
    .transform((members): Fact => ({ type: 'CaseChanged', ...members })),
  DraftChanged: draftChangedSchema,
  SagaAdvanced: sagaAdvancedSchema,
  ...VIEW_RECORD_SCHEMAS,
};
