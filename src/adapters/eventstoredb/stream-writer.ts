import type { StreamName } from '../../domain/entities.ts';
import type { StoredSnapshot } from '../../ports/event-log.ts';
import type { EventStoreConnection } from './connection.ts';
import { refusedError } from './connection.ts';
import type { EntityStreams } from './entity-streams.ts';
import { Fifo } from './fifo.ts';
import { linkEvent, snapshotEvent } from './record-events.ts';
import { revisionIn, type UnindexedRecords } from './unindexed-records.ts';

/** Links in one append, so that it stays far below 1 MiB. */
const LINKS_MAX = 500;
/** Pause after an append of unknown outcome, ms. */
const PAUSE_MS = 200;

/** How the streams are written. */
export type StreamWriterOptions = {
  readonly journal: string;
  /** Appends in flight at once. */
  readonly appendsMax: number;
  /** Time that a record may wait for others of its stream, ms. */
  readonly delayMs: number;
  /** Records that may wait, before they are written without the delay. */
  readonly waitingMax: number;
  readonly onFailure: (error: Error) => void;
};

/**
 * Puts the records of the journal into the streams of their entities, behind the commits: one append in flight per
 * stream, which carries all that waits for it, and fenced by the stream's last event. Whoever writes a link writes the
 * same one, so a process goes on where another was cut off.
 */
export class StreamWriter {
  readonly #connection: EventStoreConnection;
  readonly #streams: EntityStreams;
  readonly #unindexed: UnindexedRecords;
  readonly #options: StreamWriterOptions;
  readonly #waiting = new Set<StreamName>();
  /** Those that wait, in their order. A set that loses its oldest members is slow to walk from its beginning. */
  readonly #turns = new Fifo<StreamName>();
  readonly #writing = new Set<StreamName>();
  /** Those that are being written and have to be again. */
  readonly #again = new Set<StreamName>();
  readonly #snapshots = new Map<StreamName, StoredSnapshot>();
  #timer: NodeJS.Timeout | null = null;
  #isHurried = false;
  #isEnded = false;
  #idle: (() => void)[] = [];

  constructor(
    connection: EventStoreConnection,
    streams: EntityStreams,
    unindexed: UnindexedRecords,
    options: StreamWriterOptions,
  ) {
    this.#connection = connection;
    this.#streams = streams;
    this.#unindexed = unindexed;
    this.#options = options;
  }

  /** Takes note that records wait for this stream. */
  touch(stream: StreamName): void {
    this.#enqueue(stream);
    if (this.#unindexed.size >= this.#options.waitingMax) this.#pump();
    else this.#schedule(this.#options.delayMs);
  }

  /** Keeps a snapshot for its stream, in place of an older one. */
  keep(snapshot: StoredSnapshot): void {
    this.#snapshots.set(snapshot.stream, snapshot);
    this.touch(snapshot.stream);
  }

  /** The snapshot that waits for its stream. */
  waitingSnapshot(stream: StreamName): StoredSnapshot | null {
    return this.#snapshots.get(stream) ?? null;
  }

  /** Writes everything that waits, without a delay. */
  flush(): Promise<void> {
    if (this.#waiting.size + this.#writing.size === 0 || this.#isEnded) return Promise.resolve();
    this.#isHurried = true;
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#pump();
    });
  }

  /** Writes nothing more. */
  end(): void {
    this.#isEnded = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== null || this.#isEnded) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#pump();
      },
      this.#isHurried ? 0 : delayMs,
    );
  }

  #enqueue(stream: StreamName): void {
    if (this.#writing.has(stream)) this.#again.add(stream);
    else if (!this.#waiting.has(stream)) {
      this.#waiting.add(stream);
      this.#turns.push(stream);
    }
  }

  #pump(): void {
    while (this.#writing.size < this.#options.appendsMax && !this.#isEnded) {
      const stream = this.#turns.shift();
      if (stream === undefined) break;
      this.#waiting.delete(stream);
      this.#writing.add(stream);
      void this.#write(stream);
    }
    if (this.#writing.size > 0 || this.#isEnded) return;
    this.#isHurried = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #write(stream: StreamName): Promise<void> {
    let outcome: 'done' | 'more' | 'later' = 'later';
    try {
      outcome = await this.#append(stream);
    } catch {
      // The server does not answer: what waits goes on waiting.
    }
    this.#writing.delete(stream);
    const isTouched = this.#again.delete(stream);
    if (outcome !== 'done' || isTouched) this.#enqueue(stream);
    if (outcome === 'later') setTimeout(() => this.#pump(), PAUSE_MS);
    else this.#pump();
  }

  /** Appends what waits for a stream; `later` where that is to be tried again. */
  async #append(stream: StreamName): Promise<'done' | 'more' | 'later'> {
    const place = await this.#streams.place(stream);
    this.#unindexed.indexed(stream, place.indexedRevision);
    const records = this.#unindexed.of(stream).slice(0, LINKS_MAX);
    const first = records[0];
    if (first !== undefined && revisionIn(first, stream) !== place.indexedRevision + 1) {
      // Another process wrote what is between, or is about to.
      this.#streams.setPlace(stream, null);
      return 'later';
    }
    const last = records.at(-1);
    const indexedRevision = last === undefined ? place.indexedRevision : revisionIn(last, stream);
    const snapshot = this.#snapshots.get(stream);
    const events = records.map((record) =>
      linkEvent(this.#options.journal, stream, revisionIn(record, stream), record),
    );
    const isSnapshotDue = snapshot !== undefined && snapshot.revision <= indexedRevision;
    if (isSnapshotDue) events.push(snapshotEvent(snapshot));
    if (events.length === 0) return 'done';
    const answer = await this.#connection.append(this.#streams.nameOf(stream), events, place.eventNumber);
    if (answer.kind === 'stored') {
      this.#streams.setPlace(stream, { eventNumber: answer.revision, indexedRevision });
      if (isSnapshotDue && this.#snapshots.get(stream) === snapshot) this.#snapshots.delete(stream);
      this.#unindexed.indexed(stream, indexedRevision);
      return this.#unindexed.of(stream).length === 0 && !this.#snapshots.has(stream) ? 'done' : 'more';
    }
    this.#streams.setPlace(stream, null);
    if (answer.kind !== 'refused') return 'later';
    this.#snapshots.delete(stream);
    if (answer.isTooLarge) return 'later';
    this.#options.onFailure(refusedError(`an append to ${stream}`, answer.cause));
    return 'done';
  }
}
