import { tableReportSchema } from '../../codec/response-schemas.ts';
import { type ErrorCode, PalisadeError } from '../../domain/errors.ts';
import type { TableReport } from '../../ports/engine.ts';
import { type ParsedArguments, textOption } from '../arguments.ts';
import { createHttpTransport, type HttpAnswer, type ReadingTransport } from '../http-transport.ts';

const DEADLINE_MS = 10_000;

/** Options of every command that reads tables of a running engine. */
export const CLIENT_OPTIONS = {
  url: { type: 'string' },
  key: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** What the help says of them. */
export function clientOptionsHelp(scopes: string): string {
  return `  --url URL          the engine (default http://127.0.0.1:8080)
  --key KEY          API key with the ${scopes} (default: PALISADE_KEY)
  --help             show this text
`;
}

/** Connections to the engine that the options name. Throws CONFIG_INVALID on a bad URL. */
export function connect(parsed: ParsedArguments): ReadingTransport {
  const key = textOption(parsed, 'key', process.env.PALISADE_KEY) ?? null;
  const url = textOption(parsed, 'url', 'http://127.0.0.1:8080');
  return createHttpTransport({ url, key, connections: 1, deadlineMs: DEADLINE_MS });
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'REQUEST_INVALID',
  401: 'AUTH_INVALID',
  403: 'AUTH_SCOPE',
  404: 'REQUEST_NOT_FOUND',
};

/** The error for an answer that is no success: what the engine said of it. */
export function refusalOf(path: string, { status, body }: HttpAnswer): PalisadeError {
  const message = `Cannot go on as ${path} is answered with ${status}: ${detailOf(body)}`;
  return new PalisadeError(CODES[status] ?? 'ENGINE_NOT_READY', message);
}

function detailOf(body: string): string {
  try {
    const problem: unknown = JSON.parse(body);
    if (typeof problem === 'object' && problem !== null && 'detail' in problem) return String(problem.detail);
  } catch {
    // Not from the engine: what there is has to do.
  }
  return `${body.slice(0, 300)}. Check --url and --key.`;
}

/** The value of a GET. Rejects with what the engine said, or ENGINE_NOT_READY where it cannot be reached. */
export async function readJson(transport: ReadingTransport, path: string): Promise<unknown> {
  let answer: HttpAnswer;
  try {
    answer = await transport.get(path);
  } catch (cause) {
    if (cause instanceof PalisadeError) throw cause;
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const remedy = 'Start it with palisade serve, or correct --url.';
    const message = `Cannot reach the engine as the connection fails: ${reason}. ${remedy}`;
    throw new PalisadeError('ENGINE_NOT_READY', message, { cause });
  }
  if (answer.status !== 200) throw refusalOf(path, answer);
  try {
    return JSON.parse(answer.body);
  } catch (cause) {
    throw unexpected(path, cause);
  }
}

/** The error for an answer that no Palisade engine gives. */
export function unexpected(path: string, cause: unknown): PalisadeError {
  const message = `Cannot read the answer to ${path} as it is not what an engine answers. Check that --url is one.`;
  return new PalisadeError('REQUEST_MALFORMED', message, { cause });
}

/** The tables of the engine. */
export async function readTables(transport: ReadingTransport): Promise<readonly TableReport[]> {
  const path = '/v1/tables';
  const value = await readJson(transport, path);
  const tables = typeof value === 'object' && value !== null && 'tables' in value ? value.tables : null;
  const parsed = tableReportSchema.array().safeParse(tables);
  if (parsed.success) return parsed.data;
  throw unexpected(path, parsed.error);
}
