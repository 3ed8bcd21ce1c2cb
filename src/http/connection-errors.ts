import type { Socket } from 'node:net';
import type { ErrorCode } from '../domain/errors.ts';
import type { Metrics } from './metrics.ts';
import { PROBLEM_TYPE, type PreparedProblem, preparedOf } from './replies.ts';

const TIMEOUT = preparedOf(
  'REQUEST_TIMEOUT',
  'Cannot answer as the request took too long to arrive: it is incomplete. Send headers and body without a pause.',
);
const HEADERS_TOO_LARGE = preparedOf(
  'REQUEST_HEADERS_TOO_LARGE',
  'Cannot read the request as its headers are too large: more bytes than the limit. Send fewer or shorter headers.',
);
const NOT_HTTP = preparedOf(
  'REQUEST_MALFORMED',
  'Cannot read the request as it is not well-formed HTTP: the parser stopped. Send HTTP/1.1 (RFC 9112).',
);

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** The codes that a connection can be refused with before a request of it can be routed. */
export const CONNECTION_ERRORS: readonly ErrorCode[] = [
  'REQUEST_TIMEOUT',
  'REQUEST_HEADERS_TOO_LARGE',
  'REQUEST_MALFORMED',
];

/**
 * Answers a connection that sent no request which could be routed (too slow, too large, not HTTP) with a problem, and
 * closes it. Where an answer to an earlier request is on its way, the bytes would end up in it: then it only closes.
 */
export function connectionErrorHandler(metrics: Metrics): (error: Error & { code?: string }, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const problem = problemOfCode(error.code);
    metrics.refusedConnection(problem.status);
    if (socket.writable && !isAnswering(socket)) socket.write(rawAnswer(problem));
    socket.destroySoon();
  };
}

function problemOfCode(code: string | undefined): PreparedProblem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return TIMEOUT;
  return code === 'HPE_HEADER_OVERFLOW' ? HEADERS_TOO_LARGE : NOT_HTTP;
}

/** Whether Node has begun to write an answer to this socket: it keeps the message there while it does. */
function isAnswering(socket: Socket): boolean {
  const message: unknown = Reflect.get(socket, '_httpMessage');
  return typeof message === 'object' && message !== null && Reflect.get(message, 'headersSent') === true;
}

function rawAnswer({ status, text }: PreparedProblem): string {
  const length = new TextEncoder().encode(text).length;
  const head = `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\nConnection: close\r\nCache-Control: no-store\r\n`;
  return `${head}Content-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${length}\r\n\r\n${text}`;
}
