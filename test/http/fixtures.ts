import { nextLoopTurn } from '../../src/adapters/system/event-loop.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import type { KeyRing } from '../../src/http/mod.ts';
import { createHttpServer, defaultHttpLimits, type HttpLimits, type HttpServer } from '../../src/http/mod.ts';
import type { Clock, TimerHandle } from '../../src/ports/clock.ts';
import type { LogFields, Logger } from '../../src/ports/logger.ts';
import { NEVER_SHED } from '../support/never-shed.ts';
import { MemoryCluster } from './memory-cluster.ts';
import { MemoryEngine } from './memory-engine.ts';

/** A clock that a test moves: timers fire in order when their time is passed. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #timers: { readonly dueMs: number; readonly callback: () => void }[] = [];
  readonly startMs = Date.UTC(2026, 0, 31, 12);

  nowMs(): number {
    return this.startMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): TimerHandle {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Moves on; every timer fires `lateMs` after it was due. */
  advance(ms: number, lateMs = 0): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#timers.toSorted((left, right) => left.dueMs - right.dueMs)[0];
      if (next === undefined || next.dueMs + lateMs > endMs) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs + lateMs);
      next.callback();
    }
    this.#nowMs = endMs;
  }
}

/** A logger that keeps what it is given, as text. */
export class KeptLog implements Logger {
  readonly lines: string[] = [];

  info(message: string, fields: LogFields = {}): void {
    this.lines.push(`info ${message} ${JSON.stringify(fields)}`);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.lines.push(`warn ${message} ${JSON.stringify(fields)}`);
  }

  error(message: string, fields: LogFields = {}): void {
    this.lines.push(`error ${message} ${JSON.stringify(fields)}`);
  }
}

export const DEADLINE_MS = 200;

export type TestServer = { server: HttpServer; engine: MemoryEngine; log: KeptLog; cluster: MemoryCluster };

/** A server over an engine in memory, open to all unless keys are given. */
export function testServer(
  options: {
    limits?: Partial<HttpLimits>;
    keys?: KeyRing;
    clock?: Clock;
    nextTurn?: () => Promise<void>;
    isNode?: boolean;
  } = {},
): TestServer {
  const engine = new MemoryEngine();
  const log = new KeptLog();
  const cluster = new MemoryCluster(engine);
  const limits = { drainGraceMs: 0, drainQuietMs: 50, admission: NEVER_SHED, ...options.limits };
  const server = createHttpServer({
    engine,
    ...(options.isNode === true ? { cluster } : {}),
    clock: options.clock ?? createSystemClock(),
    logger: log,
    keys: options.keys ?? null,
    defaultDeadlineMs: DEADLINE_MS,
    version: '0.0.0-test',
    nextTurn: options.nextTurn ?? nextLoopTurn,
    limits,
  });
  return { server, engine, log, cluster };
}

/** The bounds of admission that a server has by default, changed where a test says so. */
export function admissionLimits(changes: Partial<HttpLimits['admission']>): HttpLimits['admission'] {
  return { ...defaultHttpLimits(DEADLINE_MS).admission, ...changes };
}

/** A transaction that the codec takes, with members changed; a time of null leaves a member out. */
export function transactionText(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    transactionId: 'txn-1',
    type: 'purchase',
    occurredAt: '2026-01-31T13:45:00+02:00',
    cardId: 'card-tok-1',
    accountId: 'acc-1',
    amountMinor: 1250,
    currency: 'EUR',
    channel: 'ecommerce',
    ...changes,
  });
}

export const JSON_HEADERS = { 'content-type': 'application/json' };
