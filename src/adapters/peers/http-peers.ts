import http from 'node:http';
import https from 'node:https';
import { DUTIES } from '../../domain/duties.ts';
import type { NodeState, PeerAnswer, PeerCall, Peers } from '../../ports/cluster.ts';

/** Header of a call that another node has forwarded: whoever gets it answers it. */
const HOP_HEADER = 'palisade-hop';
/** Connections to one node. */
const SOCKETS_MAX = 256;
/** The node that asked keeps the deadline of the caller: the one that is asked never answers by the fallback policy. */
const DEADLINE_MS = '60000';
const STATE_MS_MAX = 1_000;
/** Time that a node with a duty has for an answer: a step of a saga is durable then. */
const RELAY_MS_MAX = 5_000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

type Response = { readonly status: number; readonly headers: http.IncomingHttpHeaders; readonly body: string };
type Sending = {
  readonly url: URL;
  readonly method: string;
  readonly headers: http.OutgoingHttpHeaders;
  readonly body: string;
  readonly timeoutMs: number;
};

/** Opens connections to other nodes, kept alive, as they are needed. */
export function createHttpPeers(): Peers {
  const options = { keepAlive: true, maxSockets: SOCKETS_MAX, noDelay: true };
  const plain = new http.Agent(options);
  const secure = new https.Agent(options);
  const send = (sending: Sending): Promise<Response> =>
    sending.url.protocol === 'https:' ? exchange(https, secure, sending) : exchange(http, plain, sending);
  return {
    authorize: async ({ url, text, credential, timeoutMs }: PeerCall): Promise<PeerAnswer> => {
      const headers = {
        ...headersOf(credential),
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        'x-deadline-ms': DEADLINE_MS,
      };
      const target = new URL('/v1/authorizations', url);
      const answer = await send({ url: target, method: 'POST', headers, body: text, timeoutMs });
      const { status, body } = answer;
      if (status !== 200) return { ok: false, status, body };
      return { ok: true, body, repeated: answer.headers['palisade-repeated'] === 'true' };
    },
    relay: async (url, { method, path, body, credential, headers }) => {
      const content = body === '' ? {} : { 'content-type': 'application/json' };
      const all = { ...headers, ...headersOf(credential), ...content, 'content-length': Buffer.byteLength(body) };
      const target = new URL(path, url);
      const answer = await send({ url: target, method, headers: all, body, timeoutMs: RELAY_MS_MAX });
      const { 'content-type': contentType = 'application/json' } = answer.headers;
      return { status: answer.status, contentType, body: answer.body };
    },
    state: async (url, credential) => {
      const target = new URL('/v1/cluster/node', url);
      const sending = { url: target, method: 'GET', headers: headersOf(credential), body: '', timeoutMs: STATE_MS_MAX };
      try {
        const { status, body } = await send(sending);
        return status === 200 ? stateOf(JSON.parse(body)) : null;
      } catch {
        return null;
      }
    },
    close: () => {
      plain.destroy();
      secure.destroy();
    },
  };
}

function headersOf(credential: string | null): http.OutgoingHttpHeaders {
  return { [HOP_HEADER]: '1', ...(credential === null ? {} : { authorization: `Bearer ${credential}` }) };
}

function exchange(
  client: typeof http | typeof https,
  agent: http.Agent,
  { url, method, headers, body, timeoutMs }: Sending,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = client.request(url, { agent, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_BYTES_MAX) request.destroy(new Error('the answer is too large'));
      });
      response.on('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
      response.on('error', failed);
    });
    const timer = setTimeout(() => request.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    const failed = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    request.on('error', failed);
    request.end(body);
  });
}

function stateOf(value: unknown): NodeState | null {
  if (typeof value !== 'object' || value === null) return null;
  const id: unknown = Reflect.get(value, 'id');
  const headPosition: unknown = Reflect.get(value, 'headPosition');
  const residentActors: unknown = Reflect.get(value, 'residentActors');
  const told: unknown = Reflect.get(value, 'held');
  // Nodes of an earlier version say nothing of duties.
  const held = Array.isArray(told) ? DUTIES.filter((duty) => told.includes(duty)) : [];
  const isWhole = typeof id === 'string' && typeof headPosition === 'number' && typeof residentActors === 'number';
  return isWhole ? { id, headPosition, residentActors, held } : null;
}
