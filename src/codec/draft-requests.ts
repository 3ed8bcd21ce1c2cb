import { z } from 'zod';
import { DRAFT_ACTIONS, PUBLICATION_SOURCES } from '../domain/draft-facts.ts';
import { PalisadeError } from '../domain/errors.ts';
import type {
  DraftBacktest,
  DraftDetail,
  DraftRow,
  DraftShadow,
  DraftStep,
  Publication,
  RulesetShelfAnswer,
} from '../ports/ruleset-lab.ts';
import { backtestResultSchema } from './draft-schemas.ts';
import { rulesetProblemSchema } from './response-schemas.ts';
import { freeTextProblem } from './text.ts';

const text = z.string();
const time = z.string().meta({ format: 'date-time' });
const position = z.int();

/** A ruleset that was put into force at some time. */
const publicationSchema: z.ZodType<Publication> = z
  .strictObject({
    version: text,
    publishedAt: time,
    source: z.enum(PUBLICATION_SOURCES).nullable().meta({ description: 'Null in records of before it was told' }),
    by: text.meta({ description: 'Id of the key that called' }),
    draftId: text.nullable(),
    approvedBy: text.nullable(),
    note: text,
  })
  .meta({ title: 'Publication' });

const backtestState = z.enum(['running', 'done', 'failed']);

const draftRowSchema: z.ZodType<DraftRow> = z
  .strictObject({
    draftId: text,
    name: text,
    version: text.meta({ description: "'' where the text is no valid ruleset" }),
    problemCount: z.int(),
    authors: z.array(text),
    note: text,
    createdAt: time,
    changedAt: time,
    approvedBy: text.nullable(),
    approvedAt: time.nullable(),
    isInShadow: z.boolean(),
    backtest: backtestState.nullable(),
    isInForce: z.boolean(),
    publishedAt: time.nullable(),
  })
  .meta({ title: 'DraftRow' });

const stepSchema: z.ZodType<DraftStep> = z.strictObject({
  action: z.enum([...DRAFT_ACTIONS, 'publish']),
  by: text,
  at: time,
  version: text,
  note: text,
  hash: text.nullable(),
});

const progressShape = { position, endPosition: position, version: text, by: text, at: time, message: text };

const backtestSchema: z.ZodType<DraftBacktest> = z.strictObject({
  ...progressShape,
  state: backtestState,
  result: backtestResultSchema.nullable(),
});

const shadowSchema: z.ZodType<DraftShadow> = z.strictObject({
  ...progressShape,
  isRunning: z.boolean(),
  result: backtestResultSchema.nullable(),
});

/** A draft with its text, what is wrong with it, what was done with it and what it was tried on. */
export const draftDetailSchema: z.ZodType<DraftDetail> = z
  .strictObject({
    row: draftRowSchema,
    text,
    problems: z.array(rulesetProblemSchema),
    history: z.array(stepSchema).meta({ description: 'Newest first' }),
    backtest: backtestSchema.nullable(),
    shadow: shadowSchema.nullable(),
  })
  .meta({ title: 'DraftDetail' });

/** Every draft, and every ruleset that was put into force. */
export const rulesetShelfSchema: z.ZodType<RulesetShelfAnswer> = z
  .strictObject({
    caller: text.nullable().meta({ description: 'Id of the key that asks; null where calls need none' }),
    inForce: text.meta({ description: 'Version that decides now' }),
    drafts: z.array(draftRowSchema).meta({ description: 'The one that was changed last comes first' }),
    publications: z.array(publicationSchema).meta({ description: 'Newest first' }),
  })
  .meta({ title: 'RulesetShelf' });

const DRAFT_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
const VERSION = /^[0-9a-f]{32}$/;

/** Whether an id is that of a version, which no draft may have. */
export function isRulesetVersion(id: string): boolean {
  return VERSION.test(id);
}

/** Reads the id of a draft. Throws REQUEST_INVALID. */
export function parseDraftId(id: string): string {
  if (DRAFT_ID.test(id) && !isRulesetVersion(id)) return id;
  const message = 'must be 1 to 64 of a-z, 0-9 and -, and not look like a version';
  const fields = [{ field: 'draft', message }];
  throw new PalisadeError('REQUEST_INVALID', `Cannot use the id of the draft as it ${message}. Choose another.`, {
    fields,
  });
}

/** Reads a note; '' where there is none. Throws REQUEST_INVALID. */
export function parseNote(note: string): string {
  const message = freeTextProblem(note);
  if (message === null) return note;
  const fields = [{ field: 'note', message }];
  throw new PalisadeError('REQUEST_INVALID', `Cannot keep the note as it ${message}. Correct it.`, { fields });
}
