import { MemoryStore } from '../../src/adapters/memory/memory-store.ts';
import { NO_STREAM, type Position, type Revision, type StreamName } from '../../src/domain/entities.ts';
import { PalisadeError } from '../../src/domain/errors.ts';
import { LogFollower } from '../../src/following/log-follower.ts';
import type {
  EventLog,
  EventLogStatistics,
  RecordDraft,
  StoredRecord,
  StoredSnapshot,
  StreamImage,
  SubscribeOptions,
  Subscription,
} from '../../src/ports/event-log.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

/** What outlives a crash. */
export type Disk = { readonly records: StoredRecord[]; readonly snapshots: Map<StreamName, StoredSnapshot> };

/** What of the log the auditor watches. */
export type LogWatcher = {
  durable(record: StoredRecord): void;
  snapshotWritten(snapshot: StoredSnapshot): void;
};

/** An answer of the log that is on its way: nothing of it has reached the engine before `deliver`. */
export type Delivery = {
  readonly label: string;
  readonly isAcknowledgement: boolean;
  readonly isReady: () => boolean;
  readonly deliver: () => void;
};

/** What gets lost of an append: the request on its way to the log, or the answer on its way back. */
export type Loss = 'request' | 'answer';

/** Records that a follower gets at a time. */
const FOLLOWED_RECORDS = 8;

type Accepted = { readonly record: StoredRecord; readonly acknowledge: () => void };

/**
 * The memory log's store as a scheduler sees it: what is accepted becomes durable, and what is answered arrives, when
 * it is told to and in any order that the port allows, where the memory log itself answers in the order of the calls.
 * A crash is to go on with a new log over the same disk.
 */
export class SimulatedLog implements EventLog {
  readonly failed: Promise<Error>;
  readonly deliveries: Delivery[] = [];
  readonly #store = new MemoryStore();
  readonly #disk: Disk;
  readonly #watcher: LogWatcher;
  readonly #early: () => boolean;
  readonly #lose: () => Loss | null;
  readonly #accepted: Accepted[] = [];
  readonly #rejections: ((error: unknown) => void)[] = [];
  /** Drafts whose refusal has not arrived: what is appended to their streams until then was decided on top of them. */
  readonly #refusing = new Set<RecordDraft>();
  readonly #followers: LogFollower[] = [];
  readonly #fail: (error: Error) => void;
  #failure: PalisadeError | null = null;

  /**
   * `early` decides for each read whether it sees the log at the time of the call or of the answer, `lose` for each
   * append what is lost of it.
   */
  constructor(disk: Disk, watcher: LogWatcher, early: () => boolean, lose: () => Loss | null) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.failed = promise;
    this.#fail = resolve;
    this.#disk = disk;
    this.#watcher = watcher;
    this.#early = early;
    this.#lose = lose;
    for (const record of disk.records) this.#store.add(record);
    for (const [stream, snapshot] of disk.snapshots) this.#store.snapshots.set(stream, snapshot);
  }

  /** Records that were accepted and are not durable. */
  get heldCount(): number {
    return this.#accepted.length;
  }

  append(draft: RecordDraft): Promise<Position> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const loss = this.#lose();
    if (loss === null) return this.#take(draft);
    if (loss === 'answer') this.#take(draft).catch(() => {});
    else this.#refusing.add(draft);
    return this.#answer(`lose the ${loss} ${draft.recordId}`, () => {
      this.#refusing.delete(draft);
      throw new PalisadeError('LOG_OUTCOME_UNKNOWN', `The ${loss} was lost.`);
    });
  }

  #take(draft: RecordDraft): Promise<Position> {
    const verdict = this.#store.take(draft, (stream) => this.#isRefusing(stream));
    if ('refusal' in verdict) {
      const { refusal } = verdict;
      this.#refusing.add(draft);
      return this.#answer(`refuse ${refusal.code} ${draft.recordId}`, () => {
        this.#refusing.delete(draft);
        throw refusal;
      });
    }
    const { record, isNew } = verdict;
    if (isNew) return this.#accept(record);
    return this.#answer(
      `repeat ${draft.recordId}`,
      () => record.position,
      () => this.#isDurable(draft.recordId),
    );
  }

  /** Makes the oldest accepted records durable; their acknowledgements are on the way then. */
  commit(count: number): void {
    for (const { record, acknowledge } of this.#accepted.splice(0, count)) {
      this.#disk.records.push(record);
      this.#watcher.durable(record);
      const label = `ack ${record.recordId} @${record.position}`;
      this.deliveries.push({ label, isAcknowledgement: true, isReady: () => true, deliver: acknowledge });
    }
    for (const follower of this.#followers) follower.wake();
  }

  /** Fails for good, as after a write error: what was accepted and not made durable is gone. */
  failForGood(): void {
    this.#failure = new PalisadeError('LOG_FAILED', 'The simulated disk took no more writes.');
    for (const reject of this.#rejections) reject(this.#failure);
    this.#accepted.length = 0;
    this.deliveries.length = 0;
    for (const follower of this.#followers) follower.end(this.#failure);
    this.#fail(this.#failure);
  }

  /** Appends for another process, beside the engine: the record is accepted as any other. */
  appendBeside(recordId: string, type: string, body: string, streams: readonly StreamName[]): void {
    const writes = streams.map((stream) => ({ stream, expectedRevision: this.#store.revisionOf(stream) }));
    const verdict = this.#store.take({ recordId, type, body, streams: writes }, () => false);
    if ('refusal' in verdict) throw verdict.refusal;
    this.#accept(verdict.record).catch(() => {});
  }

  mayHaveRecord(recordId: string): boolean {
    return this.#store.record(recordId) !== null;
  }

  mayHaveStream(stream: StreamName): boolean {
    return this.#store.revisionOf(stream) !== NO_STREAM;
  }

  readRecord(recordId: string): Promise<StoredRecord | null> {
    const isDurable = (): boolean => this.#isDurable(recordId);
    return this.#read(`record ${recordId}`, () => this.#store.record(recordId), isDurable);
  }

  readStream(stream: StreamName, from: Revision, maxCount: number): Promise<readonly StoredRecord[]> {
    return this.#read(`stream ${stream}`, () => this.#store.stream(stream, from, maxCount));
  }

  readImage(stream: StreamName, schema: string): Promise<StreamImage> {
    return this.#read(`image ${stream}`, () => this.#store.image(stream, schema));
  }

  readAll(afterPosition: Position, maxCount: number): Promise<readonly StoredRecord[]> {
    return this.#read('all', () => this.#disk.records.slice(afterPosition, afterPosition + maxCount));
  }

  subscribe(options: SubscribeOptions): Subscription {
    const { records } = this.#disk;
    const follower = new LogFollower(options, {
      head: () => records.length,
      readAfter: (after) => records.slice(after, after + FOLLOWED_RECORDS),
    });
    this.#followers.push(follower);
    return follower;
  }

  writeSnapshot(snapshot: StoredSnapshot): void {
    this.#watcher.snapshotWritten(snapshot);
    this.#store.snapshots.set(snapshot.stream, snapshot);
    this.#disk.snapshots.set(snapshot.stream, snapshot);
  }

  statistics(): EventLogStatistics {
    const headPosition = this.#disk.records.length;
    const pendingCount = this.#accepted.length;
    return {
      headPosition,
      appendedCount: headPosition + pendingCount,
      commitCount: headPosition,
      pendingCount,
      recentCommitMs: [],
    };
  }

  close(): Promise<void> {
    this.commit(this.#accepted.length);
    return Promise.resolve();
  }

  #accept(record: StoredRecord): Promise<Position> {
    const { promise, resolve, reject } = Promise.withResolvers<Position>();
    this.#accepted.push({ record, acknowledge: () => resolve(record.position) });
    this.#rejections.push(reject);
    return promise;
  }

  #isRefusing(stream: StreamName): boolean {
    for (const { streams } of this.#refusing) if (streams.some((write) => write.stream === stream)) return true;
    return false;
  }

  #isDurable(recordId: string): boolean {
    return !this.#accepted.some(({ record }) => record.recordId === recordId);
  }

  #read<Answer>(label: string, look: () => Answer, isReady = () => true): Promise<Answer> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const seen = this.#early() ? { answer: look() } : null;
    return this.#answer(label, () => (seen === null ? look() : seen.answer), isReady);
  }

  /** An answer that arrives when the scheduler says so. */
  #answer<Answer>(label: string, answer: () => Answer, isReady = () => true): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#rejections.push(reject);
    const deliver = (): void => {
      try {
        resolve(answer());
      } catch (error) {
        reject(error);
      }
    };
    this.deliveries.push({ label, isAcknowledgement: false, isReady, deliver });
    return promise;
  }
}

/** The disk after a crash: durable records, and snapshots of nothing but those, some of them lost and some torn. */
export function diskAfterCrash(disk: Disk, random: SeededRandom): Disk {
  const heads = new Map<StreamName, Revision>();
  for (const { streams } of disk.records) for (const { stream, revision } of streams) heads.set(stream, revision);
  const snapshots = new Map<StreamName, StoredSnapshot>();
  for (const [stream, snapshot] of disk.snapshots) {
    if (snapshot.revision > (heads.get(stream) ?? NO_STREAM) || random.chance(0.2)) continue;
    const isTorn = random.chance(0.1);
    const state = isTorn ? snapshot.state.slice(0, random.integer(0, snapshot.state.length - 1)) : snapshot.state;
    snapshots.set(stream, { ...snapshot, state });
  }
  return { records: disk.records, snapshots };
}
