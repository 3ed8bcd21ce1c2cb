import type { FastifyInstance } from 'fastify';
import type { Clock } from '../ports/clock.ts';
import type { HttpContext } from './route.ts';

const LOOK_MS = 25;
/** A turn of the event loop that took less has found next to nothing to do. */
const IDLE_TURN_MS = 0.1;
/** A server that is never idle stops to listen all the same. */
const IDLE_WAIT_MS = 1_000;

/**
 * Shuts the server down without losing a request.
 * 1. Readiness goes off; every answer closes its connection, so that clients leave by themselves; all are still served.
 * 2. After the grace new connections are refused, from a moment on at which none waits to be accepted: the system
 *    resets those. What is under way is finished.
 * 3. What is still connected and quiet is cut after a while: a browser may hold a connection that asks for nothing.
 * 4. The engine drains: everything that was answered is durable, and so is that an approval reached nobody.
 */
export async function drainServer(app: FastifyInstance, context: HttpContext): Promise<void> {
  const { activity, clock, limits, logger, engine, admission, latency, unheard } = context;
  activity.beginDrain();
  admission.stop();
  latency.stop();
  logger.info('Shutting down', { underWay: activity.authorizations + activity.others });
  if (app.server.listening) {
    await delay(clock, limits.drainGraceMs);
    await untilNoneWaits(app, context);
    app.server.close();
  }
  const cutter = cutWhenQuiet(app, context);
  await app.close();
  cutter.cancel();
  await unheard.flush();
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

/** Resolves when no connection waits to be accepted: a turn of the event loop was short and has accepted none. */
async function untilNoneWaits(app: FastifyInstance, { clock, nextTurn }: HttpContext): Promise<void> {
  let accepted = 0;
  const count = (): void => {
    accepted++;
  };
  app.server.on('connection', count);
  const endMs = clock.monotonicMs() + IDLE_WAIT_MS;
  for (let startMs = clock.monotonicMs(); startMs < endMs; startMs = clock.monotonicMs()) {
    accepted = 0;
    await nextTurn();
    if (accepted === 0 && clock.monotonicMs() - startMs < IDLE_TURN_MS) break;
  }
  app.server.off('connection', count);
}

function delay(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(delayMs, resolve);
  });
}
