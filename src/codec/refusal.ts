import type { z } from 'zod';
import { holdsCardData, isCardDataName, isCardDataText } from '../domain/card-data.ts';
import { type ErrorCode, type FieldProblem, PalisadeError } from '../domain/errors.ts';
import { AMOUNT_MINOR_MAX, FUTURE_SKEW_MS_MAX } from '../domain/limits.ts';
import { shownPath } from './json-inspect.ts';
import { CARD_DATA_MESSAGE } from './text.ts';

type Issue = z.core.$ZodIssue;

/** What is said of an event time ahead of the clock. */
export const FUTURE_MESSAGE = `must not be more than ${FUTURE_SKEW_MS_MAX / 60_000} minutes in the future`;

const NAMES_TOLD_MAX = 10;

const REMEDIES: Partial<Record<ErrorCode, string>> = {
  REQUEST_CARD_DATA: 'Send tokens in place of card data.',
  REQUEST_TIME_IN_FUTURE: 'Correct the clock of the sender.',
};

/** Kind of a JSON value as a reader of JSON names it. */
function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}

const EXPECTED: Record<string, string> = {
  string: 'a text',
  object: 'an object',
  record: 'an object',
  int: 'an integer',
};

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function messageOf(issue: Issue, value: unknown): string {
  if (value === undefined) return 'is required';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${EXPECTED[issue.expected] ?? `a ${issue.expected}`}, not ${kindOf(value)}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'invalid_union':
      return 'options' in issue ? `must be one of ${issue.options?.join(', ')}` : issue.message;
    case 'invalid_key':
    case 'invalid_element':
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

/** What zod found, one problem per field, in the words of this project. Nothing of the values is told. */
export function problemsOfIssues(issues: readonly Issue[], body: unknown): FieldProblem[] {
  return issues.flatMap((issue): FieldProblem[] => {
    if (issue.code !== 'unrecognized_keys') {
      return [{ field: shownPath(issue.path), message: messageOf(issue, valueAt(body, issue.path)) }];
    }
    return issue.keys.map((key) => ({
      field: shownPath([...issue.path, key]),
      message: 'is not a field that is known here: remove it',
    }));
  });
}

/** Every place of a body, whatever its schema, that holds card data by name or by value. O(size). */
export function cardDataProblems(body: unknown, path: readonly PropertyKey[] = []): FieldProblem[] {
  const found = { field: shownPath(path), message: CARD_DATA_MESSAGE };
  if (typeof body === 'string') return isCardDataText(body) ? [found] : [];
  if (typeof body === 'number') return isCardDigits(body) ? [found] : [];
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]): FieldProblem[] => {
    const member = Array.isArray(body) ? Number(name) : name;
    if (isCardDataName(name) || holdsCardData(name)) {
      return [{ field: shownPath([...path, member]), message: CARD_DATA_MESSAGE }];
    }
    return cardDataProblems(value, [...path, member]);
  });
}

/** Numbers beyond every amount are looked at as card numbers. */
function isCardDigits(value: number): boolean {
  return Math.abs(value) > AMOUNT_MINOR_MAX && isCardDataText(String(Math.abs(value)));
}

/** Keeps the first problem of each field. */
function oncePerField(problems: readonly FieldProblem[]): FieldProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ field }) => !seen.has(field) && seen.add(field));
}

/** Names of the first fields, for a sentence. */
function namesOf(problems: readonly FieldProblem[]): string {
  const names = problems.slice(0, NAMES_TOLD_MAX).map(({ field }) => (field === '' ? 'the body itself' : field));
  const rest = problems.length - names.length;
  return names.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function codeOf(problems: readonly FieldProblem[], textProblems: readonly FieldProblem[]): ErrorCode {
  if (problems.some(({ message }) => message === CARD_DATA_MESSAGE)) return 'REQUEST_CARD_DATA';
  if (textProblems.length > 0) return 'REQUEST_AMBIGUOUS';
  return problems.every(({ message }) => message === FUTURE_MESSAGE) ? 'REQUEST_TIME_IN_FUTURE' : 'REQUEST_INVALID';
}

/**
 * The one error for a body: `code` tells the gravest problem (card data, then a text that is not safe to read, then
 * the schema, then the clock), `fields` tells every field once. No value is told.
 */
export function refusalOf(
  what: string,
  body: unknown,
  textProblems: readonly FieldProblem[],
  schemaProblems: readonly FieldProblem[],
): PalisadeError {
  const fields = oncePerField([...cardDataProblems(body), ...textProblems, ...schemaProblems]);
  const code = codeOf(fields, textProblems);
  const count = fields.length === 1 ? '1 field is refused' : `${fields.length} fields are refused`;
  const remedy = REMEDIES[code] ?? 'Correct what errors names.';
  return new PalisadeError(code, `Cannot accept the ${what} as ${count}: ${namesOf(fields)}. ${remedy}`, { fields });
}
