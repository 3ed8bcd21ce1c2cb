import type { z } from 'zod';
import type { EntityKind } from '../domain/entities.ts';
import { type FieldProblem, PalisadeError } from '../domain/errors.ts';
import type { SideEvent, Transaction } from '../domain/events.ts';
import { FUTURE_SKEW_MS_MAX } from '../domain/limits.ts';
import type { ListEntry, ListKind, ListName, Suppression } from '../domain/lists.ts';
import { epochMsOf } from './instant.ts';
import { canonicalCidr, canonicalIp } from './ip-address.ts';
import { ambiguitiesOf, type GuardedJson, parseJson, readJson } from './json-guard.ts';
import { listEntryBodySchema, listKeySchema, suppressionBodySchema, suppressionKeySchema } from './list-schema.ts';
import { plainTransactionOf } from './plain-transaction.ts';
import { FUTURE_MESSAGE, problemsOfIssues, refusalOf } from './refusal.ts';
import { sideEventSchema } from './side-event-schema.ts';
import { CARD_DATA_MESSAGE, identifierProblem } from './text.ts';
import { transactionSchema } from './transaction-schema.ts';

/** Problems of an event time that is ahead of the clock by more than the skew that is allowed. */
function timeProblems(body: unknown, nowMs: number): FieldProblem[] {
  if (typeof body !== 'object' || body === null || !('occurredAt' in body)) return [];
  const { occurredAt } = body;
  const isAhead = typeof occurredAt === 'string' && epochMsOf(occurredAt) > nowMs + FUTURE_SKEW_MS_MAX;
  return isAhead ? [{ field: 'occurredAt', message: FUTURE_MESSAGE }] : [];
}

/** A value of a schema, or the refusal that names every field. */
function accept<Value>(
  schema: z.ZodType<Value>,
  { value, problems }: GuardedJson,
  what: string,
  nowMs = Number.POSITIVE_INFINITY,
): Value {
  const result = schema.safeParse(value);
  const late = timeProblems(value, nowMs);
  if (result.success && problems.length === 0 && late.length === 0) return result.data;
  const issues = result.success ? [] : problemsOfIssues(result.error.issues, value);
  throw refusalOf(what, value, problems, [...issues, ...late]);
}

/**
 * Reads an authorization request. `nowMs` is the wall clock: a later event time is refused beyond FUTURE_SKEW_MS_MAX.
 * Throws REQUEST_TOO_LARGE or REQUEST_MALFORMED where there is nothing to look at; else REQUEST_CARD_DATA,
 * REQUEST_AMBIGUOUS, REQUEST_INVALID or REQUEST_TIME_IN_FUTURE, the gravest of them, with every field in `fields`.
 */
export function parseTransaction(text: string, nowMs: number): Transaction {
  const parsed = parseJson(text);
  const plain = plainTransactionOf(parsed);
  if (plain !== null && epochMsOf(plain.occurredAt) <= nowMs + FUTURE_SKEW_MS_MAX) return plain;
  const json = { value: parsed.value, problems: ambiguitiesOf(text, parsed) };
  return accept(transactionSchema, json, 'transaction', nowMs);
}

/** Reads a login, signal, reference or label event. Throws as `parseTransaction` does. */
export function parseSideEvent(text: string, nowMs: number): SideEvent {
  return accept(sideEventSchema, readJson(text), 'event', nowMs);
}

/** What names a list entry. */
export type ListKey = { readonly list: ListName; readonly kind: ListKind; readonly value: string };

/**
 * Checks what names a list entry, as it stands in a path (percent-decoded). An address or a block gets its one
 * spelling. Throws REQUEST_INVALID or REQUEST_CARD_DATA with the fields `list`, `kind`, `value`.
 */
export function parseListKey(list: string, kind: string, value: string): ListKey {
  const body = { list, kind, value };
  const result = listKeySchema.safeParse(body);
  if (!result.success) throw refusalOf('list entry', body, [], problemsOfIssues(result.error.issues, body));
  const key = result.data;
  return { list: key.list, kind: key.kind, value: canonicalValue(key.kind, key.value) };
}

function canonicalValue(kind: string, value: string): string {
  if (kind === 'ip') return canonicalIp(value) ?? value;
  return kind === 'cidr' ? (canonicalCidr(value) ?? value) : value;
}

/**
 * Reads the body of a PUT on a list entry, `{expiresAt?, note?}`; an empty body says neither. Throws as `parseListKey`
 * and `parseTransaction` do.
 */
export function parseListEntry(list: string, kind: string, value: string, text: string): ListEntry {
  const key = parseListKey(list, kind, value);
  const { expiresAt, note } = accept(listEntryBodySchema, readJson(text === '' ? '{}' : text), 'list entry');
  return { ...key, expiresAtMs: expiresAt === undefined ? null : epochMsOf(expiresAt), note: note ?? '' };
}

/** Reads the body that sets a suppression, `{ruleId, kind, id, until, note?}`. Throws as `parseTransaction` does. */
export function parseSuppression(text: string): Suppression {
  const { ruleId, kind, id, until, note } = accept(suppressionBodySchema, readJson(text), 'suppression');
  return { ruleId, kind, id: suppressedIdOf(kind, id), untilMs: epochMsOf(until), note: note ?? '' };
}

/** What names a suppression. */
export type SuppressionKey = { readonly ruleId: string; readonly kind: EntityKind; readonly id: string };

/**
 * Checks what names a suppression, as it stands in a path (percent-decoded). Throws REQUEST_INVALID or
 * REQUEST_CARD_DATA with the fields `ruleId`, `kind`, `id`.
 */
export function parseSuppressionKey(ruleId: string, kind: string, id: string): SuppressionKey {
  const body = { ruleId, kind, id };
  const result = suppressionKeySchema.safeParse(body);
  if (!result.success) throw refusalOf('suppression', body, [], problemsOfIssues(result.error.issues, body));
  return { ...result.data, id: suppressedIdOf(result.data.kind, result.data.id) };
}

/** An address in its one spelling, any other id as it is. */
function suppressedIdOf(kind: string, id: string): string {
  const address = kind === 'ip' ? canonicalIp(id) : id;
  if (address !== null) return address;
  const fields = [{ field: 'id', message: 'must be an IPv4 or IPv6 address, without a zone or a port' }];
  throw new PalisadeError('REQUEST_INVALID', 'Cannot accept the suppression as id is no address. Correct id.', {
    fields,
  });
}

/**
 * Checks an identifier that stands in a path (percent-decoded). Throws REQUEST_INVALID or REQUEST_CARD_DATA that names
 * the field.
 */
export function parseIdentifier(field: string, text: string): string {
  const message = identifierProblem(text);
  if (message === null) return text;
  const code = message === CARD_DATA_MESSAGE ? 'REQUEST_CARD_DATA' : 'REQUEST_INVALID';
  throw new PalisadeError(code, `Cannot accept ${field} as it ${message}. Correct ${field}.`, {
    fields: [{ field, message }],
  });
}
