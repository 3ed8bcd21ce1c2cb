import { randomUUID } from 'node:crypto';
import type { Position, Revision, StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { SubscriptionHub } from '../../following/subscription-hub.ts';
import type {
  EventLog,
  EventLogStatistics,
  RecordDraft,
  SharedLog,
  StoredRecord,
  StoredSnapshot,
  StreamImage,
  SubscribeOptions,
  Subscription,
} from '../../ports/event-log.ts';
import { type Announcement, Announcements } from './announcements.ts';
import { EventStoreConnection } from './connection.ts';
import { pause, withTimeout } from './deadline.ts';
import { EntityStreams } from './entity-streams.ts';
import { IdSegments } from './id-segments.ts';
import { JournalFeed } from './journal-feed.ts';
import { JournalWriter } from './journal-writer.ts';
import { KnownLog } from './known-log.ts';
import { logStreams } from './names.ts';
import { type PendingAppend, PendingAppends } from './pending-appends.ts';
import { StreamRegister } from './stream-register.ts';
import { StreamWriter } from './stream-writer.ts';
import { Turns } from './turns.ts';
import { UnindexedRecords } from './unindexed-records.ts';

/** Where the log is, and its bounds. */
export type EventStoreLogOptions = {
  /** `esdb://` or `esdb+discover://`, with credentials, TLS and certificates. */
  readonly connectionString: string;
  /** Put before the name of every stream, where the server is not Palisade's alone. */
  readonly prefix?: string;
  /** Time after which an append without an answer is sent again, ms. */
  readonly appendTimeoutMs?: number;
  /** Time that a read may go without an event before it is tried again, ms. */
  readonly readTimeoutMs?: number;
  /** Time after which a caller is told that the outcome of its append is not known, ms. */
  readonly answerTimeoutMs?: number;
  /** Time that opening and closing may take while the server does not answer, ms. */
  readonly patienceMs?: number;
  /** Streams whose end is kept in memory, about 250 bytes each. */
  readonly knownRevisionLimit?: number;
  /** Appends to streams in flight at once. */
  readonly appendsMax?: number;
  /** Time that a record may wait for others of its stream before it is written there, ms. */
  readonly indexDelayMs?: number;
  /** Whether other processes write to the log too, all the time: then they take turns. */
  readonly isShared?: boolean;
  /** Age after which the server drops records, s; null leaves what the server was told before. */
  readonly maxAgeSeconds?: number | null;
};

type Settings = Required<EventStoreLogOptions>;

const DEFAULTS = {
  prefix: '',
  appendTimeoutMs: 2500,
  readTimeoutMs: 2500,
  answerTimeoutMs: 3000,
  patienceMs: 10_000,
  knownRevisionLimit: 262_144,
  appendsMax: 48,
  indexDelayMs: 200,
  isShared: false,
  maxAgeSeconds: null,
} as const;
/** Records that may wait for their streams before they are written at once, and before commits wait for them. */
const HURRY_RECORDS = 2048;
const UNINDEXED_MAX = 16_384;
const ROOM_PAUSE_MS = 5;
const ANNOUNCE_MS = 250;
/** Time that records of another process wait for it, before this one puts them into their streams, ms. */
const TAKE_OVER_MS = 5000;
const COMMIT_TIMES_KEPT = 256;

/**
 * Opens the log of an EventStoreDB or KurrentDB server, or makes it. Several processes may have it open at once.
 * Errors: LOG_UNUSABLE where it cannot be reached in time, LOG_VERSION, LOG_CORRUPT, LOG_FAILED.
 */
export async function openEventStoreLog(options: EventStoreLogOptions): Promise<EventLog> {
  const settings: Settings = { ...DEFAULTS, ...options };
  const untilMs = Date.now() + settings.patienceMs;
  for (;;) {
    const log = new EventStoreLog(settings);
    try {
      await log.open();
      return log;
    } catch (error) {
      await log.abandon();
      const isTemporary = error instanceof PalisadeError && error.code === 'LOG_UNAVAILABLE';
      if (isTemporary && Date.now() < untilMs) {
        await pause(ANNOUNCE_MS);
        continue;
      }
      if (!isTemporary) throw error;
      const message =
        `Cannot open the event log as the server gave no answer in ${settings.patienceMs} ms: ${error.message} ` +
        'Check the address and that the server runs, then start again.';
      throw new PalisadeError('LOG_UNUSABLE', message, { cause: error });
    }
  }
}

class EventStoreLog implements EventLog {
  readonly failed: Promise<Error>;
  readonly shared?: SharedLog;
  readonly #settings: Settings;
  readonly #writer = randomUUID();
  readonly #connection: EventStoreConnection;
  readonly #unindexed = new UnindexedRecords();
  readonly #streams: EntityStreams;
  readonly #known: KnownLog;
  readonly #segments: IdSegments;
  readonly #pending = new PendingAppends();
  readonly #journal: JournalWriter;
  readonly #streamWriter: StreamWriter;
  readonly #announcements: Announcements;
  readonly #hub: SubscriptionHub;
  readonly #feed: JournalFeed | null;
  readonly #foreignListeners: ((records: readonly StoredRecord[]) => void)[] = [];
  readonly #commitTimesMs: number[] = [];
  readonly #reportFailure: (error: Error) => void;
  #timer: NodeJS.Timeout | null = null;
  #told: Announcement | null = null;
  #appendedCount = 0;
  #commitCount = 0;
  #refusal: PalisadeError | null = null;
  #closing: Promise<void> | null = null;

  constructor(settings: Settings) {
    const failure = Promise.withResolvers<Error>();
    this.failed = failure.promise;
    this.#reportFailure = failure.resolve;
    this.#settings = settings;
    const names = logStreams(settings.prefix);
    this.#connection = new EventStoreConnection(settings);
    this.#streams = new EntityStreams(this.#connection, settings, this.#unindexed);
    this.#segments = new IdSegments(this.#connection, names.ids);
    const parts = {
      connection: this.#connection,
      journal: names.journal,
      streams: this.#streams,
      unindexed: this.#unindexed,
    };
    this.#known = new KnownLog(parts, settings.knownRevisionLimit);
    this.#streamWriter = new StreamWriter(this.#connection, this.#streams, this.#unindexed, {
      journal: names.journal,
      appendsMax: settings.appendsMax,
      delayMs: settings.indexDelayMs,
      waitingMax: HURRY_RECORDS,
      onFailure: (error) => this.#fail(error),
    });
    const turns = new Turns(this.#writer);
    const feed = new JournalFeed(this.#connection, names.journal, () => this.#journal.wasPushed());
    this.#feed = settings.isShared ? feed : null;
    this.#journal = new JournalWriter(this.#connection, this.#known, this.#pending, {
      journal: names.journal,
      writer: this.#writer,
      answerTimeoutMs: settings.answerTimeoutMs,
      room: () => this.#room(),
      onStored: (records, settled, commitMs) => this.#stored(records, settled, commitMs),
      sharing: settings.isShared ? { feed, turns } : null,
      onForeign: (records, lastWriter) => {
        turns.appended(lastWriter, performance.now());
        for (const listener of this.#foreignListeners) listener(records);
        this.#deliver(records);
      },
      onFailure: (error) => this.#fail(error),
    });
    this.#announcements = new Announcements(
      this.#connection,
      names.index,
      (announcement) => this.#hear(announcement),
      () => this.#journal.hasNews(),
    );
    if (settings.isShared) {
      this.shared = {
        onForeign: (listener) => void this.#foreignListeners.push(listener),
        turn: () => this.#journal.turn(),
        register: (duty) => new StreamRegister(this.#connection, `${names.duties}${duty}`),
      };
    }
    const currentHead = (): Position => this.#known.head;
    this.#hub = new SubscriptionHub({
      get head() {
        return currentHead();
      },
      readAll: (after, maxCount) => this.#known.readAll(after, maxCount),
    });
  }

  /** Reads what there is. Called once. */
  async open(): Promise<void> {
    const before = await this.#announcements.before();
    const { maxAgeSeconds } = this.#settings;
    if (maxAgeSeconds !== null) {
      await this.#connection.setMetadata(logStreams(this.#settings.prefix).journal, { maxAge: maxAgeSeconds });
    }
    await this.#segments.load(this.#known);
    const indexed = Math.max(0, ...before.map((each) => each.indexed));
    await this.#known.readUnindexed(indexed);
    await this.#known.catchUp(() => {});
    for (const stream of this.#unindexed.streams()) this.#streamWriter.touch(stream);
    void this.#announcements.follow();
    void this.#feed?.follow(() => this.#known.head);
    this.#timer = setInterval(() => this.#keepHouse(), ANNOUNCE_MS);
  }

  /** Lets go of a log that did not open. */
  async abandon(): Promise<void> {
    this.#announcements.end();
    this.#feed?.end();
    this.#streamWriter.end();
    await this.#connection.close();
  }

  append(draft: RecordDraft): Promise<Position> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    const appended = this.#pending.add(draft, Date.now());
    this.#journal.wake();
    return appended;
  }

  mayHaveRecord(recordId: string): boolean {
    return this.#pending.has(recordId) || this.#known.mayHaveRecord(recordId);
  }

  /** Another process may have begun any stream since this one looked. */
  mayHaveStream(): boolean {
    return true;
  }

  async readRecord(recordId: string): Promise<StoredRecord | null> {
    this.#mustTakeCalls();
    await this.#pending.answeredRecord(recordId);
    return await this.#known.find(recordId);
  }

  async readStream(stream: StreamName, fromRevision: Revision, maxCount: number): Promise<readonly StoredRecord[]> {
    this.#mustTakeCalls();
    await this.#pending.answeredOf(stream);
    return await this.#streams.readStream(stream, fromRevision, maxCount);
  }

  async readImage(stream: StreamName, schema: string): Promise<StreamImage> {
    this.#mustTakeCalls();
    await this.#pending.answeredOf(stream);
    const waiting = this.#streamWriter.waitingSnapshot(stream);
    const image = await this.#streams.readImage(stream, schema, waiting);
    this.#known.saw(stream, image.revision);
    return image;
  }

  async readAll(afterPosition: Position, maxCount: number): Promise<readonly StoredRecord[]> {
    this.#mustTakeCalls();
    await this.#pending.answeredAll();
    return await this.#known.readAll(Math.max(0, afterPosition), maxCount);
  }

  subscribe(options: SubscribeOptions): Subscription {
    const subscription = this.#hub.subscribe(options);
    if (this.#refusal !== null) this.#hub.end(this.#refusal);
    return subscription;
  }

  writeSnapshot(snapshot: StoredSnapshot): void {
    if (this.#refusal !== null) return;
    const kept = { ...snapshot, state: snapshot.state.slice() };
    const producer = this.#pending.producerOf(snapshot.stream, snapshot.revision);
    if (producer !== null) producer.snapshot = kept;
    else if (snapshot.revision <= (this.#known.knownRevisionOf(snapshot.stream) ?? -1)) this.#streamWriter.keep(kept);
  }

  statistics(): EventLogStatistics {
    return {
      headPosition: this.#known.head,
      appendedCount: this.#appendedCount,
      commitCount: this.#commitCount,
      pendingCount: this.#pending.size,
      recentCommitMs: [...this.#commitTimesMs],
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#refusal ??= closedError();
    this.#hub.end(null);
    if (this.#timer !== null) clearInterval(this.#timer);
    try {
      await withTimeout(this.#finish(), this.#settings.patienceMs);
    } catch {
      // What is not in its streams yet is put there by the next start.
    }
    this.#pending.tellUnknown(Number.POSITIVE_INFINITY);
    this.#journal.end();
    this.#streamWriter.end();
    this.#announcements.end();
    this.#feed?.end();
    await this.#connection.close();
  }

  async #finish(): Promise<void> {
    await this.#journal.drained();
    await this.#streamWriter.flush();
    await this.#segments.store(this.#known);
    await this.#announce();
  }

  /** Waits while too many records wait for their streams. */
  async #room(): Promise<void> {
    while (this.#unindexed.size >= UNINDEXED_MAX && this.#refusal === null) await pause(ROOM_PAUSE_MS);
  }

  #mustTakeCalls(): void {
    if (this.#refusal !== null) throw this.#refusal;
  }

  #stored(records: readonly StoredRecord[], settled: readonly PendingAppend[], commitMs: number): void {
    for (const { streams } of records) for (const { stream } of streams) this.#streamWriter.touch(stream);
    for (const { snapshot, draft } of settled) {
      const isStored = snapshot !== null && this.#known.recent(draft.recordId) !== null;
      if (isStored) this.#streamWriter.keep(snapshot);
    }
    if (records.length === 0) return;
    this.#appendedCount += records.length;
    this.#commitCount++;
    this.#commitTimesMs.push(commitMs);
    if (this.#commitTimesMs.length > COMMIT_TIMES_KEPT) this.#commitTimesMs.shift();
    this.#deliver(records);
  }

  #deliver(records: readonly StoredRecord[]): void {
    if (this.#hub.isEmpty) return;
    this.#hub.keep(records);
    this.#hub.wake();
  }

  #hear({ writer, head, own }: Announcement): void {
    if (writer === this.#writer) return;
    this.#unindexed.indexedBy(writer, own);
    if (head > this.#known.head) this.#journal.hasNews();
  }

  #keepHouse(): void {
    const overdue = this.#unindexed.overdue(this.#writer, Date.now() - TAKE_OVER_MS);
    for (const stream of overdue) this.#streamWriter.touch(stream);
    void this.#segments.store(this.#known);
    void this.#announce();
  }

  /** Tells the others how far this process is, where that changed. */
  async #announce(): Promise<void> {
    const { head } = this.#known;
    const own = this.#unindexed.indexedThroughOf(this.#writer, head);
    const indexed = this.#unindexed.indexedThrough(head);
    const told = this.#told;
    if (head === 0 || (told?.head === head && told.own === own && told.indexed === indexed)) return;
    this.#told = { writer: this.#writer, head, own, indexed };
    await this.#announcements.tell(this.#told);
  }

  #fail(error: Error): void {
    if (this.#refusal === null) this.#reportFailure(error);
    const refusal = error instanceof PalisadeError ? error : closedError();
    this.#refusal ??= refusal;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#journal.end();
    this.#streamWriter.end();
    this.#announcements.end();
    this.#feed?.end();
    this.#pending.refuseAll(refusal);
    this.#hub.end(refusal);
  }
}

function closedError(): PalisadeError {
  return new PalisadeError('LOG_FAILED', 'Cannot use the event log as it is closed: no call is taken. Open it again.');
}
