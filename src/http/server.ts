import { type FastifyInstance, fastify, LogController } from 'fastify';
import { BODY_BYTES_MAX, ID_LENGTH_MAX } from '../domain/limits.ts';
import type { BusWatch } from '../ports/bus-report.ts';
import type { Cases } from '../ports/cases.ts';
import type { Clock } from '../ports/clock.ts';
import type { Cluster } from '../ports/cluster.ts';
import type { ConsoleReads } from '../ports/console.ts';
import type { Engine } from '../ports/engine.ts';
import type { Laboratory } from '../ports/laboratory.ts';
import type { Logger } from '../ports/logger.ts';
import type { Projections } from '../ports/projections.ts';
import type { RulesetLab } from '../ports/ruleset-lab.ts';
import type { ConfirmationCheck, Sagas } from '../ports/saga-door.ts';
import type { SqlQueries } from '../ports/sql-queries.ts';
import { Activity } from './activity.ts';
import { Admission } from './admission.ts';
import { connectionErrorHandler } from './connection-errors.ts';
import type { ConsoleFiles } from './console-page.ts';
import { drainServer } from './drain.ts';
import { failureOf } from './failures.ts';
import { defaultHttpLimits, type HttpLimits } from './http-limits.ts';
import type { KeyRing } from './key-ring.ts';
import { LatencySeries } from './latency-series.ts';
import { listenOn } from './listen.ts';
import { Metrics } from './metrics.ts';
import { registerRoutes } from './register-routes.ts';
import type { HttpContext } from './route.ts';
import { readinessOf } from './routes/operation-routes.ts';
import { UnheardApprovals } from './unheard-approvals.ts';
import { sendUnrouted } from './unrouted.ts';

/** What the server is made of. `keys` null lets every call in: for the demo, and behind a gateway that checks. */
export type HttpServerOptions = {
  readonly engine: Engine;
  /** The other nodes; without it every call is decided here, and the server has no routes for them. */
  readonly cluster?: Cluster;
  /** The sagas, and how their receivers' words are checked; without them their routes answer SAGAS_OFF. */
  readonly sagas?: { readonly runner: Sagas; readonly checkConfirmation: ConfirmationCheck };
  /** What the views are read from; without it the server has no routes for them. */
  readonly projections?: Projections;
  /** What analysts read; without it the server has no routes for them. */
  readonly console?: ConsoleReads;
  /** The page for analysts, which the server has at `/`. */
  readonly page?: ConsoleFiles;
  /** SQL over the views; without it the server has no routes for it. */
  readonly sql?: SqlQueries;
  /** The cases that people work on; without them the server has no routes for them. */
  readonly cases?: Cases;
  /** Where rulesets are drafted, tried and approved; without it the server has no routes for that. */
  readonly lab?: RulesetLab;
  /** What is worked out from the log; without it the server has no routes for that. */
  readonly laboratory?: Laboratory;
  /** The message bus, for the metrics. */
  readonly bus?: BusWatch;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keys: KeyRing | null;
  /** How long an answer is of use where the caller does not say, ms. */
  readonly defaultDeadlineMs: number;
  readonly version: string;
  readonly limits?: Partial<HttpLimits>;
  /** Resolves after one turn of the event loop. */
  readonly nextTurn: () => Promise<void>;
};

/** The HTTP door of an engine. */
export type HttpServer = {
  /** The Fastify instance, for `inject` and for what is mounted beside the API. */
  readonly app: FastifyInstance;
  /** Begins to serve and gives the URL. Fails with PORT_TAKEN or CONFIG_INVALID. */
  listen(host: string, port: number): Promise<string>;
  /** Drains, the engine too: resolves when every answer given is durable. A second call waits for the first. */
  close(): Promise<void>;
};

/** A part of a path in percent-encoding takes up to three characters a byte, and a character up to four bytes. */
const PATH_PART_LENGTH_MAX = ID_LENGTH_MAX * 12;

/** Builds the server of an engine: routes, keys, admission, metrics and documentation. Listens to nothing yet. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const context = contextOf(options);
  const app = createApp(context);
  registerRoutes(app, context);
  let closed: Promise<void> | null = null;
  return {
    app,
    listen: async (host, port) => {
      const url = await listenOn(app, host, port);
      context.admission.start();
      context.latency.start();
      return url;
    },
    close: () => {
      closed ??= drainServer(app, context);
      return closed;
    },
  };
}

function contextOf(options: HttpServerOptions): HttpContext {
  const { engine, clock } = options;
  const limits = { ...defaultHttpLimits(options.defaultDeadlineMs), ...options.limits };
  const activity = new Activity(clock);
  const metrics: Metrics = new Metrics(
    engine,
    {
      inFlight: () => activity.authorizations,
      shedShare: () => admission.share,
      ready: () => readinessOf({ engine, activity }).ready,
    },
    options.version,
  );
  const admission: Admission = new Admission(
    clock,
    limits.admission,
    () => engine.statistics().oldestPendingMs,
    (delayMs) => metrics.loopDelay(delayMs),
  );
  const projections = options.projections ?? null;
  if (projections !== null) metrics.show(projections);
  const sagas = options.sagas?.runner ?? null;
  if (sagas !== null) metrics.showSagas(sagas);
  if (options.bus !== undefined) metrics.showBus(options.bus);
  const checkConfirmation = options.sagas?.checkConfirmation ?? (() => 'of an endpoint that is not known');
  const unheard = new UnheardApprovals(engine, clock, options.logger);
  const latency = new LatencySeries(clock, () => metrics.authorizations.latency.counts());
  const console = options.console ?? null;
  const cases = options.cases ?? null;
  const laboratory = options.laboratory ?? null;
  const cluster = options.cluster ?? null;
  if (cluster !== null) metrics.showCluster(cluster);
  const { sql = null, lab = null } = options;
  const parts = { cluster, limits, activity, metrics, admission, latency, laboratory, cases, unheard, sql, lab };
  return { ...options, ...parts, sagas, checkConfirmation, projections, console, page: options.page ?? null };
}

/**
 * Fastify with every default that matters set: Node's own leave a slow body without a timeout, and requests on one
 * connection without a bound. Requests during a shutdown are served, not refused: the drain decides when to stop.
 */
function createApp(context: HttpContext): FastifyInstance {
  const { limits, metrics } = context;
  const app = fastify({
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      requireHostHeader: false,
    },
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxRequestsPerSocket: limits.requestsPerSocketMax,
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: PATH_PART_LENGTH_MAX },
    return503OnClosing: false,
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => '',
    frameworkErrors: (error, _request, reply) => sendUnrouted(reply, failureOf(error, context.logger), context),
    clientErrorHandler: connectionErrorHandler(metrics),
  });
  app.server.maxConnections = limits.connectionsMax;
  app.decorateRequest('receivedAtMs', 0);
  return app;
}
