import { type FieldProblem, PalisadeError } from '../domain/errors.ts';
import { BODY_BYTES_MAX, JSON_DEPTH_MAX, JSON_KEYS_MAX } from '../domain/limits.ts';
import { inspectJson, isForbiddenName } from './json-inspect.ts';

const TOO_DEEP = -1;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Colons outside of strings, which is the number of members where the text is JSON; TOO_DEEP where brackets nest
 * deeper than JSON_DEPTH_MAX. One scan, about 1 ns a character.
 */
function countColons(text: string): number {
  let colons = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        index = endOfString(text, index + 1);
        break;
      case 58:
        colons++;
        break;
      case 91:
      case 123:
        if (++depth > JSON_DEPTH_MAX) return TOO_DEEP;
        break;
      case 93:
      case 125:
        depth--;
        break;
    }
  }
  return colons;
}

function endOfString(text: string, from: number): number {
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index;
    if (code === BACKSLASH) index++;
  }
  return text.length;
}

/** Members in a parsed value; NaN where a name is forbidden or a number is -0 or infinite. */
function countMembers(value: unknown): number {
  if (typeof value === 'number') {
    return Object.is(value, -0) || value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY
      ? Number.NaN
      : 0;
  }
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value) count += countMembers(element);
    return count;
  }
  for (const name in value) {
    if (isForbiddenName(name)) return Number.NaN;
    const member = (value as Record<string, unknown>)[name];
    count += typeof member === 'string' ? 1 : 1 + countMembers(member);
  }
  return count;
}

/** A parsed body, and the number of members that its text has, nested and repeated ones included. */
export type ParsedJson = { readonly value: unknown; readonly memberCount: number };

/** A parsed body, and what is wrong with its text: names repeated or forbidden, -0, numbers out of range. */
export type GuardedJson = { readonly value: unknown; readonly problems: readonly FieldProblem[] };

const NO_PROBLEMS: readonly FieldProblem[] = [];

function malformed(reason: string, remedy: string): PalisadeError {
  const fields = [{ field: '', message: `cannot be read: ${reason}` }];
  return new PalisadeError('REQUEST_MALFORMED', `Cannot read the body as ${reason}. ${remedy}`, { fields });
}

function syntaxError(text: string): PalisadeError {
  const at = inspectJson(text).errorAt ?? 0;
  const place = at >= text.length ? 'it ends too early' : `it stops being JSON at character ${at + 1}`;
  return malformed(`${place}: current length is ${text.length} characters`, 'Send one JSON object (RFC 8259).');
}

/**
 * Parses a body behind the limits on its size, depth and number of members. Throws REQUEST_TOO_LARGE, or
 * REQUEST_MALFORMED where there is no value to look at. The error never holds a part of the text.
 */
export function parseJson(text: string): ParsedJson {
  if (text.length > BODY_BYTES_MAX) {
    const message = `Cannot read the body as it is too large: current length is ${text.length} characters.`;
    throw new PalisadeError('REQUEST_TOO_LARGE', `${message} Send at most ${BODY_BYTES_MAX} bytes.`, {
      fields: [{ field: '', message: `must have at most ${BODY_BYTES_MAX} bytes` }],
    });
  }
  if (text.charCodeAt(0) === 0xfeff) {
    throw malformed('it begins with a byte order mark: U+FEFF', 'Send UTF-8 without it.');
  }
  const colons = countColons(text);
  if (colons === TOO_DEEP) {
    throw malformed('it nests too deep: more than the limit', `Nest at most ${JSON_DEPTH_MAX} levels.`);
  }
  if (colons > JSON_KEYS_MAX) {
    throw malformed(`it has too many members: current count is ${colons}`, `Send at most ${JSON_KEYS_MAX}.`);
  }
  try {
    return { value: JSON.parse(text), memberCount: colons };
  } catch {
    throw syntaxError(text);
  }
}

/** What is wrong with the text of a parsed body that JSON.parse lets through, but no two readers understand alike. */
export function ambiguitiesOf(text: string, { value, memberCount }: ParsedJson): readonly FieldProblem[] {
  return countMembers(value) === memberCount ? NO_PROBLEMS : inspectJson(text).problems;
}

/** Parses a body as `parseJson` does, and tells what is ambiguous in it. */
export function readJson(text: string): GuardedJson {
  const parsed = parseJson(text);
  return { value: parsed.value, problems: ambiguitiesOf(text, parsed) };
}

/**
 * The value of a JSON text, whatever its schema: limits on size, depth and members, no byte order mark, no repeated
 * name, no `__proto__`, `constructor` or `prototype`, no -0, no number beyond 64-bit floating point. Throws
 * REQUEST_TOO_LARGE, REQUEST_MALFORMED, or REQUEST_AMBIGUOUS with every field concerned.
 */
export function guardJson(text: string): unknown {
  const { value, problems } = readJson(text);
  if (problems.length > 0) {
    const message = `Cannot read the body as ${problems.length} of its members are not safe to read`;
    throw new PalisadeError('REQUEST_AMBIGUOUS', `${message}: errors names them. Correct these.`, { fields: problems });
  }
  return value;
}
