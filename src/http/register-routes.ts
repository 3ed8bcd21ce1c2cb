import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { PalisadeError } from '../domain/errors.ts';
import { AllowedMethods } from './allowed-methods.ts';
import { CONSOLE_PREFIX, isConsoleUrl, registerConsolePage } from './console-page.ts';
import { registerDocumentationUi, UI_PREFIX } from './documentation-ui.ts';
import { failureOf } from './failures.ts';
import { type Guard, guardOf } from './guard.ts';
import type { RouteMetrics } from './metrics.ts';
import { openApiOf } from './openapi.ts';
import { prepareProblem, sendProblem } from './replies.ts';
import type { HttpContext, Route } from './route.ts';
import { authorizationRoutes } from './routes/authorization-routes.ts';
import { clusterRoutes } from './routes/cluster-routes.ts';
import { consoleRoutes } from './routes/console-routes.ts';
import { documentationRoutes } from './routes/documentation-routes.ts';
import { draftRoutes } from './routes/draft-routes.ts';
import { entityRoutes } from './routes/entity-routes.ts';
import { eventRoutes } from './routes/event-routes.ts';
import { listRoutes } from './routes/list-routes.ts';
import { operationRoutes } from './routes/operation-routes.ts';
import { rulesetRoutes } from './routes/ruleset-routes.ts';
import { sagaRoutes } from './routes/saga-routes.ts';
import { suppressionRoutes } from './routes/suppression-routes.ts';
import { tableRoutes } from './routes/table-routes.ts';
import { viewRoutes } from './routes/view-routes.ts';
import { sendUnrouted } from './unrouted.ts';

/** Every operation of the API, in the order of its documentation. */
export function routesOf(context: HttpContext): readonly Route[] {
  let openApiText = '';
  const routes = [
    ...authorizationRoutes(context),
    ...eventRoutes(context),
    ...entityRoutes(context),
    ...listRoutes(context),
    ...suppressionRoutes(context),
    ...tableRoutes(context),
    ...viewRoutes(context),
    ...consoleRoutes(context),
    ...sagaRoutes(context),
    ...rulesetRoutes(context),
    ...draftRoutes(context),
    ...operationRoutes(context),
    ...clusterRoutes(context),
    ...documentationRoutes(() => openApiText),
  ];
  openApiText = JSON.stringify(openApiOf(routes, context.version));
  return routes;
}

/**
 * Puts the routes into Fastify, each with its guard, its count and its parsers. A route that is neither in the table
 * nor under the documentation stops the server from being built: nothing is open by an oversight.
 */
export function registerRoutes(app: FastifyInstance, context: HttpContext): void {
  const routes = routesOf(context);
  const known = new Map(routes.map((route) => [`${route.method} ${fastifyUrl(route.path)}`, route]));
  const pages: Equipment = {
    guard: guardOf({ access: 'public', isSheddable: false }, context),
    metrics: context.metrics.route(`${UI_PREFIX}/*`, 'GET'),
  };
  const consolePages: Equipment = { ...pages, metrics: context.metrics.route(`${CONSOLE_PREFIX}/*`, 'GET') };
  const equipped = new Map<string, Equipment>();
  for (const [key, route] of known) {
    equipped.set(key, { guard: guardOf(route, context), metrics: context.metrics.route(route.path, route.method) });
  }
  const allowed = new AllowedMethods();
  app.setErrorHandler((error, request, reply) => {
    // Whatever Fastify finds wrong with a request that no route takes, the path or the method is the answer.
    if (request.is404) sendNotFound(request, reply, allowed, context);
    else sendFailure(error, reply, context, []);
  });
  app.addHook('onRoute', (options) => {
    const methods = [options.method].flat();
    const key = `${methods.map((method) => (method === 'HEAD' ? 'GET' : method)).join()} ${options.url}`;
    const isPage = options.url === UI_PREFIX || options.url.startsWith(`${UI_PREFIX}/`);
    const ofPage = isConsoleUrl(options.url) ? consolePages : isPage ? pages : undefined;
    const equipment = equipped.get(key) ?? ofPage;
    if (equipment === undefined) throw undeclared(key);
    equip(options, equipment, context);
    allowed.add(options.url, methods);
  });
  app.removeAllContentTypeParsers();
  for (const route of routes) app.register((scope, _options, done) => done(addRoute(scope, route, context)));
  registerDocumentationUi(app, openApiOf(routes, context.version));
  if (context.page !== null) registerConsolePage(app, context.page);
  app.setNotFoundHandler((request, reply) => sendNotFound(request, reply, allowed, context));
}

type Equipment = { readonly guard: Guard; readonly metrics: RouteMetrics };

/** Adds to a route what runs before its body is read, and what runs when its answer is ready. */
function equip(options: RouteOptions, { guard, metrics }: Equipment, { clock, activity }: HttpContext): void {
  options.onRequest = [guard, options.onRequest ?? []].flat();
  options.onSend = [onSend, options.onSend ?? []].flat();

  function onSend(request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void): void {
    metrics.observe(reply.statusCode, (clock.monotonicMs() - request.receivedAtMs) / 1e3);
    reply.header('x-content-type-options', 'nosniff');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    if (activity.draining) reply.header('connection', 'close');
    done();
  }
}

/** Registers one route with parsers of its own, so that it reads the media types that it documents and no other. */
function addRoute(scope: FastifyInstance, route: Route, context: HttpContext): undefined {
  const { activity } = context;
  const mediaTypes = route.bodies.map(({ type }) => type);
  scope.setErrorHandler((error, _request, reply) => sendFailure(error, reply, context, mediaTypes));
  for (const { type, bytesMax } of route.bodies) {
    scope.addContentTypeParser(type, { parseAs: 'string', bodyLimit: bytesMax }, readText);
  }
  if (route.bodies.length === 0) scope.addContentTypeParser('*', { parseAs: 'string' }, ignoreText);
  scope.route({
    method: route.method,
    url: fastifyUrl(route.path),
    handler: (request, reply) => {
      const ending = route.handle(request, reply);
      if (ending === undefined) return;
      activity.others++;
      ending.then(
        () => activity.endOther(),
        (error: unknown) => {
          activity.endOther();
          reply.send(error instanceof Error ? error : new Error('A handler rejected without an error'));
        },
      );
    },
  });
}

function sendFailure(
  error: unknown,
  reply: FastifyReply,
  { logger }: HttpContext,
  mediaTypes: readonly string[],
): void {
  sendProblem(reply, prepareProblem(failureOf(error, logger, mediaTypes)));
}

/**
 * Takes a body as the text that it is. Bytes that are not UTF-8 arrive as U+FFFD, which would let two bodies pass for
 * the same; a text with that character is refused. The search costs nothing where a text is ASCII.
 */
function readText(_request: FastifyRequest, body: string, done: (error: Error | null, body?: string) => void): void {
  if (body.includes('\ufffd')) done(notUtf8());
  else done(null, body);
}

function ignoreText(_request: FastifyRequest, _body: string, done: (error: Error | null) => void): void {
  done(null);
}

function notUtf8(): PalisadeError {
  const reason = 'it is not well-formed UTF-8: a byte has no meaning, or the text holds U+FFFD';
  return new PalisadeError('REQUEST_MALFORMED', `Cannot read the body as ${reason}. Send UTF-8.`);
}

function fastifyUrl(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

function undeclared(key: string): PalisadeError {
  return new PalisadeError(
    'CONFIG_INVALID',
    `Cannot serve a route as the table does not declare who may call it: ${key}. Declare it with its scope.`,
  );
}

function sendNotFound(
  request: FastifyRequest,
  reply: FastifyReply,
  allowed: AllowedMethods,
  context: HttpContext,
): void {
  const methods = allowed.of(request.url);
  const isOther = methods.length > 0 && !methods.includes(request.method);
  const error = !isOther
    ? new PalisadeError(
        'REQUEST_NOT_FOUND',
        'Cannot serve this path as there is no such route: it is unknown. /docs lists the routes.',
      )
    : new PalisadeError(
        'METHOD_NOT_ALLOWED',
        `Cannot serve this method as the path does not have it. Use one of: ${methods.join(', ')}.`,
      );
  if (isOther) reply.header('allow', methods.join(', '));
  sendUnrouted(reply, error, context);
}
