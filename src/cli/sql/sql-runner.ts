import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { yieldProcess } from '../../adapters/system/thread-priority.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { SqlAnswer, SqlQueries, SqlTable } from '../../ports/sql-queries.ts';
import { errorOfImage } from '../projections/projection-messages.ts';
import type { SqlReply, SqlRequest } from './sql-process.ts';

const SCRIPT = fileURLToPath(new URL('./sql-process.ts', import.meta.url));
const WAITING_MAX = 8;
/** Time that a process may take to stand, ms: it is idle work, and loads while all else is at work. */
const START_MS_MAX = 60_000;
/** No writing, no processes, no addons; a thread watches its memory. Its own heap is small, as answers are. */
const NODE_FLAGS = [
  '--permission',
  '--allow-fs-read=*',
  '--allow-worker',
  '--max-old-space-size=128',
  '--disable-warning=ExperimentalWarning',
];

type Waiting = {
  readonly request: SqlRequest;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
};

/** Runs queries in a process of its own, one after the other; it is ended where one is slow, or nobody waits for it. */
export class SqlRunner implements SqlQueries {
  readonly #file: string;
  readonly #timeMsMax: number;
  readonly #waiting: Waiting[] = [];
  #running: Waiting | null = null;
  #child: ChildProcess | null = null;
  #isReady = false;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(file: string, timeMsMax: number) {
    this.#file = file;
    this.#timeMsMax = timeMsMax;
  }

  query(sql: string, rowsMax: number, gone?: AbortSignal): Promise<SqlAnswer> {
    return this.#ask({ about: 'query', sql, rowsMax }, gone);
  }

  tables(): Promise<readonly SqlTable[]> {
    return this.#ask({ about: 'tables' });
  }

  close(): void {
    this.#isClosed = true;
    this.#end(new PalisadeError('ENGINE_DRAINING', 'Cannot run the query as the engine shuts down. Try again.'));
  }

  #ask<Answer>(request: SqlRequest, gone?: AbortSignal): Promise<Answer> {
    if (this.#isClosed || this.#waiting.length >= WAITING_MAX) {
      const reason = this.#isClosed ? 'the engine shuts down' : `${this.#waiting.length} wait already`;
      return Promise.reject(
        new PalisadeError('ENGINE_OVERLOADED', `Cannot run the query as ${reason}. Try again later.`),
      );
    }
    return new Promise<Answer>((resolve, reject) => {
      const waiting = { request, resolve, reject };
      gone?.addEventListener('abort', () => this.#leave(waiting), { once: true });
      this.#waiting.push(waiting);
      this.#next();
    });
  }

  /** A query whose caller is gone would run on in front of those of others. */
  #leave(waiting: Waiting): void {
    const error = new PalisadeError('QUERY_LIMIT', 'Cannot finish the query as its caller is gone. Ask again.');
    if (this.#running === waiting) this.#end(error);
    const place = this.#waiting.indexOf(waiting);
    if (place < 0) return;
    this.#waiting.splice(place, 1);
    waiting.reject(error);
  }

  #next(): void {
    if (this.#running !== null) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#running = next;
    const child = this.#child ?? this.#start();
    this.#limit(this.#isReady ? this.#timeMsMax : START_MS_MAX);
    child.stdin?.write(`${JSON.stringify(next.request)}\n`);
  }

  /** The time of a query begins once its process stands. */
  #limit(timeMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(tooSlow(timeMs)), timeMs);
  }

  #start(): ChildProcess {
    const flags = Object.hasOwn(process.versions, 'deno')
      ? ['run', '--allow-read', '--allow-env', '--allow-sys']
      : NODE_FLAGS;
    const child = spawn(process.execPath, [...flags, SCRIPT, this.#file], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {},
      windowsHide: true,
    });
    this.#child = child;
    this.#isReady = false;
    if (child.pid !== undefined) yieldProcess(child.pid);
    child.on('error', () => this.#lost(child));
    child.on('exit', () => this.#lost(child));
    child.stdin?.on('error', () => {});
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#take(child, line));
    return child;
  }

  #take(child: ChildProcess, line: string): void {
    if (child !== this.#child) return;
    const reply: SqlReply = JSON.parse(line);
    const running = this.#running;
    if ('isReady' in reply) {
      this.#isReady = true;
      if (running !== null) this.#limit(this.#timeMsMax);
      return;
    }
    if (running === null) return;
    this.#settled();
    if ('error' in reply) running.reject(errorOfImage(reply.error));
    else Reflect.apply(running.resolve, null, [reply.answer]);
    this.#next();
  }

  /** The process ended by itself: its memory ran out. */
  #lost(child: ChildProcess): void {
    if (child !== this.#child) return;
    this.#end(new PalisadeError('QUERY_LIMIT', 'Cannot run the query as it took too much memory. Ask for less.'));
  }

  #end(error: PalisadeError): void {
    const child = this.#child;
    const running = this.#running;
    this.#child = null;
    this.#settled();
    child?.kill('SIGKILL');
    running?.reject(error);
    if (!this.#isClosed) this.#next();
    else for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #settled(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#running = null;
  }
}

function tooSlow(timeMs: number): PalisadeError {
  return new PalisadeError(
    'QUERY_LIMIT',
    `Cannot run the query as it takes too long: over ${timeMs} ms. Ask for less.`,
  );
}
