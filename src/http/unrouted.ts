import type { FastifyReply } from 'fastify';
import type { PalisadeError } from '../domain/errors.ts';
import { prepareProblem, sendProblem } from './replies.ts';
import type { HttpContext } from './route.ts';

/** Answers a request that no route took: counted apart, with the headers that a route would have set. */
export function sendUnrouted(reply: FastifyReply, error: PalisadeError, { metrics, activity }: HttpContext): void {
  metrics.unrouted.count(error.status);
  reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
  if (activity.draining) reply.header('connection', 'close');
  sendProblem(reply, prepareProblem(error));
}
