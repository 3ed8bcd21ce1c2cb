import { z } from 'zod';
import { CASE_ACTIONS, type CaseAction } from '../domain/case-facts.ts';
import { OUTCOMES } from '../domain/decision.ts';
import { PalisadeError } from '../domain/errors.ts';
import { LABELS } from '../domain/events.ts';
import type { CaseDetail, CaseOrder, CaseRow } from '../ports/cases.ts';
import { identifierField } from './fields.ts';
import { guardJson } from './json-guard.ts';

const text = z.string();
const time = z.string().meta({ format: 'date-time' });
const label = z.enum(LABELS);
const NOTE_LENGTH_MAX = 2_000;
/** Cases that one bulk call changes: as many as a person can answer for. */
const BULK_MAX = 500;
const SQL_LENGTH_MAX = 20_000;
const SQL_ROWS_MAX = 10_000;

/** A case in the queue. */
export const caseRowSchema: z.ZodType<CaseRow> = z.strictObject({
  caseId: text,
  subject: z.strictObject({ kind: z.enum(['account', 'card', 'device']), id: text }),
  status: z.enum(['open', 'resolved']),
  openedAt: time,
  lastAlertAt: time,
  alerts: z.int(),
  score: z.number(),
  priority: z.number().meta({ description: 'The score, and a point for each hour since the last alert, at most 50' }),
  amount: z.number(),
  reasons: z.array(text),
  assignee: text.nullable(),
  lockedUntil: time.nullable(),
  snoozedUntil: time.nullable(),
  notes: z.int(),
  label: label.nullable(),
  resolvedBy: text.nullable(),
  resolvedAt: time.nullable(),
  revision: z.int(),
});

/** An alert of a case. */
export const caseAlertSchema: z.ZodType<CaseDetail['alerts'][number]> = z.strictObject({
  position: z.int(),
  transactionId: text.nullable(),
  outcome: z.enum(OUTCOMES).nullable(),
  score: z.number(),
  amount: z.number(),
  reasons: z.array(text),
  occurredAt: time,
});

/** One line of a case's audit trail. */
export const caseChangeSchema: z.ZodType<CaseDetail['history'][number]> = z.strictObject({
  position: z.int(),
  action: z.enum(CASE_ACTIONS),
  by: text,
  assignee: text.nullable(),
  until: time.nullable(),
  note: text,
  label: label.nullable(),
  recordedAt: time,
});

const orderShape = {
  note: z.string().max(NOTE_LENGTH_MAX).default('').meta({ description: 'Why, for those who come after' }),
  assignee: identifierField('For assign: whose the case is from now on', 'analyst-2').optional(),
  until: z.iso.datetime({ offset: true }).optional().meta({ description: 'For snooze: until when' }),
  label: label.optional().meta({ description: 'For resolve: what its transactions are labelled' }),
};

/** Body of an order about one case. */
export const caseOrderSchema = z.strictObject(orderShape);

/** Body of an order about many cases. */
export const caseBulkSchema = z.strictObject({
  action: z.enum(CASE_ACTIONS),
  caseIds: z.array(identifierField('Id of a case', '4711')).min(1).max(BULK_MAX),
  preview: z.boolean().default(false).meta({ description: 'Only say how many there are and which cannot' }),
  ...orderShape,
});

/** Body of a label. */
export const labelBodySchema = z.strictObject({
  transactionId: identifierField('The transaction', 'txn-1'),
  label,
  eventId: identifierField('Id of the label: the same again is the same label', 'lbl-1').optional(),
});

export type LabelBody = z.infer<typeof labelBodySchema>;
export type CaseBulk = Omit<CaseOrder, 'by'> & { readonly caseIds: readonly string[]; readonly isPreview: boolean };

function parsed<Schema extends z.ZodType>(schema: Schema, body: string): z.infer<Schema> {
  const result = schema.safeParse(body === '' ? {} : guardJson(body));
  if (result.success) return result.data;
  const fields = result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  const named = fields[0] === undefined ? 'it' : `${fields[0].field} ${fields[0].message}`;
  throw new PalisadeError('REQUEST_INVALID', `Cannot accept the body as ${named}. Correct it.`, { fields });
}

function orderOf(action: CaseAction, order: z.infer<typeof caseOrderSchema>): Omit<CaseOrder, 'by'> {
  const { note, assignee = null, until = null, label: named = null } = order;
  const missing =
    action === 'assign' && assignee === null
      ? 'assignee'
      : action === 'snooze' && until === null
        ? 'until'
        : action === 'note' && note === ''
          ? 'note'
          : action === 'resolve' && named === null
            ? 'label'
            : null;
  if (missing !== null) {
    const fields = [{ field: missing, message: `is needed to ${action}` }];
    throw new PalisadeError('REQUEST_INVALID', `Cannot ${action} the case as ${missing} is missing. Give it.`, {
      fields,
    });
  }
  const end = until === null ? null : new Date(Date.parse(until)).toISOString();
  return {
    action,
    note,
    assignee: action === 'assign' ? assignee : null,
    until: action === 'snooze' ? end : null,
    label: action === 'resolve' ? named : null,
  };
}

/** Reads an order about one case. Throws REQUEST_ errors. */
export function parseCaseOrder(action: CaseAction, body: string): Omit<CaseOrder, 'by'> {
  return orderOf(action, parsed(caseOrderSchema, body));
}

/** Reads an order about many cases. Throws REQUEST_ errors. */
export function parseCaseBulk(body: string): CaseBulk {
  const { action, caseIds, preview, ...rest } = parsed(caseBulkSchema, body);
  return { ...orderOf(action, rest), caseIds: [...new Set(caseIds)], isPreview: preview };
}

/** Body of a query in SQL. */
export const sqlQuerySchema = z.strictObject({
  sql: z.string().min(1).max(SQL_LENGTH_MAX),
  limit: z.int().min(1).max(SQL_ROWS_MAX).default(1_000).meta({ description: 'Most rows to give' }),
});

/** Reads a query. Throws REQUEST_ errors. */
export function parseSqlQuery(body: string): z.infer<typeof sqlQuerySchema> {
  return parsed(sqlQuerySchema, body);
}

/** Reads a label. Throws REQUEST_ errors. */
export function parseLabel(body: string): LabelBody {
  return parsed(labelBodySchema, body);
}
