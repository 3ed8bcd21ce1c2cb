import { setTimeout as sleep } from 'node:timers/promises';
import { PalisadeError } from '../domain/errors.ts';
import type { HttpAnswer, Transport } from './http-transport.ts';

const BUSY_STATUS = 503;
const BUSY_WAIT_S = 1;
const BUSY_WAIT_S_MAX = 30;
const BUSY_ATTEMPTS_MAX = 60;
const BROKEN_ATTEMPTS_MAX = 8;
const BROKEN_WAIT_MS = 100;

/** How waiting is done; tests pass one that does not wait. */
export type Wait = (ms: number) => Promise<void>;

/** The last answer, and how long it took from its own start, ms. */
export type TimedAnswer = HttpAnswer & { readonly latencyMs: number };

/** Waits so long. */
export const waitForReal: Wait = async (ms) => {
  await sleep(ms);
};

/**
 * Sends until there is an answer other than 503: waits as long as Retry-After says, and backs off where the connection
 * fails. That is safe, as ids make every request idempotent. Other errors of the server are answers.
 */
export class RetryingSender {
  readonly #transport: Transport;
  readonly #wait: Wait;
  #retries = 0;

  constructor(transport: Transport, wait: Wait = waitForReal) {
    this.#transport = transport;
    this.#wait = wait;
  }

  /** Requests that were sent again so far. */
  get retries(): number {
    return this.#retries;
  }

  /**
   * Waits before the next attempt at what the engine was too busy for, inside an answer that was none of its own.
   * Rejects with ENGINE_NOT_READY after too many attempts; `attempt` counts from 1.
   */
  async waitAsBusy(attempt: number, answer: string): Promise<void> {
    if (attempt >= BUSY_ATTEMPTS_MAX) throw stillBusy(answer);
    await this.#wait(1000 * BUSY_WAIT_S);
    this.#retries++;
  }

  /** Rejects with ENGINE_NOT_READY when the engine cannot be reached, or is busy, for too long. */
  async post(path: string, body: string, type?: string): Promise<TimedAnswer> {
    let broken = 0;
    for (let attempt = 1; ; attempt++) {
      const startMs = performance.now();
      try {
        const answer = await this.#transport.post(path, body, type);
        if (answer.status !== BUSY_STATUS) return { ...answer, latencyMs: performance.now() - startMs };
        if (attempt >= BUSY_ATTEMPTS_MAX) throw stillBusy(answer.body);
        await this.#wait(1000 * Math.min(BUSY_WAIT_S_MAX, answer.retryAfterS ?? BUSY_WAIT_S));
      } catch (error) {
        if (error instanceof PalisadeError) throw error;
        if (++broken >= BROKEN_ATTEMPTS_MAX) throw unreachable(error);
        await this.#wait(BROKEN_WAIT_MS * 2 ** (broken - 1));
      }
      this.#retries++;
    }
  }
}

function stillBusy(body: string): PalisadeError {
  const detail = body.slice(0, 300);
  return new PalisadeError(
    'ENGINE_NOT_READY',
    `Cannot go on as the engine answers 503 each time: ${detail}. Look at its log and its /readyz.`,
  );
}

function unreachable(cause: unknown): PalisadeError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new PalisadeError(
    'ENGINE_NOT_READY',
    `Cannot reach the engine as the connection fails: ${code}. Start it with palisade serve, or correct --url.`,
    { cause },
  );
}
