import { z } from 'zod';
import type { BacktestGroup, BacktestResult, BacktestRule, FlippedDecision } from '../domain/backtest-result.ts';
import { OUTCOMES } from '../domain/decision.ts';
import {
  DRAFT_ACTIONS,
  type DraftChanged,
  PUBLICATION_SOURCES,
  type PublicationOrigin,
} from '../domain/draft-facts.ts';

const text = z.string();
const count = z.int();
const outcome = z.enum(OUTCOMES);

const group: z.ZodType<BacktestGroup> = z
  .strictObject({
    decisions: count,
    flipped: count.meta({ description: 'Decisions with another outcome than was answered' }),
    stricter: count,
    milder: count,
    fraudStopped: count,
    amountSaved: z.number().meta({ description: 'Labelled as fraud, declined by the draft and not before' }),
    fraudMissed: count,
    amountLost: z.number().meta({ description: 'Labelled as fraud, declined before and not by the draft' }),
    goodHurt: count.meta({ description: 'Made stricter though labelled legitimate' }),
    unlabelledHurt: count,
  })
  .meta({ title: 'BacktestGroup', description: 'Decisions of one group, the draft against what was answered' });

const rule: z.ZodType<BacktestRule> = z.strictObject({
  ruleId: text,
  state: text,
  hits: count,
  shadowHits: count,
  soleHits: count,
  fraudHits: count,
  legitimateHits: count,
  fraudStopped: count,
  amountSaved: z.number(),
  goodHurt: count,
});

const flip: z.ZodType<FlippedDecision> = z.strictObject({
  transactionId: text,
  before: outcome,
  after: outcome,
  amount: z.number(),
  label: text.nullable(),
  rules: z.array(text),
});

const change = z.strictObject({ before: count, after: count });

/** What a draft made of a history, or of the traffic that it ran beside. */
export const backtestResultSchema: z.ZodType<BacktestResult> = z
  .strictObject({
    draftVersion: text,
    records: count,
    total: group,
    rules: z.array(rule),
    segments: z.record(text, group).meta({ description: 'By channel and by country' }),
    outcomes: z.strictObject({ approve: change, challenge: change, review: change, decline: change }),
    flips: z.array(flip).meta({ description: 'The first of them' }),
    hash: text.meta({ description: 'Equal for the same history and draft' }),
  })
  .meta({ title: 'BacktestResult' });

/** Who put a ruleset into force, and how. */
export const publicationOriginSchema: z.ZodType<PublicationOrigin> = z.strictObject({
  source: z.enum(PUBLICATION_SOURCES),
  by: text,
  draftId: text.nullable(),
  approvedBy: text.nullable(),
  note: text,
});

/** A step of a draft, as the log has it. */
export const draftChangedSchema: z.ZodType<DraftChanged> = z
  .strictObject({
    draftId: text,
    action: z.enum(DRAFT_ACTIONS),
    by: text,
    version: text,
    text: text.nullable(),
    note: text,
    result: backtestResultSchema.nullable(),
    through: count.nullable(),
    recordedAt: text,
  })
  .transform((members): DraftChanged => ({ type: 'DraftChanged', ...members }));
