import type { Position, Revision, StreamName } from '../domain/entities.ts';
import type { Checkpoint } from './checkpoint-store.ts';

/** A stream that a record belongs to, and the revision that the stream must have before it (-1: no stream yet). */
export type StreamWrite = { readonly stream: StreamName; readonly expectedRevision: Revision };

/**
 * One record to append. `recordId` is the idempotency key of the log: the same id with the same body and streams is
 * the same append, whenever it comes.
 */
export type RecordDraft = {
  readonly recordId: string;
  readonly type: string;
  /** JSON text. The log does not look into it. */
  readonly body: string;
  readonly streams: readonly StreamWrite[];
};

/** A record as stored. `streams` carries the revision that the record has in each of its streams. */
export type StoredRecord = {
  readonly position: Position;
  readonly recordId: string;
  readonly type: string;
  readonly body: string;
  readonly streams: readonly { readonly stream: StreamName; readonly revision: Revision }[];
};

/** A cached state: always droppable, never the truth. `schema` names what the bytes mean; another schema is ignored. */
export type StoredSnapshot = {
  readonly stream: StreamName;
  readonly revision: Revision;
  readonly schema: string;
  readonly state: Uint8Array;
};

/** What an actor is rehydrated from: its newest snapshot of the schema, if any, and the records after it. */
export type StreamImage = {
  readonly snapshot: StoredSnapshot | null;
  readonly records: readonly StoredRecord[];
  /** Revision of the last record in the stream, -1 where there is none. */
  readonly revision: Revision;
};

export type Subscription = {
  /** Stops the calls; resolves when the last one has returned. */
  close(): Promise<void>;
};

export type SubscribeOptions = {
  /** Records after this position are delivered, in order, each once. 0 for all. */
  readonly afterPosition: Position;
  /** Called with one batch at a time; the next batch waits for the promise, so a slow reader slows only itself. */
  readonly onRecords: (records: readonly StoredRecord[]) => void | Promise<void>;
  /** Called once, when the subscription ends by an error. */
  readonly onError: (error: Error) => void;
};

/** Counters that the metrics page shows. */
export type EventLogStatistics = {
  readonly headPosition: Position;
  readonly appendedCount: number;
  readonly commitCount: number;
  readonly pendingCount: number;
  /** Time of the last commits' fsync, ms, newest last; bounded. */
  readonly recentCommitMs: readonly number[];
};

/**
 * What a log offers that several processes write to together. A courtesy among them: without it all is as true, but
 * they overtake each other more often.
 */
export interface SharedLog {
  /**
   * Calls back with the records of other processes, in order, each once, those that were there before left out. Whoever
   * awaits `turn` was told of all that this process knew of then.
   */
  onForeign(listener: (records: readonly StoredRecord[]) => void): void;
  /** Resolves when what is appended at once is likely to win. What is decided right before needs no second try. */
  turn(): Promise<void>;
  /** Where the processes note who does a duty for all of them, and how far it is. */
  register(duty: string): DutyRegister;
}

/** Who does a duty, and the last record that is done with. */
export type DutyEntry = Checkpoint & {
  /** Another one each time that the duty is taken over; '' where it was given up. */
  readonly holder: string;
};

/** One entry that several processes replace: each only the one that it knows, so that who was overtaken learns it. */
export interface DutyRegister {
  /** The entry of now; null where there never was one. Rejects with LOG_UNAVAILABLE. */
  read(): Promise<{ readonly revision: Revision; readonly entry: DutyEntry } | null>;
  /**
   * Replaces the entry of a revision (-1: none yet), durably, and answers the revision of the new one. Rejects with
   * LOG_REVISION_CONFLICT where another process was first, or with LOG_UNAVAILABLE where it is not known.
   */
  write(entry: DutyEntry, expectedRevision: Revision): Promise<Revision>;
}

/** A log in a file that other threads of the process may read by themselves, beside the one who writes it. */
export interface LogInFile {
  /** Folder of the log. */
  readonly directory: string;
  /** Calls back when the head has moved, once a commit, until what is returned is called. */
  onHead(listener: () => void): () => void;
}

/** The one port to durable facts. Every method rejects with a `PalisadeError` of the LOG_ family. */
export interface EventLog {
  /**
   * Appends one record to all its streams at once, durable when the promise resolves. Calls are committed in the order
   * in which they were made, many per fsync.
   * - The identical call again (id, body, streams) resolves with the first position.
   * - The id with another body or other streams rejects with LOG_RECORD_EXISTS (details.position: the first one).
   * - A stream that is elsewhere rejects with LOG_REVISION_CONFLICT (details.stream, details.actualRevision). So does
   *   whatever this caller appended to any of the draft's streams before that answer arrived: it was decided on top of
   *   a record that there is not, even where another writer's record has taken the revision in its place.
   * - Where no answer came in time: LOG_OUTCOME_UNKNOWN. The identical call is to be repeated. What this caller
   *   appended to any of the draft's streams before that answer is stored only where the draft was.
   * - After a write error everything rejects with LOG_FAILED until the process is started again.
   */
  append(draft: RecordDraft): Promise<Position>;
  /**
   * Whether a record with this id may be in the log: false is certain, true is a hint that `readRecord` settles.
   * Synchronous and cheap (below 1 µs), for the hot path; counts accepted appends too, and errs in few calls.
   */
  mayHaveRecord(recordId: string): boolean;
  /**
   * Whether a stream may be in the log: false is certain, true is a hint that `readImage` settles. Synchronous and
   * cheap; counts accepted appends too. A log that others write as well may always answer true.
   */
  mayHaveStream(stream: StreamName): boolean;
  /**
   * The record with this id, or null. What is answered is durable: where it was accepted and is not durable yet,
   * the answer waits for that.
   */
  readRecord(recordId: string): Promise<StoredRecord | null>;
  /** Up to `maxCount` records of a stream from a revision on, oldest first. */
  readStream(stream: StreamName, fromRevision: Revision, maxCount: number): Promise<readonly StoredRecord[]>;
  /** What to rehydrate an actor from, in one trip. Includes records whose append has not been answered yet. */
  readImage(stream: StreamName, schema: string): Promise<StreamImage>;
  /** Up to `maxCount` records of the whole log after a position. */
  readAll(afterPosition: Position, maxCount: number): Promise<readonly StoredRecord[]>;
  /** Delivers what is stored, then what is appended, without a gap or a repeat in between. Durable records only. */
  subscribe(options: SubscribeOptions): Subscription;
  /** Keeps a snapshot, replacing an older one of the stream. Not durable at once; losing it costs time only. */
  writeSnapshot(snapshot: StoredSnapshot): void;
  /** Absent where no other process writes to the log. */
  readonly shared?: SharedLog;
  /** Absent where the records are not in a file of this machine. */
  readonly inFile?: LogInFile;
  /** Resolves with the error when the log has failed for good; never rejects. */
  readonly failed: Promise<Error>;
  statistics(): EventLogStatistics;
  /** Flushes what was accepted, then closes. */
  close(): Promise<void>;
}
