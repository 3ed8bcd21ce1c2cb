import type { FastifyReply } from 'fastify';
import { problemOf } from '../codec/mod.ts';
import { type ErrorCode, type FieldProblem, PalisadeError } from '../domain/errors.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';
export const NDJSON_TYPE = 'application/x-ndjson; charset=utf-8';
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Header of an answer that was given before. */
export const REPEATED_HEADER = 'palisade-repeated';

const RETRY_AFTER_S = '1';

/** Sends a JSON text with status 200. */
export function sendJson(reply: FastifyReply, text: string): void {
  reply.header('content-type', JSON_TYPE).send(text);
}

/** An error made ready to send, for answers that have to cost little. */
export type PreparedProblem = {
  readonly status: number;
  readonly text: string;
  readonly challenge: string | null;
  readonly retryAfter: string | null;
};

/** Turns an error into the problem details to send; extra members say more than the code does. */
export function prepareProblem(error: PalisadeError, members: Record<string, unknown> = {}): PreparedProblem {
  return {
    status: error.status,
    text: JSON.stringify({ ...problemOf(error), ...members }),
    challenge: challengeOf(error.code),
    retryAfter: error.status === 503 && error.retry === 'later' ? RETRY_AFTER_S : null,
  };
}

/** The same, for an error that is always told in the same words. */
export function preparedOf(code: ErrorCode, message: string, ...fields: readonly FieldProblem[]): PreparedProblem {
  return prepareProblem(new PalisadeError(code, message, { fields }));
}

/** Sends an error as `application/problem+json` (RFC 9457). */
export function sendProblem(reply: FastifyReply, problem: PreparedProblem): void {
  reply.code(problem.status).header('content-type', PROBLEM_TYPE);
  if (problem.challenge !== null) reply.header('www-authenticate', problem.challenge);
  if (problem.retryAfter !== null && !reply.hasHeader('retry-after')) reply.header('retry-after', problem.retryAfter);
  reply.send(problem.text);
}

/** What a 401 or 403 asks for (RFC 6750, section 3). */
function challengeOf(code: ErrorCode): string | null {
  switch (code) {
    case 'AUTH_MISSING':
      return 'Bearer realm="palisade"';
    case 'AUTH_INVALID':
      return 'Bearer realm="palisade", error="invalid_token"';
    case 'AUTH_SCOPE':
      return 'Bearer realm="palisade", error="insufficient_scope"';
    default:
      return null;
  }
}
