import {
  type EventData,
  EventStoreDBClient,
  type ReadRevision,
  type ResolvedEvent,
  type StreamMetadata,
} from '@eventstore/db-client';
import { PalisadeError } from '../../domain/errors.ts';
import { closeClient, guardAnswers } from './client-guard.ts';
import { withTimeout } from './deadline.ts';
import { fieldOf } from './record-events.ts';

/** What became of an append. Revision -1: the stream has no event. `unknown`: it may be stored, or be stored yet. */
export type AppendAnswer =
  | { readonly kind: 'stored'; readonly revision: number }
  | { readonly kind: 'conflict'; readonly actualRevision: number }
  | { readonly kind: 'unknown'; readonly cause: unknown }
  /** Never stored, and not to be tried again. */
  | { readonly kind: 'refused'; readonly cause: unknown; readonly isTooLarge: boolean };

/** How the server is reached. */
export type ConnectionOptions = {
  /** `esdb://` or `esdb+discover://`, with credentials, TLS and certificates as the client documents them. */
  readonly connectionString: string;
  /** Time after which an append without an answer counts as one of unknown outcome, ms. */
  readonly appendTimeoutMs: number;
  /** Time that a read may go without an event, ms. */
  readonly readTimeoutMs: number;
};

/** Deadline that the server is told, ms. Absolute, so it has to bear clocks that differ; the server's own is 2 s. */
const SERVER_DEADLINE_MS = 60_000;
const FATAL_TYPES: ReadonlySet<unknown> = new Set(['stream-deleted', 'access-denied', 'invalid-argument']);
const NO_STREAM_TYPES: ReadonlySet<unknown> = new Set(['stream-not-found', 'no-stream']);

/** A page of a stream: null where there is no such stream. */
export type Page = readonly ResolvedEvent[] | null;

/** The client, with a time limit on every call, made anew when it stops answering. */
export class EventStoreConnection {
  readonly #options: ConnectionOptions;
  #client: EventStoreDBClient;
  /** Counts what the client answered, to tell a client that is dead from an append that was lost. */
  #answers = 0;
  #renewals = 0;
  #isClosed = false;

  /** Throws LOG_UNUSABLE where the connection string cannot be read. Connects at the first call. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = newClient(options.connectionString);
  }

  /** The client of now; another one after a failure. */
  get client(): EventStoreDBClient {
    return this.#client;
  }

  /** How many times the client was made anew. */
  get renewals(): number {
    return this.#renewals;
  }

  /** Appends with the revision that the stream must have: -1 for no stream, null for any. Never rejects. */
  async append(stream: string, events: readonly EventData[], expected: number | null): Promise<AppendAnswer> {
    const client = this.#client;
    const answersBefore = this.#answers;
    const expectedRevision = expected === null ? 'any' : expected < 0 ? 'no_stream' : BigInt(expected);
    try {
      const appended = client.appendToStream(stream, [...events], { expectedRevision, deadline: SERVER_DEADLINE_MS });
      const { nextExpectedRevision } = await withTimeout(appended, this.#options.appendTimeoutMs);
      this.#answers++;
      return { kind: 'stored', revision: Number(nextExpectedRevision) };
    } catch (error) {
      return this.#refusalOf(error, client, answersBefore);
    }
  }

  /** Reads up to `maxCount` events. Rejects with LOG_UNAVAILABLE, or LOG_FAILED where reading is not allowed. */
  async read(
    stream: string,
    from: { readonly revision: ReadRevision; readonly backwards?: boolean; readonly resolveLinks?: boolean },
    maxCount: number,
  ): Promise<Page> {
    const client = this.#client;
    const direction = from.backwards === true ? 'backwards' : 'forwards';
    const options = { direction, fromRevision: from.revision, maxCount, resolveLinkTos: from.resolveLinks === true };
    const reading = client.readStream(stream, { ...options, direction: direction });
    // The client emits an error once more after the read has ended, when nobody iterates any longer.
    reading.on('error', () => {});
    const events: ResolvedEvent[] = [];
    const iterator = reading[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await withTimeout(iterator.next(), this.#options.readTimeoutMs);
        if (next.done === true) break;
        events.push(next.value);
      }
      this.#answers++;
      return events;
    } catch (error) {
      const type = fieldOf(error, 'type');
      if (NO_STREAM_TYPES.has(type)) return null;
      void reading.cancel().catch(() => {});
      if (FATAL_TYPES.has(type)) throw refusedError(`reading ${stream}`, error);
      this.#renew(client);
      throw unavailableError(error);
    }
  }

  /** Sets what the server keeps of a stream, unless somebody set it before. */
  async setMetadata(stream: string, metadata: StreamMetadata): Promise<void> {
    const options = { expectedRevision: 'no_stream' as const, deadline: SERVER_DEADLINE_MS };
    try {
      await withTimeout(this.#client.setStreamMetadata(stream, metadata, options), this.#options.appendTimeoutMs);
    } catch (error) {
      if (fieldOf(error, 'type') !== 'wrong-expected-version') throw unavailableError(error);
    }
  }

  /** Makes the client anew, where it is the one that failed. */
  renew(failed: EventStoreDBClient): void {
    this.#renew(failed);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await closeClient(this.#client);
  }

  #refusalOf(error: unknown, client: EventStoreDBClient, answersBefore: number): AppendAnswer {
    const type = fieldOf(error, 'type');
    if (type === 'wrong-expected-version') {
      this.#answers++;
      const actual = fieldOf(error, 'actualVersion');
      return { kind: 'conflict', actualRevision: typeof actual === 'bigint' ? Number(actual) : -1 };
    }
    const isTooLarge = type === 'maximum-append-size-exceeded';
    if (isTooLarge || FATAL_TYPES.has(type)) return { kind: 'refused', cause: error, isTooLarge };
    // Others were answered meanwhile: this append was lost, and the client is well.
    if (this.#answers === answersBefore) this.#renew(client);
    return { kind: 'unknown', cause: error };
  }

  #renew(failed: EventStoreDBClient): void {
    if (this.#isClosed || failed !== this.#client) return;
    this.#client = newClient(this.#options.connectionString);
    this.#renewals++;
    void closeClient(failed);
  }
}

function newClient(connectionString: string): EventStoreDBClient {
  try {
    const client = EventStoreDBClient.connectionString(connectionString);
    guardAnswers(client);
    return client;
  } catch (error) {
    const message =
      `Cannot read the connection string of the event log: ${String(error)}. ` +
      'Write it as esdb://user:password@host:2113?tls=true.';
    throw new PalisadeError('LOG_UNUSABLE', message, { cause: error });
  }
}

/** The error of a call that the server refuses for good. */
export function refusedError(action: string, cause: unknown): PalisadeError {
  const message =
    `Cannot use the event store as it refuses ${action}: ${String(cause)}. ` +
    'Check the credentials and that nobody deleted the stream, then start again.';
  return new PalisadeError('LOG_FAILED', message, { cause });
}

/** The error of a call that got no answer. */
export function unavailableError(cause: unknown): PalisadeError {
  const message = `Cannot reach the event store: ${String(cause)}. Try again.`;
  return new PalisadeError('LOG_UNAVAILABLE', message, { cause });
}
