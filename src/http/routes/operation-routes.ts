import type { FastifyReply } from 'fastify';
import { PalisadeError } from '../../domain/errors.ts';
import type { Readiness } from '../../ports/engine.ts';
import { prepareProblem, sendJson, sendProblem } from '../replies.ts';
import type { HttpContext, JsonSchema, Route } from '../route.ts';

const OPERATION = {
  method: 'GET',
  isSheddable: false,
  tag: 'Operations',
  parameters: [],
  bodies: [],
} as const;

const READY_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['ready', 'reasons'],
  properties: { ready: { type: 'boolean' }, reasons: { type: 'array', items: { type: 'string' } } },
};

/** The routes for probes and for scraping. Never shed. */
export function operationRoutes(context: HttpContext): readonly Route[] {
  return [live(), ready(context), metrics(context)];
}

/** What the server can say of itself: the engine's own readiness, and whether a shutdown has begun. */
export function readinessOf({ engine, activity }: Pick<HttpContext, 'engine' | 'activity'>): Readiness {
  const readiness = engine.readiness();
  if (!activity.draining) return readiness;
  return { ready: false, reasons: ['the server is shutting down', ...readiness.reasons] };
}

function live(): Route {
  const body = JSON.stringify({ live: true });
  return {
    ...OPERATION,
    operationId: 'live',
    path: '/livez',
    access: 'public',
    summary: 'Whether the process answers',
    description: 'Looks at nothing else: restart the process where this fails.',
    answers: [
      {
        status: 200,
        description: 'It does',
        content: {
          'application/json': {
            schema: { type: 'object', required: ['live'], properties: { live: { const: true } } },
            example: { live: true },
          },
        },
      },
    ],
    errors: [],
    handle: (_request, reply) => {
      sendJson(reply, body);
      return undefined;
    },
  };
}

function ready(context: HttpContext): Route {
  return {
    ...OPERATION,
    operationId: 'ready',
    path: '/readyz',
    access: 'public',
    summary: 'Whether the server takes traffic',
    description: 'Where it does not, the problem has the reasons in `reasons`: send traffic elsewhere until it does.',
    answers: [
      {
        status: 200,
        description: 'It does',
        content: { 'application/json': { schema: READY_SCHEMA, example: { ready: true, reasons: [] } } },
      },
    ],
    errors: ['ENGINE_NOT_READY', 'ENGINE_DRAINING'],
    handle: (_request, reply) => {
      const readiness = readinessOf(context);
      if (readiness.ready) sendJson(reply, JSON.stringify(readiness));
      else sendNotReady(reply, readiness, context.activity.draining);
      return undefined;
    },
  };
}

function sendNotReady(reply: FastifyReply, readiness: Readiness, isDraining: boolean): void {
  const reasons = readiness.reasons.map((reason) => reason.replace(/\.$/, '')).join('; ') || 'no reason given';
  const error = new PalisadeError(
    isDraining ? 'ENGINE_DRAINING' : 'ENGINE_NOT_READY',
    `Cannot take traffic as the server is not ready: ${reasons}. Send it elsewhere until this answers 200.`,
  );
  sendProblem(reply, prepareProblem(error, { ready: false, reasons: readiness.reasons }));
}

function metrics({ metrics }: HttpContext): Route {
  return {
    ...OPERATION,
    operationId: 'metrics',
    path: '/metrics',
    access: 'metrics',
    summary: 'Counters and gauges for Prometheus',
    description: 'Text exposition format 0.0.4. Labels have fixed sets of values.',
    answers: [{ status: 200, description: 'The metrics', content: { 'text/plain': { schema: { type: 'string' } } } }],
    errors: ['ENGINE_INTERNAL'],
    handle: async (_request, reply) => {
      reply.header('content-type', metrics.contentType).send(await metrics.expose());
    },
  };
}
