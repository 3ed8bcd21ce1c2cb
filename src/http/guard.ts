import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from './keys.ts';
import { preparedOf, sendProblem } from './replies.ts';
import type { HttpContext, Route } from './route.ts';

/** What runs when the headers of a request are there and its body is not yet read. */
export type Guard = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

const REFUSALS = {
  AUTH_MISSING: preparedOf(
    'AUTH_MISSING',
    'Cannot serve this call as it has no API key: none was sent. Send "Authorization: Bearer pk_..." or "X-Api-Key".',
  ),
  AUTH_INVALID: preparedOf(
    'AUTH_INVALID',
    'Cannot serve this call as its API key is not valid: unknown, wrong or expired. Ask the operator for a key.',
  ),
  AUTH_SCOPE: preparedOf(
    'AUTH_SCOPE',
    'Cannot serve this call as its API key lacks the scope: another one is needed. Ask for a key with the scope.',
  ),
  NO_HOST: preparedOf(
    'REQUEST_INVALID',
    'Cannot serve this call as it has no Host header: none was sent. Send one, as HTTP/1.1 asks.',
    { field: 'Host', message: 'must be there' },
  ),
  ENCODED: preparedOf(
    'REQUEST_MEDIA_TYPE',
    'Cannot read the body as it has a content encoding: none is supported. Send it uncompressed.',
    { field: 'Content-Encoding', message: 'must be left out, or be identity' },
  ),
  OVERLOADED: preparedOf(
    'ENGINE_OVERLOADED',
    'Cannot take this call as too many are waiting: load is being shed. Try again after the time in Retry-After.',
  ),
} as const;

/**
 * Builds the guard of one route: API key and scope, load shedding, and the headers that no route accepts. All of it
 * runs before the body is read; what is refused costs no parsing.
 */
export function guardOf(route: Pick<Route, 'access' | 'isSheddable'>, context: HttpContext): Guard {
  const { clock, keys, admission, activity, metrics, limits } = context;
  const scope = route.access === 'public' || keys === null ? null : route.access;
  const isSheddable = route.isSheddable;
  const inFlightMax = limits.admission.inFlightMax;

  return function guard(request, reply, done) {
    request.receivedAtMs = clock.monotonicMs();
    const headers = request.headers;
    if (headers.host === undefined && request.raw.httpVersionMinor === 1) return sendProblem(reply, REFUSALS.NO_HOST);
    if (scope !== null) {
      const refusal = refusalOf(request, scope, context);
      if (refusal !== null) return sendProblem(reply, REFUSALS[refusal]);
    }
    if (isSheddable) {
      if (activity.authorizations >= inFlightMax) return shed(reply, context, 'in_flight');
      if (!admission.admit()) return shed(reply, context, 'queue_delay');
    }
    const encoding = headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') return sendProblem(reply, REFUSALS.ENCODED);
    done();
  };

  function shed(reply: FastifyReply, { admission }: HttpContext, reason: 'queue_delay' | 'in_flight'): void {
    metrics.shed(reason);
    reply.header('retry-after', String(admission.retryAfterS()));
    sendProblem(reply, REFUSALS.OVERLOADED);
  }
}

function refusalOf(
  request: FastifyRequest,
  scope: Scope,
  { keys, clock }: HttpContext,
): 'AUTH_MISSING' | 'AUTH_INVALID' | 'AUTH_SCOPE' | null {
  if (keys === null) return null;
  const presented = presentedKey(request);
  if (presented === null) return 'AUTH_MISSING';
  const verdict = keys.check(presented, scope, clock.nowMs());
  return verdict === 'granted' ? null : verdict;
}

/** The key of a request: that of `Authorization: Bearer`, else that of `X-Api-Key`. */
export function presentedKey(request: FastifyRequest): string | null {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    return /^bearer /i.test(authorization) ? authorization.slice(7).trim() : '';
  }
  const key = request.headers['x-api-key'];
  return typeof key === 'string' ? key : null;
}
