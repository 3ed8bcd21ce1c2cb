import type { FastifyInstance } from 'fastify';
import type { Clock } from '../ports/clock.ts';
import type { HttpContext } from './route.ts';

const LOOK_MS = 25;

/**
 * Shuts the server down without losing a request.
 * 1. Readiness goes off; every answer closes its connection, so that clients leave by themselves; all are still served.
 * 2. After the grace new connections are refused. What is under way is finished.
 * 3. What is still connected and quiet is cut after a while: a browser may hold a connection that asks for nothing.
 * 4. The engine drains: everything that was answered is durable.
 */
export async function drainServer(app: FastifyInstance, context: HttpContext): Promise<void> {
  const { activity, clock, limits, logger, engine, admission } = context;
  activity.beginDrain();
  admission.stop();
  logger.info('Shutting down', { underWay: activity.authorizations + activity.others });
  if (app.server.listening) await delay(clock, limits.drainGraceMs);
  const cutter = cutWhenQuiet(app, context);
  await app.close();
  cutter.cancel();
  await engine.drain();
  logger.info('Shut down');
}

function cutWhenQuiet(app: FastifyInstance, context: HttpContext): { cancel(): void } {
  const { activity, clock, limits, logger } = context;
  const startMs = clock.monotonicMs();
  let timer = clock.schedule(LOOK_MS, look);
  return { cancel: () => timer.cancel() };

  function look(): void {
    const elapsedMs = clock.monotonicMs() - startMs;
    const isQuiet = Math.min(activity.quietMs, elapsedMs) >= limits.drainQuietMs;
    const isOver = elapsedMs + limits.drainGraceMs >= limits.drainTimeoutMs;
    if (isOver && !isQuiet) {
      logger.warn('Cut connections that had requests under way', {
        authorizations: activity.authorizations,
        others: activity.others,
      });
    }
    if (isQuiet || isOver) app.server.closeAllConnections();
    else timer = clock.schedule(LOOK_MS, look);
  }
}

function delay(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve);
  });
}
