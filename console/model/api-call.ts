import { pause } from '../platform.ts';
import { apiKey, keyWanted } from './session.ts';

/** An answer that is no success, in the words of the engine. `code` is `UNREACHABLE` where nothing answered. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** What a call sends beside its path. */
export type CallOptions = {
  readonly method?: string;
  readonly body?: string;
  readonly type?: string;
  readonly signal?: AbortSignal;
};

/** An engine that sheds a call has done nothing of it, and says when to come again. */
const SHED_CODE = 'ENGINE_OVERLOADED';
const TRIES_MAX = 8;
const WAIT_S = 1;

/**
 * Calls the API with the key of this tab, and again where the engine sheds the call. Throws ApiProblem; asks the viewer
 * for a key where one is missing.
 */
export async function call(path: string, options: CallOptions = {}): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const response = await callOnce(path, options);
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (problem.code !== SHED_CODE || tries === TRIES_MAX) throw problem;
    await pause(1000 * (Number(response.headers.get('retry-after')) || WAIT_S), options.signal);
    options.signal?.throwIfAborted();
  }
}

async function callOnce(path: string, options: CallOptions): Promise<Response> {
  const { method = 'GET', body, type = 'application/json', signal } = options;
  const key = apiKey.peek();
  const headers = new Headers(key === '' ? {} : { authorization: `Bearer ${key}` });
  if (body !== undefined) headers.set('content-type', type);
  return await fetch(path, {
    method,
    headers,
    credentials: 'omit',
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ApiProblem(0, 'UNREACHABLE', 'The engine does not answer. Check that it runs; this page goes on trying.');
  });
}

/** The JSON of an answer. The caller names the type that the API documents for it. */
export async function callJson<Answer>(path: string, options: CallOptions = {}): Promise<Answer> {
  const response = await call(path, options);
  const answer: Answer = JSON.parse(await response.text());
  return answer;
}

/** A path with a query; values that are '' are left out. */
export function withQuery(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)] as const],
  );
  const search = new URLSearchParams(Object.fromEntries(given)).toString();
  return search === '' ? path : `${path}?${search}`;
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const problem: unknown = await response.json().catch(() => null);
  const code = memberOf(problem, 'code') || `HTTP_${response.status}`;
  const detail = memberOf(problem, 'detail') || `The engine answered with status ${response.status}.`;
  if (response.status === 401) keyWanted.value = detail;
  return new ApiProblem(response.status, code, detail);
}

function memberOf(value: unknown, name: string): string {
  if (typeof value !== 'object' || value === null) return '';
  const member: unknown = Reflect.get(value, name);
  return typeof member === 'string' ? member : '';
}
