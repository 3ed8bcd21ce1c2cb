import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stepBackProcess } from '../../adapters/system/thread-priority.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { SqlAnswer, SqlQueries, SqlTable } from '../../ports/sql-queries.ts';
import { errorOfImage } from '../projections/projection-messages.ts';
import type { FromLauncher, ToLauncher } from './sql-launcher.ts';
import type { SqlRequest } from './sql-process.ts';

const SCRIPT = fileURLToPath(new URL('./sql-launcher.ts', import.meta.url));
const TIME_MS_MAX = 10_000;
const IS_DENO = Object.hasOwn(process.versions, 'deno');
const NODE_FLAGS = ['--max-old-space-size=128', '--disable-warning=ExperimentalWarning'];
const DENO_FLAGS = ['run', '--allow-read', '--allow-env', '--allow-sys', '--allow-run'];

type Waiting = { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void };

/** Queries that can be closed. */
export type RunningQueries = SqlQueries & { close(): void };

/**
 * Runs queries, one after the other, by a launcher. Call it while the engine is small: a process that is started later
 * costs every thread as many milliseconds as the engine has tens of megabytes.
 */
export function startQueries(file: string, timeMsMax: number = TIME_MS_MAX): RunningQueries {
  return new SqlClient(file, timeMsMax);
}

class SqlClient implements RunningQueries {
  readonly #args: readonly string[];
  readonly #waiting = new Map<number, Waiting>();
  #launcher: ChildProcess | null;
  #nextId = 1;
  #isClosed = false;

  constructor(file: string, timeMsMax: number) {
    this.#args = [SCRIPT, file, String(timeMsMax)];
    // Under Deno queries are refused: a process is started for that where somebody asks.
    this.#launcher = IS_DENO ? null : this.#start();
  }

  query(sql: string, rowsMax: number, gone?: AbortSignal): Promise<SqlAnswer> {
    return this.#ask({ about: 'query', sql, rowsMax }, gone);
  }

  tables(): Promise<readonly SqlTable[]> {
    return this.#ask({ about: 'tables' });
  }

  close(): void {
    this.#isClosed = true;
    this.#launcher?.kill('SIGKILL');
    this.#fail(new PalisadeError('ENGINE_DRAINING', 'Cannot run the query as the engine shuts down. Try again.'));
  }

  #ask<Answer>(request: SqlRequest, gone?: AbortSignal): Promise<Answer> {
    if (this.#isClosed) {
      const message = 'Cannot run the query as the engine shuts down. Try again later.';
      return Promise.reject(new PalisadeError('ENGINE_OVERLOADED', message));
    }
    return new Promise<Answer>((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      gone?.addEventListener('abort', () => this.#send({ id, request: 'cancel' }), { once: true });
      this.#send({ id, request });
    });
  }

  #send(message: ToLauncher): void {
    if (this.#isClosed) return;
    this.#launcher ??= this.#start();
    this.#launcher.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #start(): ChildProcess {
    const flags = IS_DENO ? DENO_FLAGS : NODE_FLAGS;
    const launcher = spawn(process.execPath, [...flags, ...this.#args], {
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
    });
    // It waits nearly always, and has to end a slow query in time: behind the engine, before the query.
    if (launcher.pid !== undefined) stepBackProcess(launcher.pid);
    launcher.on('error', () => this.#lost(launcher));
    launcher.on('exit', () => this.#lost(launcher));
    launcher.stdin?.on('error', () => {});
    const { stdout } = launcher;
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#take(JSON.parse(line)));
    return launcher;
  }

  #take(reply: FromLauncher): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (waiting === undefined) return;
    if ('error' in reply) waiting.reject(errorOfImage(reply.error));
    else Reflect.apply(waiting.resolve, null, [reply.answer]);
  }

  /** The next query starts another. */
  #lost(launcher: ChildProcess): void {
    if (launcher !== this.#launcher) return;
    this.#launcher = null;
    this.#fail(new PalisadeError('QUERY_LIMIT', 'Cannot run the query as its process was ended. Ask again.'));
  }

  #fail(error: PalisadeError): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
