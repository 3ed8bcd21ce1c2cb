import {
  type AllStreamSubscription,
  jsonEvent,
  type Position as LogPosition,
  type RecordedEvent,
  type StreamSubscription,
  type SubscribeToStreamOptions,
  streamNameFilter,
} from '@eventstore/db-client';
import type { Position } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { EventStoreConnection } from './connection.ts';
import { pause } from './deadline.ts';
import { fieldOf } from './record-events.ts';

/** What a process tells of itself. */
export type Announcement = {
  readonly writer: string;
  /** Newest position that it knows. */
  readonly head: Position;
  /** Every record of its own up to here is in its streams. */
  readonly own: Position;
  /** Every record of anybody up to here is in its streams. */
  readonly indexed: Position;
};

/** Version of everything that this adapter writes. */
const FORMAT_VERSION = 1;
const ANNOUNCEMENT_TYPE = 'PalisadeIndexed';
/** Announcements that the server keeps: several of each process. */
const KEPT = 64;
const RESUBSCRIBE_PAUSE_MS = 500;
/** Checkpoints come after 32 times this many events of others. */
const CHECKPOINT_INTERVAL = 8;

/**
 * The stream in which the processes of one log tell each other how far they are: who hears of a head beyond its own
 * reads the journal from there. Few and small, so that nobody gets its own records back from the server. By default
 * only administrators may read `$all`: an account that may not follows the stream itself.
 */
export class Announcements {
  readonly #connection: EventStoreConnection;
  readonly #stream: string;
  readonly #hear: (announcement: Announcement) => void;
  readonly #begin: () => void;
  /** From where a new subscription goes on: the last event or checkpoint of the one before. */
  #from: LogPosition | 'end' = 'end';
  /** The same in the stream itself: at first what was read of it. */
  #fromRevision: bigint | 'start' = 'start';
  #isAllClosed = false;
  #isEnded = false;
  #subscription: AllStreamSubscription | StreamSubscription | null = null;

  /** `hear` takes what is told. `begin` is called whenever that begins: what was told before is missed. */
  constructor(
    connection: EventStoreConnection,
    stream: string,
    hear: (announcement: Announcement) => void,
    begin: () => void,
  ) {
    this.#connection = connection;
    this.#stream = stream;
    this.#hear = hear;
    this.#begin = begin;
  }

  /** What was told before, newest first. Throws LOG_VERSION where a newer Palisade wrote it. */
  async before(): Promise<readonly Announcement[]> {
    const page = await this.#connection.read(this.#stream, { revision: 'end', backwards: true }, KEPT);
    if (page === null) await this.#connection.setMetadata(this.#stream, { maxCount: KEPT });
    this.#fromRevision = page?.[0]?.event?.revision ?? 'start';
    return (page ?? []).flatMap(({ event }) => {
      const version = fieldOf(event?.data, 'version');
      if (typeof version === 'number' && version > FORMAT_VERSION) throw newerVersion(this.#stream, version);
      const announcement = announcementOf(event?.data);
      return announcement === null ? [] : [announcement];
    });
  }

  /** Tells the others; whether they heard it is not known. */
  async tell(announcement: Announcement): Promise<void> {
    const event = jsonEvent({ type: ANNOUNCEMENT_TYPE, data: { version: FORMAT_VERSION, ...announcement } });
    await this.#connection.append(this.#stream, [event], null);
  }

  /** Follows what is told, across breaks of the connection, until `end`. */
  async follow(): Promise<void> {
    while (!this.#isEnded) {
      await this.#followOnce();
      if (!this.#isEnded) await pause(RESUBSCRIBE_PAUSE_MS);
    }
  }

  end(): void {
    this.#isEnded = true;
    void this.#subscription?.unsubscribe().catch(() => {});
  }

  #followOnce(): Promise<void> {
    const subscription = this.#isAllClosed ? this.#subscribeToStream() : this.#subscribeToAll();
    this.#subscription = subscription;
    return new Promise((resolve) => {
      subscription.on('error', (error) => {
        if (fieldOf(error, 'type') === 'access-denied') this.#isAllClosed = true;
        void subscription.unsubscribe().catch(() => {});
        resolve();
      });
      subscription.on('confirmation', () => this.#begin());
      subscription.on('end', resolve);
      subscription.on('close', resolve);
    });
  }

  #subscribeToAll(): AllStreamSubscription {
    const filter = streamNameFilter({
      prefixes: [this.#stream],
      checkpointInterval: CHECKPOINT_INTERVAL,
      checkpointReached: async (_subscription, position) => {
        this.#from = position;
      },
    });
    const subscription = this.#connection.client.subscribeToAll({ fromPosition: this.#from, filter });
    return subscription.on('data', ({ event }) => this.#take(event));
  }

  #subscribeToStream(): StreamSubscription {
    const options: SubscribeToStreamOptions = { fromRevision: this.#fromRevision };
    const subscription = this.#connection.client.subscribeToStream(this.#stream, options);
    return subscription.on('data', ({ event }) => this.#take(event));
  }

  #take(event: RecordedEvent | undefined): void {
    if (event === undefined || event.streamId !== this.#stream) return;
    if (event.position !== undefined) this.#from = event.position;
    this.#fromRevision = event.revision;
    const announcement = announcementOf(event.data);
    if (announcement !== null) this.#hear(announcement);
  }
}

function announcementOf(data: unknown): Announcement | null {
  const writer = fieldOf(data, 'writer');
  const head = fieldOf(data, 'head');
  const own = fieldOf(data, 'own');
  const indexed = fieldOf(data, 'indexed');
  const isWhole =
    typeof writer === 'string' && typeof head === 'number' && typeof own === 'number' && typeof indexed === 'number';
  return isWhole ? { writer, head, own, indexed } : null;
}

function newerVersion(stream: string, version: number): PalisadeError {
  const message =
    `Cannot open the event log as a newer Palisade wrote it: ${stream} says version ${version}, this one reads up to ` +
    `${FORMAT_VERSION}. Run that version.`;
  return new PalisadeError('LOG_VERSION', message);
}
