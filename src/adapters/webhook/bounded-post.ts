import { Buffer } from 'node:buffer';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { PalisadeError } from '../../domain/errors.ts';
import { pinnedAddress, type Resolver } from './address-guard.ts';

/** Bytes of an answer that are read; what is longer is cut off, and the connection closed. */
const ANSWER_BYTES_MAX = 16 * 1024;

export type PostTarget = {
  readonly url: URL;
  /** From the connection to the last byte of the answer, ms. */
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
};

export type PostAnswer = { readonly status: number; readonly text: string; readonly retryAfterMs: number };

/** Connections kept open between posts, an agent a scheme. */
export type PostAgents = { readonly http: http.Agent; readonly https: https.Agent };

/** Makes the agents; they keep connections to the same address and port for the next post. */
export function createAgents(): PostAgents {
  const options = { keepAlive: true, maxSockets: 256, maxFreeSockets: 64 };
  return { http: new http.Agent(options), https: new https.Agent(options) };
}

/**
 * Posts a text, follows no redirect, and reads a bounded answer in a bounded time. Rejects where there is no answer: no
 * connection, none in time, or an address that is not allowed.
 */
export async function postBounded(
  { url, timeoutMs, allowPrivate }: PostTarget,
  headers: Readonly<Record<string, string>>,
  body: string,
  agents: PostAgents,
  resolve?: Resolver,
): Promise<PostAnswer> {
  const { address, family } = await pinnedAddress(url.hostname, allowPrivate, resolve);
  const lookup: LookupFunction = (_host, options, done) => {
    if (options.all === true) done(null, [{ address, family }]);
    else done(null, address, family);
  };
  const isSecure = url.protocol === 'https:';
  const bytes = Buffer.from(body, 'utf8');
  return new Promise<PostAnswer>((succeed, fail) => {
    const request = (isSecure ? https : http).request(
      url,
      {
        method: 'POST',
        agent: isSecure ? agents.https : agents.http,
        lookup,
        headers: { ...headers, 'content-length': String(bytes.length) },
      },
      (response) =>
        readAnswer(response)
          .then(succeed, fail)
          .finally(() => clearTimeout(timer)),
    );
    const timer = setTimeout(() => request.destroy(timedOut(url, timeoutMs)), timeoutMs);
    request.on('error', (error) => {
      clearTimeout(timer);
      fail(error);
    });
    request.end(bytes);
  });
}

function readAnswer(response: http.IncomingMessage): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (): void => {
      const text = Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8');
      resolve({ status: response.statusCode ?? 0, text, retryAfterMs: retryAfterOf(response.headers['retry-after']) });
    };
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length < ANSWER_BYTES_MAX) return;
      end();
      response.destroy();
    });
    response.on('end', end);
    response.on('error', reject);
    response.on('aborted', () => reject(new PalisadeError('ENGINE_NOT_READY', 'The answer broke off.')));
  });
}

/** Ms that a `Retry-After` in seconds or as a date asks for; 0 where it is neither. */
function retryAfterOf(header: string | undefined): number {
  if (header === undefined) return 0;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - Date.now());
}

function timedOut(url: URL, timeoutMs: number): PalisadeError {
  return new PalisadeError(
    'ENGINE_NOT_READY',
    `Cannot go on with ${url.host} as it did not answer in ${timeoutMs} ms.`,
  );
}
