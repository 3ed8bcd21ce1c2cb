import {
  type EventData,
  EventStoreDBClient,
  type ReadRevision,
  type ResolvedEvent,
  type StreamingRead,
} from '@eventstore/db-client';
import { isPalisadeError, PalisadeError } from '../../domain/errors.ts';
import { closeClient, guardAnswers } from './client-guard.ts';
import { DeadlineError, withTimeout } from './deadline.ts';
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

const READ_TRIES = 3;

/** Where a read begins. */
export type ReadFrom = {
  readonly revision: ReadRevision;
  readonly backwards?: boolean;
  /** Gives the events that links lead to. */
  readonly resolveLinks?: boolean;
};

/** A page of a stream: null where there is no such stream. */
export type Page = readonly ResolvedEvent[] | null;

/** The client, with a time limit on every call, made anew when it stops answering. */
export class EventStoreConnection {
  readonly #options: ConnectionOptions;
  #client: EventStoreDBClient;
  /** Counts what the client answered, to tell a client that is dead from an append that was lost. */
  #answers = 0;
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

  /**
   * Reads up to `maxCount` events, and again where there is no answer. Rejects with LOG_UNAVAILABLE after three tries,
   * or with LOG_FAILED where reading is not allowed.
   */
  async read(stream: string, from: ReadFrom, maxCount: number): Promise<Page> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#readOnce(stream, from, maxCount);
      } catch (error) {
        if (tries === READ_TRIES || !isPalisadeError(error, 'LOG_UNAVAILABLE')) throw error;
      }
    }
  }

  async #readOnce(stream: string, from: ReadFrom, maxCount: number): Promise<Page> {
    const client = this.#client;
    const reading = client.readStream(stream, {
      direction: from.backwards === true ? 'backwards' : 'forwards',
      fromRevision: from.revision,
      maxCount,
      resolveLinkTos: from.resolveLinks === true,
    });
    try {
      const events = await eventsOf(reading, this.#options.readTimeoutMs);
      // A client that is closed ends its reads as if they were whole.
      if (client !== this.#client || this.#isClosed) throw new DeadlineError('its client was closed meanwhile');
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

  /** Sets what the server keeps of a stream, where it differs. Rejects with LOG_UNAVAILABLE. */
  async setMetadata(stream: string, metadata: { readonly maxCount?: number; readonly maxAge?: number }): Promise<void> {
    const { appendTimeoutMs } = this.#options;
    try {
      const set = await withTimeout(this.#client.getStreamMetadata(stream), appendTimeoutMs);
      const isSet = Object.entries(metadata).every(([name, value]) => fieldOf(set.metadata, name) === value);
      if (isSet) return;
      const expectedRevision: 'no_stream' | bigint = set.metastreamRevision ?? 'no_stream';
      const options = { expectedRevision, deadline: SERVER_DEADLINE_MS };
      const whole = { ...set.metadata, ...metadata };
      await withTimeout(this.#client.setStreamMetadata(stream, whole, options), appendTimeoutMs);
    } catch (error) {
      if (fieldOf(error, 'type') === 'wrong-expected-version') return;
      if (FATAL_TYPES.has(fieldOf(error, 'type'))) throw refusedError(`the metadata of ${stream}`, error);
      throw unavailableError(error);
    }
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
    void closeClient(failed);
  }
}

/**
 * All events of a read; rejects where none comes for a while. Listens instead of iterating, as an iterator that ends
 * with an error makes another one, with its trace, which cost more than the read of a stream that is not there.
 */
function eventsOf(reading: StreamingRead<ResolvedEvent>, timeoutMs: number): Promise<ResolvedEvent[]> {
  const events: ResolvedEvent[] = [];
  return new Promise<ResolvedEvent[]>((resolve, reject) => {
    const timer = setTimeout(() => reading.destroy(new DeadlineError(`no answer in ${timeoutMs} ms`)), timeoutMs);
    reading.on('data', (event) => {
      events.push(event);
      timer.refresh();
    });
    // Stays: the client emits an error once more after a read has ended.
    reading.on('error', reject);
    reading.once('end', () => resolve(events));
    reading.once('close', () => {
      clearTimeout(timer);
      if (!reading.readableEnded) reject(new DeadlineError('the read was cut off'));
    });
  });
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
