import { Buffer } from 'node:buffer';
import http from 'node:http';
import https from 'node:https';
import { PalisadeError } from '../domain/errors.ts';

/** Answer of the server to one request. */
export type HttpAnswer = { readonly status: number; readonly body: string; readonly retryAfterS: number | null };

/** Sends JSON to the engine, or text of another type. Rejects when there is no answer: the connection failed. */
export interface Transport {
  post(path: string, body: string, type?: string): Promise<HttpAnswer>;
  /** Cuts the connections; what is under way, and every later call, rejects. */
  close(): void;
}

/** A transport that reads too. */
export type ReadingTransport = Transport & { get(path: string): Promise<HttpAnswer> };

export type TransportOptions = {
  /** Base address, such as http://127.0.0.1:8080. */
  readonly url: string;
  readonly key: string | null;
  /** Connections kept open; further requests wait for a free one. */
  readonly connections: number;
  /** Sent as `X-Deadline-Ms` with every request. */
  readonly deadlineMs: number;
};

function parseRetryAfter(header: string | undefined): number | null {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

function parseBase(url: string): URL {
  const base = URL.parse(url);
  if (base !== null && (base.protocol === 'http:' || base.protocol === 'https:')) return base;
  throw new PalisadeError(
    'CONFIG_INVALID',
    `Cannot use the address of the engine as it is no http URL: ${url}. Pass one such as http://127.0.0.1:8080.`,
  );
}

/** Opens a pool of keep-alive connections to the engine. Nothing is sent yet. Throws CONFIG_INVALID on a bad URL. */
export function createHttpTransport(options: TransportOptions): ReadingTransport {
  const base = parseBase(options.url);
  const secure = base.protocol === 'https:';
  const client = secure ? https : http;
  const agent = new client.Agent({
    keepAlive: true,
    maxSockets: options.connections,
    maxFreeSockets: options.connections,
  });
  const prefix = base.pathname.replace(/\/$/, '');
  const shared = {
    'x-deadline-ms': String(options.deadlineMs),
    ...(options.key === null ? undefined : { authorization: `Bearer ${options.key}` }),
  };
  const target = {
    agent,
    hostname: base.hostname.replace(/^\[|\]$/g, ''),
    port: base.port === '' ? (secure ? 443 : 80) : Number(base.port),
  };

  let closed = false;

  function post(path: string, body: string, type = 'application/json'): Promise<HttpAnswer> {
    const headers = { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) };
    return send('POST', path, headers, body);
  }

  function get(path: string): Promise<HttpAnswer> {
    return send('GET', path, {}, '');
  }

  function send(method: string, path: string, own: Record<string, string>, body: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      if (closed) {
        const message = 'Cannot send as the connections are closed: the command has ended. Run it again.';
        reject(new PalisadeError('ENGINE_NOT_READY', message));
        return;
      }
      const headers = { ...shared, ...own };
      const request = client.request({ ...target, method, path: prefix + path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          const retryAfterS = parseRetryAfter(response.headers['retry-after']);
          resolve({ status: response.statusCode ?? 0, body: text, retryAfterS });
        });
        response.on('error', reject);
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  function close(): void {
    closed = true;
    agent.destroy();
  }

  return { post, get, close };
}
