import { z } from 'zod';
import type { EvidenceValue } from '../domain/decision.ts';
import type { Metric } from '../domain/events.ts';
import type { Fact } from '../domain/records.ts';
import { mayBeAbsent } from './absent.ts';

const text = z.string();
const values: z.ZodType<Record<string, EvidenceValue>> = z.record(text, z.union([z.number(), text, z.boolean()]));
const place = z.strictObject({
  view: text,
  rowId: text,
  group: values,
  windowStart: text.nullable(),
  windowEnd: text.nullable(),
});
const metric: z.ZodType<Metric> = z.strictObject({
  type: z.literal('metric'),
  eventId: text,
  occurredAt: text,
  deviceId: text,
  metrics: z.record(text, z.number()),
  producer: mayBeAbsent(text),
});

/** Form of the records that views read and make; see `RECORD_SCHEMAS`. */
export const VIEW_RECORD_SCHEMAS = {
  MetricRecorded: z
    .strictObject({ metric, recordedAt: text })
    .transform((members): Fact => ({ type: 'MetricRecorded', ...members })),
  AlertRaised: z
    .strictObject({
      ruleId: text,
      state: z.enum(['active', 'shadow']),
      reason: text,
      score: z.number(),
      responses: z.array(text),
      place,
      row: values,
      causePosition: z.int(),
      occurredAt: text,
      rulesetVersion: text,
      recordedAt: text,
    })
    .transform((members): Fact => ({ type: 'AlertRaised', ...members })),
  ResultCorrected: z
    .strictObject({
      place,
      corrects: z.int().nullable(),
      before: values.nullable(),
      after: values.nullable(),
      causePosition: z.int(),
      causeId: text,
      recordedAt: text,
    })
    .transform((members): Fact => ({ type: 'ResultCorrected', ...members })),
  EventDiverted: z
    .strictObject({
      view: text,
      causePosition: z.int(),
      causeId: text,
      occurredAt: text,
      watermark: text,
      recordedAt: text,
    })
    .transform((members): Fact => ({ type: 'EventDiverted', ...members })),
} as const;
