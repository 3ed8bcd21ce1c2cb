import { z } from 'zod';
import { type Decision, MODES, OUTCOMES, type Reason, type RuleFailure } from '../domain/decision.ts';
import { ACTOR_KINDS } from '../domain/entities.ts';
import { ERRORS, type ErrorCode, type FieldProblem, type Retry } from '../domain/errors.ts';
import { LIST_KINDS, LIST_NAMES } from '../domain/lists.ts';
import { COLUMN_TYPES } from '../domain/tables.ts';
import type {
  EntityReport,
  RulesetProblem,
  RulesetReport,
  SideEventReceipt,
  TableChange,
  TableReport,
  TableRowReport,
} from '../ports/engine.ts';
import { mayBeAbsent } from './absent.ts';

const scalar = z.union([z.number(), z.string(), z.boolean()]);
const reason: z.ZodType<Reason> = z
  .strictObject({
    code: z.string().meta({ description: 'Stable code of the reason', examples: ['AMOUNT_SPIKE'] }),
    ruleId: z.string(),
    outcome: z.enum(OUTCOMES),
    score: z.number(),
    evidence: z.record(z.string(), scalar).meta({ description: 'The values that the rule read' }),
  })
  .meta({ title: 'Reason', description: 'A rule that matched, and what it saw' });
const failure: z.ZodType<RuleFailure> = z
  .strictObject({ ruleId: z.string(), message: z.string(), resolvedAs: z.enum(OUTCOMES) })
  .meta({ title: 'RuleFailure', description: 'A rule that could not be evaluated, and what its policy made of that' });

/** What a decision has in common with the assessment of a side event. */
export const assessmentShape = {
  outcome: z.enum(OUTCOMES),
  score: z.number().meta({ description: '0 to 100', minimum: 0, maximum: 100 }),
  mode: z.enum(MODES).meta({
    description: 'full; degraded where a rule failed or an input was missing; fallback past the deadline',
  }),
  reasons: z.array(reason),
  shadow: z.array(reason).meta({ description: 'What shadow rules would have said; not acted on' }),
  failures: z.array(failure),
  responses: z.array(z.string()).meta({ description: 'Responses that the matching rules ask for' }),
};

/** The answer to an authorization, as it is sent and stored. */
export const decisionSchema: z.ZodType<Decision> = z
  .strictObject({
    transactionId: z.string(),
    ...assessmentShape,
    responseCode: z.string().meta({ description: 'Suggested ISO 8583 field 39', examples: ['00', '05', '1A', '59'] }),
    rulesetVersion: z.string(),
    revisions: z.record(z.string(), z.int()).meta({ description: 'Revision of each stream after this event' }),
    decidedAt: z.string().meta({ description: 'RFC 3339 UTC', format: 'date-time' }),
  })
  .meta({ title: 'Decision', description: 'The answer to an authorization' });

/** The answer to a side event. */
export const sideEventReceiptSchema: z.ZodType<SideEventReceipt> = z
  .strictObject({
    eventId: z.string(),
    repeated: z.boolean().meta({ description: 'Whether the event had been recorded before' }),
    alerts: z.array(z.string()).meta({ description: 'Reason codes of the rules that matched' }),
  })
  .meta({ title: 'SideEventReceipt' });

/** One entity as it stands. */
export const entityReportSchema: z.ZodType<EntityReport> = z
  .strictObject({
    kind: z.enum(ACTOR_KINDS),
    id: z.string(),
    status: z.string(),
    revision: z.int(),
    asOf: z.string().meta({ description: 'Event time that the windows stand at, RFC 3339 UTC' }),
    firstSeenAt: z.string().meta({ description: 'Earliest event time of its facts, RFC 3339 UTC' }),
    homeCountry: z.string().meta({ description: 'Stated country, empty where none was' }),
    fraudLabels: z.int().meta({ description: 'Labels of fraud or chargeback on its transactions' }),
    windows: z.record(z.string(), z.number()).meta({ description: 'Every feature of the ruleset by name' }),
    attributes: z.record(z.string(), scalar),
    resident: z.boolean(),
  })
  .meta({ title: 'EntityReport' });

/** A table of the ruleset. */
export const tableReportSchema: z.ZodType<TableReport> = z
  .strictObject({
    name: z.string(),
    description: z.string(),
    columns: z.record(z.string(), z.enum(COLUMN_TYPES)).meta({ description: 'Type of each column' }),
    keepMs: z.int().meta({ description: 'How far back from its newest row it can be read, ms' }),
    rowCount: z.int().meta({ description: 'Keys that have a row as of its newest time' }),
    versionCount: z.int().meta({ description: 'Versions of rows in memory, removals too' }),
    revision: z.int().meta({ description: 'Revision of the newest row in the changelog, -1 before the first' }),
    newestAt: z.string().meta({ description: 'Event time of the newest row, RFC 3339 UTC; empty before the first' }),
  })
  .meta({ title: 'TableReport' });

const columnValues = z.record(z.string(), scalar).meta({ description: 'The columns that the row has' });

/** A row as of an event time. */
export const tableRowReportSchema: z.ZodType<TableRowReport> = z
  .strictObject({
    table: z.string(),
    key: z.string(),
    asOf: z.string().meta({ description: 'Event time that was asked for, RFC 3339 UTC' }),
    since: z.string().meta({ description: 'Event time from which on the row is so, RFC 3339 UTC' }),
    revision: z.int().meta({ description: 'Its revision in the changelog' }),
    columns: columnValues,
  })
  .meta({ title: 'TableRowReport' });

/** One row of a table's changelog. */
export const tableChangeSchema: z.ZodType<TableChange> = z
  .strictObject({
    revision: z.int(),
    eventId: z.string(),
    key: z.string(),
    occurredAt: z.string().meta({ description: 'From when on, as it was sent' }),
    recordedAt: z.string().meta({ description: 'RFC 3339 UTC' }),
    columns: columnValues.nullable().meta({ description: 'The whole row; null where it was removed' }),
  })
  .meta({ title: 'TableChange' });

/** The ruleset that decides now. */
export const rulesetReportSchema: z.ZodType<RulesetReport> = z
  .strictObject({
    version: z.string().meta({ description: 'Hash of the content' }),
    name: z.string(),
    publishedAt: z.string().meta({ description: 'RFC 3339 UTC' }),
    rules: z.array(
      z.strictObject({
        id: z.string(),
        on: z.string().meta({ description: 'transaction, login, signal, or view.<name>' }),
        state: z.string(),
        outcome: z.string(),
        reason: z.string(),
      }),
    ),
    featureCount: z.int(),
    text: z.string().meta({ description: 'The YAML document' }),
  })
  .meta({ title: 'RulesetReport' });

/** Where a ruleset text is wrong. */
export const rulesetProblemSchema: z.ZodType<RulesetProblem> = z
  .strictObject({ line: z.int(), column: z.int(), field: z.string(), message: z.string() })
  .meta({ title: 'RulesetProblem' });

/** A list entry as it is sent: the time of expiry is a text, null where the entry stays. */
export type ListEntryAnswer = {
  readonly list: (typeof LIST_NAMES)[number];
  readonly kind: (typeof LIST_KINDS)[number];
  readonly value: string;
  readonly expiresAt: string | null;
  readonly note: string;
};

/** One entry of a list, as it is answered. */
export const listEntrySchema: z.ZodType<ListEntryAnswer> = z
  .strictObject({
    list: z.enum(LIST_NAMES),
    kind: z.enum(LIST_KINDS),
    value: z.string(),
    expiresAt: z.string().nullable(),
    note: z.string(),
  })
  .meta({ title: 'ListEntry' });

/** A suppression as it is sent. */
export type SuppressionAnswer = {
  readonly ruleId: string;
  readonly kind: string;
  readonly id: string;
  readonly until: string;
  readonly note: string;
  /** Id of the key that set it. */
  readonly by: string;
};

/** One suppression, as it is answered. */
export const suppressionSchema: z.ZodType<SuppressionAnswer> = z
  .strictObject({
    ruleId: z.string(),
    kind: z.string(),
    id: z.string(),
    until: z.string(),
    note: z.string(),
    by: z.string().meta({ description: "Id of the key that set it; '' where calls need none" }),
  })
  .meta({ title: 'Suppression' });

/** An error as RFC 9457 has it, with the code, what a caller may do, and every field that was refused. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly errors: readonly FieldProblem[];
};

const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/** The body of every answer that is an error; media type `application/problem+json`. */
export const problemSchema: z.ZodType<Problem> = z
  .strictObject({
    type: z.string().meta({ description: 'Where the code is explained', format: 'uri-reference' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What happened, and the remedy' }),
    instance: mayBeAbsent(z.string().meta({ format: 'uri-reference' })),
    code: z.enum(ERROR_CODES).meta({ description: 'Stable code' }),
    retry: z.enum(['never', 'later', 'after_repair']).meta({ description: 'Whether the same call may succeed' }),
    errors: z.array(
      z.strictObject({
        line: mayBeAbsent(z.int().meta({ description: 'In a text of many lines, from 1' })),
        column: mayBeAbsent(z.int()),
        field: z.string(),
        message: z.string(),
      }),
    ),
  })
  .meta({ title: 'Problem', description: 'RFC 9457 problem details' });
