import { PalisadeError } from '../domain/errors.ts';
import { isEventRecord } from './traffic/traffic-item.ts';

export type ApiClient = {
  /** The answer as JSON. Fails with the server's own error, or ENGINE_NOT_READY where there is none. */
  call(method: 'GET' | 'POST', path: string, body?: object): Promise<Readonly<Record<string, unknown>>>;
};

/** A client of a running engine, for commands that ask and steer. */
export function createApiClient(url: string, key: string | null): ApiClient {
  return {
    call: async (method, path, body) => {
      const headers: Record<string, string> = {};
      if (key !== null) headers.authorization = `Bearer ${key}`;
      if (body !== undefined) headers['content-type'] = 'application/json';
      const response = await send(url, path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const value: unknown = await response.json().catch(() => null);
      if (!isEventRecord(value)) throw unreadable(url, response.status);
      if (response.ok) return value;
      throw new PalisadeError('REQUEST_INVALID', `${String(value.detail ?? value.title ?? response.status)}`);
    },
  };
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
