import { ERRORS, type ErrorCode, type FieldProblem, PalisadeError } from '../domain/errors.ts';
import type { Logger } from '../ports/logger.ts';

type Meaning = readonly [code: ErrorCode, message: string, ...fields: FieldProblem[]];

/** What the errors of Fastify and Node mean here, by their codes. */
const FOREIGN: Readonly<Record<string, Meaning>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'REQUEST_TOO_LARGE',
    'Cannot read the body as it is too large: more bytes than the limit of this route. Send less at a time.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'REQUEST_MALFORMED',
    'Cannot read the body as its length is not as announced: Content-Length differs. Send the right length.',
    { field: 'Content-Length', message: 'must be the length of the body' },
  ],
  FST_ERR_BAD_URL: [
    'REQUEST_INVALID',
    'Cannot read the path as it is not well-formed: percent-encoding is broken. Encode it by RFC 3986.',
  ],
  FST_ERR_MAX_PARAM_LENGTH: [
    'REQUEST_INVALID',
    'Cannot read the path as a part of it is too long: more than the limit. Send an id of at most 128 characters.',
  ],
  ECONNRESET: [
    'REQUEST_TIMEOUT',
    'Cannot answer as the connection ended before the request did: it is incomplete. Send the whole request.',
  ],
};

const INTERNAL =
  'Cannot answer as the engine met an unexpected error: its log tells more. Try again, then tell the operator.';
const STACK_LINES_MAX = 8;

/**
 * The error to answer with. What is not known here becomes ENGINE_INTERNAL, and goes to the log as its name and its
 * stack frames: a message may hold what a client sent, so it is left out. `mediaTypes`: what the route takes.
 */
export function failureOf(error: unknown, logger: Logger, mediaTypes: readonly string[] = []): PalisadeError {
  if (error instanceof PalisadeError) {
    if (ERRORS[error.code].status === 500) logFailure(error, logger);
    return error;
  }
  const foreign = FOREIGN[codeOf(error)];
  if (codeOf(error) === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return otherMediaType(error, mediaTypes);
  if (foreign !== undefined) {
    const [code, message, ...fields] = foreign;
    return new PalisadeError(code, message, { cause: error, fields });
  }
  logFailure(error, logger);
  return new PalisadeError('ENGINE_INTERNAL', INTERNAL, { cause: error });
}

function otherMediaType(cause: unknown, mediaTypes: readonly string[]): PalisadeError {
  const known = mediaTypes.join(' or ');
  return new PalisadeError(
    'REQUEST_MEDIA_TYPE',
    `Cannot read the body as its content type is not one of this route: another type. Set Content-Type to ${known}.`,
    { cause, fields: [{ field: 'Content-Type', message: `must be ${known}` }] },
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function logFailure(error: unknown, logger: Logger): void {
  const name = error instanceof Error ? error.name : typeof error;
  const code = error instanceof PalisadeError ? error.code : codeOf(error);
  const frames = error instanceof Error ? framesOf(error.stack ?? '') : '';
  logger.error('A request failed by an unexpected error', { name, code, frames });
}

function framesOf(stack: string): string {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames
    .slice(0, STACK_LINES_MAX)
    .map((line) => line.trim())
    .join('; ');
}
