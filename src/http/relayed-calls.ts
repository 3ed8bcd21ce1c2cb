import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Duty } from '../domain/duties.ts';
import type { Cluster, RelayedCall } from '../ports/cluster.ts';
import { presentedKey } from './guard.ts';
import { HOP_HEADER } from './hop.ts';
import { bodyText, type HttpContext, type Route } from './route.ts';

/** What a receiver of commands signs with. */
const PASSED_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

/**
 * Has the node with a duty answer, in one hop: whichever node is called, the answer is that node's own. Where it does
 * not answer, or this node has the duty, the call is handled here.
 */
export function handledByHolder(duty: Duty, { cluster }: HttpContext, handle: Route['handle']): Route['handle'] {
  if (cluster === null) return handle;
  return async (request, reply) => {
    if (await isRelayed(duty, cluster, request, reply)) return;
    await handle(request, reply);
  };
}

async function isRelayed(duty: Duty, cluster: Cluster, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  if (request.headers[HOP_HEADER] !== undefined) return false;
  const answer = await cluster.relay(duty, callOf(request));
  if (answer === null) return false;
  reply.code(answer.status).header('content-type', answer.contentType).send(answer.body);
  return true;
}

function callOf(request: FastifyRequest): RelayedCall {
  const headers: Record<string, string> = {};
  for (const name of PASSED_HEADERS) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value;
  }
  const method = request.method === 'POST' ? 'POST' : 'GET';
  return { method, path: request.url, body: bodyText(request), credential: presentedKey(request), headers };
}
