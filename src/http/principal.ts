import type { FastifyRequest } from 'fastify';
import { presentedKey } from './guard.ts';
import { splitKey } from './keys.ts';
import type { HttpContext } from './route.ts';

/** Who calls: the id of the key, which the guard has checked; null where calls need none. */
export function principalOf(request: FastifyRequest, { keys }: Pick<HttpContext, 'keys'>): string | null {
  if (keys === null) return null;
  const presented = presentedKey(request);
  return presented === null ? null : (splitKey(presented)?.id ?? null);
}
