import { type ErrorCode, type FieldProblem, isErrorCode, PalisadeError } from '../domain/errors.ts';
import { type Wait, waitForReal } from './retrying-sender.ts';
import { isEventRecord } from './traffic/traffic-item.ts';

type ApiMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

export type ApiClient = {
  /**
   * The answer as JSON. A body that is a text is sent as YAML. A call that the engine puts off, having done nothing,
   * is sent again after the time that it names, for about half a minute. Fails with the server's own error, or
   * ENGINE_NOT_READY where there is none.
   */
  call(method: ApiMethod, path: string, body?: object | string): Promise<Readonly<Record<string, unknown>>>;
};

/** What an engine says of a call that it has done nothing about yet. */
const PUT_OFF_CODES: ReadonlySet<unknown> = new Set<ErrorCode>(['ENGINE_OVERLOADED', 'SAGAS_ELSEWHERE']);
const PUT_OFF_STATUS = 503;
const PUT_OFF_WAIT_S = 1;
const TRIES_MAX = 30;

/** A client of a running engine, for commands that ask and steer. */
export function createApiClient(url: string, key: string | null, wait: Wait = waitForReal): ApiClient {
  return {
    call: async (method, path, body) => {
      const headers: Record<string, string> = {};
      if (key !== null) headers.authorization = `Bearer ${key}`;
      const isText = typeof body === 'string';
      if (body !== undefined) headers['content-type'] = isText ? 'application/yaml' : 'application/json';
      const init = { method, headers, ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }) };
      for (let tries = 1; ; tries++) {
        const response = await send(url, path, init);
        const value: unknown = await response.json().catch(() => null);
        if (!isEventRecord(value)) throw unreadable(url, response.status);
        if (response.ok) return value;
        const isPutOff = response.status === PUT_OFF_STATUS && PUT_OFF_CODES.has(value.code);
        if (!isPutOff || tries === TRIES_MAX) throw refusalOf(value, response.status);
        await wait(1000 * (Number(response.headers.get('retry-after')) || PUT_OFF_WAIT_S));
      }
    },
  };
}

/** The error that the engine told, with its own code where this version knows it. */
function refusalOf(problem: Readonly<Record<string, unknown>>, status: number): PalisadeError {
  const code = typeof problem.code === 'string' && isErrorCode(problem.code) ? problem.code : 'REQUEST_INVALID';
  const problems = (Array.isArray(problem.errors) ? problem.errors : []).filter(isEventRecord);
  const fields = problems.map(({ field, message, line, column }): FieldProblem => {
    const place = typeof line === 'number' && typeof column === 'number' ? { line, column } : {};
    return { field: String(field), message: String(message), ...place };
  });
  return new PalisadeError(code, String(problem.detail ?? problem.title ?? status), { fields });
}

async function send(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(new URL(path, url), init);
  } catch (cause) {
    throw new PalisadeError(
      'ENGINE_NOT_READY',
      `Cannot reach the engine as the connection fails: ${url}. Start it with palisade serve, or correct --url.`,
      { cause },
    );
  }
}

function unreadable(url: string, status: number): PalisadeError {
  return new PalisadeError(
    'ENGINE_NOT_READY',
    `Cannot read the answer as it is no JSON object: status ${status}. Check that an engine answers at ${url}.`,
  );
}
