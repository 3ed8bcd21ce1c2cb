import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseIdentifier, parseTransaction } from '../../codec/mod.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { BODY_BYTES_MAX } from '../../domain/limits.ts';
import type { CallOrigin } from '../../ports/cluster.ts';
import type { AuthorizeAnswer, AuthorizeCommand } from '../../ports/engine.ts';
import { DECISION_EXAMPLE, TRANSACTION_EXAMPLE } from '../examples.ts';
import { presentedKey } from '../guard.ts';
import { HOP_HEADER } from '../hop.ts';
import { JSON_TYPE, REPEATED_HEADER } from '../replies.ts';
import { bodyText, type HttpContext, pathPart, type Route } from '../route.ts';
import { FOLLOW_UPS_SCHEMA, REVERSAL_HEADER, reversalStateOf, withFollowUps } from '../saga-answers.ts';
import { SCHEMAS, schemaRef, withMember } from '../schemas.ts';
import { ENGINE_ERRORS, idParameter } from './shared.ts';

const DEADLINE_MS_MAX = 60_000;
const DEADLINE_PATTERN = /^[1-9]\d{0,4}$/;

/** The routes that decide about a transaction, and that tell what was decided. */
export function authorizationRoutes(context: HttpContext): readonly Route[] {
  return [authorizeRoute(context), readDecisionRoute(context)];
}

function authorizeRoute(context: HttpContext): Route {
  return {
    operationId: 'authorize',
    method: 'POST',
    path: '/v1/authorizations',
    access: 'authorize',
    isSheddable: true,
    tag: 'Authorizations',
    summary: 'Decide about a transaction',
    description:
      'Answers when the decision is durable. `transactionId` is the key of idempotency: the same body gets the same ' +
      'bytes back, now and after a restart, with `Palisade-Repeated: true`; another body is a conflict. Past the ' +
      'deadline the fallback policy of the ruleset answers, with mode `fallback`; an id that may be a repeat, and is ' +
      'still looked up then, gets 503 in place of a decision that could differ from the first.',
    parameters: [
      {
        name: 'X-Deadline-Ms',
        in: 'header',
        description: 'How long an answer is of use, ms from the receipt of the request',
        schema: { type: 'integer', minimum: 1, maximum: DEADLINE_MS_MAX, default: context.defaultDeadlineMs },
      },
    ],
    bodies: [
      {
        type: 'application/json',
        bytesMax: BODY_BYTES_MAX,
        schema: schemaRef('Transaction'),
        example: TRANSACTION_EXAMPLE,
      },
    ],
    answers: [
      {
        status: 200,
        description: 'The decision',
        content: { 'application/json': { schema: schemaRef('Decision'), example: DECISION_EXAMPLE } },
        headers: {
          'Palisade-Repeated': 'true where the decision had been given before; absent otherwise',
          'Palisade-Reversal': 'State of the reversal of an approval that had reached nobody in time; absent otherwise',
        },
      },
    ],
    errors: [
      ...ENGINE_ERRORS,
      'REQUEST_TIME_IN_FUTURE',
      'REQUEST_CARD_DATA',
      'TRANSACTION_CONFLICT',
      'TRANSACTION_UNRESOLVED',
    ],
    handle: authorizeHandler(context),
  };
}

function readDecisionRoute({ engine, sagas }: HttpContext): Route {
  const schema = withMember(SCHEMAS.Decision, 'followUps', FOLLOW_UPS_SCHEMA);
  return {
    operationId: 'readDecision',
    method: 'GET',
    path: '/v1/authorizations/{transactionId}',
    access: 'read',
    isSheddable: true,
    tag: 'Authorizations',
    summary: 'Read what was decided',
    description:
      'The bytes that the authorization was answered with. Where a challenge or a reversal followed, the ' +
      'member `followUps` tells what came of it: a challenge that was passed, failed, abandoned, or answered too late.',
    parameters: [idParameter('transactionId', 'Id of the transaction', TRANSACTION_EXAMPLE.transactionId)],
    bodies: [],
    answers: [
      {
        status: 200,
        description: 'The decision',
        content: { 'application/json': { schema, example: DECISION_EXAMPLE } },
      },
    ],
    errors: ['REQUEST_INVALID', 'REQUEST_CARD_DATA', 'REQUEST_NOT_FOUND', ...ENGINE_ERRORS],
    handle: async (request, reply) => {
      const id = parseIdentifier('transactionId', pathPart(request, 'transactionId'));
      const body = await engine.findDecision(id);
      if (body === null) {
        throw new PalisadeError(
          'REQUEST_NOT_FOUND',
          'Cannot read the decision as the transaction is unknown: none has this id. Check the id.',
        );
      }
      const followUps = (await sagas?.followUps(id)) ?? [];
      reply.header('content-type', JSON_TYPE).send(withFollowUps(body, followUps));
    },
  };
}

/** The hot path: no promise of its own and two closures a request; what it counts are plain numbers. */
function authorizeHandler(context: HttpContext) {
  const { engine, cluster, clock, activity, metrics, unheard, defaultDeadlineMs, limits } = context;
  const inFlightMax = limits.admission.inFlightMax;
  return function authorize(request: FastifyRequest, reply: FastifyReply): undefined {
    const text = bodyText(request);
    const header = request.headers['x-deadline-ms'];
    const deadlineMs = header === undefined ? defaultDeadlineMs : parseDeadline(header);
    const transaction = parseTransaction(text, clock.nowMs());
    if (activity.authorizations >= inFlightMax) throw overloaded(inFlightMax);
    activity.authorizations++;
    const command: AuthorizeCommand = { transaction, text, receivedAtMs: request.receivedAtMs, deadlineMs };
    const origin = cluster === null ? null : originOf(request);
    const answering =
      cluster === null || origin === null ? engine.authorize(command) : cluster.authorize(command, origin);
    answering.then(
      (answer: AuthorizeAnswer) => {
        activity.endAuthorization();
        metrics.decided(answer.outcome, answer.mode, answer.repeated);
        // Whether the caller hears it is known by the node that it called, and by no other.
        if (answer.outcome === 'approve' && origin?.isForwarded !== true && isGone(request)) {
          // A repeat that is lost takes nothing from whoever had the first answer.
          if (!answer.repeated) unheard.lost(transaction, request.receivedAtMs + deadlineMs);
        } else if (unheard.size > 0) unheard.heard(transaction.transactionId);
        if (answer.repeated) sendRepeat(reply, transaction.transactionId, answer, context);
        else reply.header('content-type', JSON_TYPE).send(answer.body);
      },
      (error: unknown) => {
        activity.endAuthorization();
        reply.send(error instanceof Error ? error : new Error('The engine rejected without an error'));
      },
    );
  };
}

/** A forged hop gains nothing: the call is decided here, as any node may. */
function originOf(request: FastifyRequest): CallOrigin {
  return { isForwarded: request.headers[HOP_HEADER] !== undefined, credential: presentedKey(request) };
}

/** The same bytes again, and beside them whether the approval is being taken back. */
function sendRepeat(
  reply: FastifyReply,
  transactionId: string,
  { outcome, body }: AuthorizeAnswer,
  { sagas }: HttpContext,
): void {
  reply.header(REPEATED_HEADER, 'true').header('content-type', JSON_TYPE);
  if (sagas === null || outcome !== 'approve') {
    reply.send(body);
    return;
  }
  sagas.followUps(transactionId).then(
    (followUps) => {
      const state = reversalStateOf(followUps);
      if (state !== null) reply.header(REVERSAL_HEADER, state);
      reply.send(body);
    },
    () => reply.send(body),
  );
}

/** Whether the caller closed its connection: what is written to it now reaches nobody. */
function isGone({ raw }: FastifyRequest): boolean {
  return raw.socket.writable === false;
}

function parseDeadline(header: string | readonly string[]): number {
  const deadlineMs = typeof header === 'string' && DEADLINE_PATTERN.test(header) ? Number(header) : 0;
  if (deadlineMs >= 1 && deadlineMs <= DEADLINE_MS_MAX) return deadlineMs;
  const field = 'X-Deadline-Ms';
  const message = `must be a whole number from 1 to ${DEADLINE_MS_MAX}`;
  throw new PalisadeError('REQUEST_INVALID', `Cannot accept the deadline as ${field} ${message}. Correct the header.`, {
    fields: [{ field, message }],
  });
}

function overloaded(inFlightMax: number): PalisadeError {
  return new PalisadeError(
    'ENGINE_OVERLOADED',
    `Cannot take this call as too many are under way: ${inFlightMax}. Try again after the time in Retry-After.`,
  );
}
