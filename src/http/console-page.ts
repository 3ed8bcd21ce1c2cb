import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where the files of the console are served; the page itself is at `/`. */
export const CONSOLE_PREFIX = '/console';

/** One file of the console, ready to send. `tag` changes with its bytes. */
export type ConsoleFile = {
  readonly type: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
  readonly tag: string;
};

/** The files of the console by their path under the prefix; '' is the page. Null for any other path. */
export type ConsoleFiles = (path: string) => ConsoleFile | null;

/**
 * Content security policy of the console: scripts and styles are files of this server, none is inline, and a text can
 * not become a script (Trusted Types). What is shown of a payment cannot reach another host.
 */
export const CONSOLE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'; frame-ancestors 'none'; base-uri 'none'; " +
  "form-action 'none'";

/** Whether a route of Fastify belongs to the console. */
export function isConsoleUrl(url: string): boolean {
  return url === '/' || url.startsWith(`${CONSOLE_PREFIX}/`);
}

/** Serves the console: the page at `/`, all else under its prefix. A browser asks again only for what has changed. */
export function registerConsolePage(app: FastifyInstance, files: ConsoleFiles): void {
  app.get('/', (request, reply) => sendFile(request, reply, files('')));
  app.get(`${CONSOLE_PREFIX}/*`, (request, reply) => {
    const path = request.url.slice(CONSOLE_PREFIX.length + 1).split('?')[0] ?? '';
    return sendFile(request, reply, path === '' ? null : files(path));
  });
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: ConsoleFile | null): FastifyReply {
  if (file === null) {
    reply.callNotFound();
    return reply;
  }
  reply
    .header('content-security-policy', CONSOLE_POLICY)
    .header('referrer-policy', 'no-referrer')
    .header('cache-control', 'no-cache')
    .header('vary', 'accept-encoding')
    .header('etag', file.tag);
  if (request.headers['if-none-match'] === file.tag) return reply.code(304).send();
  const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  if (takesGzip) reply.header('content-encoding', 'gzip');
  return reply.header('content-type', file.type).send(takesGzip ? file.gzipped : file.plain);
}
