import { z } from 'zod';
import { MODES, OUTCOMES } from '../domain/decision.ts';
import { ACTOR_KINDS, ENTITY_KINDS } from '../domain/entities.ts';
import { LABELS } from '../domain/events.ts';
import {
  ALERT_SOURCES,
  type AlertRow,
  type CountryTraffic,
  type DecisionRow,
  type EntityLink,
  type EntityProfileRow,
  type LatencyPoint,
  type LinkNode,
  type RuleOverlap,
  type RuleStatistics,
  type TimelineEntry,
  type TrafficPoint,
} from '../ports/console.ts';
import type { ComparedFeature, Counterfactual, EntityHistory, ExplainedRule, PastActor } from '../ports/laboratory.ts';

const text = z.string();
const time = z.string().meta({ format: 'date-time' });
const count = z.int();
const texts = z.array(text);
const baseAmount = z.number().nullable().meta({ description: 'Major units of the base currency; null without a rate' });
const entities = {
  cardId: text.nullable(),
  accountId: text.nullable(),
  deviceId: text.nullable(),
  merchantId: text.nullable(),
  ip: text.nullable(),
};

/** A decision in a list. */
export const decisionRowSchema: z.ZodType<DecisionRow> = z.strictObject({
  position: count.meta({ description: 'Position of its record in the log' }),
  transactionId: text,
  outcome: z.enum(OUTCOMES),
  score: z.number(),
  mode: z.enum(MODES),
  occurredAt: time,
  decidedAt: time,
  type: text,
  channel: text,
  amountMinor: count,
  currency: text,
  amount: baseAmount,
  cardId: text,
  accountId: text,
  deviceId: text.nullable(),
  merchantId: text.nullable(),
  ip: text.nullable(),
  country: text.nullable(),
  mcc: text.nullable(),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  reasons: texts.meta({ description: 'Codes of the rules that acted' }),
  rules: texts.meta({ description: 'Ids of the rules that acted' }),
  shadowRules: texts.meta({ description: 'Ids of the rules that hit in the shadow' }),
  rulesetVersion: text,
  label: z.enum(LABELS).nullable(),
  superseded: z.boolean().meta({
    description:
      'True where another decision counts than first: the fallback policy had answered, or late data revised it',
  }),
});

/** An alert in a list. */
export const alertRowSchema: z.ZodType<AlertRow> = z.strictObject({
  position: count,
  source: z.enum(ALERT_SOURCES),
  subjectId: text.meta({ description: 'Id of the transaction, the event, or the row of the view' }),
  outcome: z.enum(OUTCOMES).nullable(),
  score: z.number(),
  reasons: texts,
  rules: texts,
  occurredAt: time,
  ...entities,
  amountMinor: count.nullable(),
  currency: text.nullable(),
  amount: baseAmount,
  view: text.nullable(),
});

/** One thing that happened to an entity. */
export const timelineEntrySchema: z.ZodType<TimelineEntry> = z.strictObject({
  position: count,
  type: text.meta({ description: 'decision, login, signal, label, reference, alert, list, suppression, saga' }),
  id: text,
  occurredAt: time,
  recordedAt: time,
  summary: text,
  values: z.record(text, z.union([text, z.number(), z.boolean(), z.null()])),
});

/** An entity over the whole log. */
export const entityProfileSchema: z.ZodType<EntityProfileRow> = z.strictObject({
  kind: z.enum(ENTITY_KINDS),
  id: text,
  firstSeenAt: time,
  lastSeenAt: time,
  decisions: count,
  approved: count,
  challenged: count,
  reviewed: count,
  declined: count,
  amount: z.number(),
  amountDeclined: z.number(),
  scoreMax: z.number(),
  logins: count,
  loginsFailed: count,
  signals: count,
  fraudLabels: count,
  legitimateLabels: count,
  lastCountry: text.nullable(),
});

/** An entity in a graph of links. */
export const linkNodeSchema: z.ZodType<LinkNode> = z.strictObject({
  kind: z.enum(ENTITY_KINDS),
  id: text,
  depth: count,
  fraudLabels: count,
  declined: count,
  decisions: count,
  degree: count.meta({ description: 'Entities that it is linked to, at most 2000 are counted' }),
});

const end = z.strictObject({ kind: z.enum(ENTITY_KINDS), id: text });

/** Two entities that were seen together. */
export const entityLinkSchema: z.ZodType<EntityLink> = z.strictObject({
  left: end,
  right: end,
  since: time,
  lastDay: text.meta({ format: 'date' }),
});

/** Decisions of one interval. */
export const trafficPointSchema: z.ZodType<TrafficPoint> = z.strictObject({
  at: time,
  decisions: count,
  approved: count,
  challenged: count,
  reviewed: count,
  declined: count,
  fallbacks: count,
  alerts: count,
  amount: z.number(),
  amountDeclined: z.number(),
});

/** Decisions of one country. */
export const countryTrafficSchema: z.ZodType<CountryTraffic> = z.strictObject({
  country: text,
  decisions: count,
  declined: count,
});

/** Answers of one second. */
export const latencyPointSchema: z.ZodType<LatencyPoint> = z.strictObject({
  at: time,
  answers: count,
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});

/** How a rule does under one version of the ruleset. */
export const ruleStatisticsSchema: z.ZodType<RuleStatistics> = z.strictObject({
  rulesetVersion: text,
  ruleId: text,
  hits: count,
  shadowHits: count,
  failures: count,
  amountStopped: z.number(),
  fraudLabels: count,
  legitimateLabels: count,
  precision: z.number().nullable(),
  shadowDisagreements: count,
  soleHits: count,
});

/** Decisions that two rules hit both. */
export const ruleOverlapSchema: z.ZodType<RuleOverlap> = z.strictObject({
  rulesetVersion: text,
  leftRule: text,
  rightRule: text,
  both: count,
});

const outcome = z.enum(OUTCOMES);
const scalar = z.union([z.number(), text, z.boolean()]);
const numberOrNull = z.number().nullable();
const explainedRule: z.ZodType<ExplainedRule> = z.strictObject({
  ruleId: text,
  state: z.enum(['active', 'shadow', 'off']),
  when: text,
  outcome: z.enum([...OUTCOMES, 'alert']),
  score: z.number(),
  reason: text,
  verdict: z.enum(['hit', 'miss', 'failed']),
  message: text,
  isSuppressed: z.boolean(),
  values: z.record(text, scalar).meta({ description: 'What the condition read' }),
});
const pastActor: z.ZodType<PastActor> = z.strictObject({
  kind: z.enum(ACTOR_KINDS),
  id: text,
  revision: count.meta({ description: 'Before the transaction; -1 where it was the first' }),
  status: text,
  homeCountry: text,
  fraudLabels: count,
  attributes: z.record(text, scalar),
  windows: z.record(text, z.number()).meta({ description: 'With the transaction taken in, as the rules saw them' }),
});
const counterfactual: z.ZodType<Counterfactual> = z.strictObject({
  change: z.enum(['amount', 'time', 'place']),
  summary: text,
  members: z.record(text, z.union([text, z.number(), z.null()])),
  outcome,
  score: z.number(),
  reasons: texts,
});
const comparedFeature: z.ZodType<ComparedFeature> = z.strictObject({
  feature: text,
  recorded: numberOrNull,
  rebuilt: numberOrNull,
});

/** Members of the explanation of a decision, but for the transaction and the decision. */
export const explanationSchema = z.strictObject({
  isReproduced: z.boolean(),
  difference: text,
  rebuilt: z.strictObject({ outcome, score: z.number(), reasons: texts }),
  rules: z.array(explainedRule),
  actors: z.array(pastActor),
  differingFeatures: z.array(comparedFeature),
  counterfactuals: z.array(counterfactual),
});

const historyCause = z.strictObject({ type: text, id: text, at: text.meta({ format: 'date-time' }), says: text });

/** How an entity came to be what it is. */
export const entityHistorySchema: z.ZodType<EntityHistory> = z
  .strictObject({
    features: texts,
    points: z
      .array(
        z.strictObject({
          revision: z.int(),
          position: z.int(),
          status: text,
          cause: historyCause,
          windows: z.record(text, z.number()),
        }),
      )
      .meta({ description: 'The entity after each of its newest records, oldest first' }),
    changes: z
      .array(z.strictObject({ revision: z.int(), from: text, to: text, cause: historyCause }))
      .meta({ description: 'The newest changes of its status, oldest first' }),
  })
  .meta({ title: 'EntityHistory' });
