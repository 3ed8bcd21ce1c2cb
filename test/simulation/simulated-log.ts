import type { Position, Revision, StreamName } from '../../src/domain/entities.ts';
import { type ErrorCode, PalisadeError } from '../../src/domain/errors.ts';
import type {
  EventLog,
  EventLogStatistics,
  RecordDraft,
  StoredRecord,
  StoredSnapshot,
  StreamImage,
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

type Accepted = { readonly stored: StoredRecord; readonly acknowledge: () => void };

/**
 * The event log as a scheduler sees it: what is accepted becomes durable, and what is answered arrives, when it is told
 * to and in any order that the port allows. A crash is to go on with a new log over the same disk.
 */
export class SimulatedLog implements EventLog {
  readonly failed: Promise<Error>;
  readonly deliveries: Delivery[] = [];
  readonly #disk: Disk;
  readonly #watcher: LogWatcher;
  readonly #early: () => boolean;
  readonly #accepted: Accepted[] = [];
  readonly #byId = new Map<string, { draft: Omit<RecordDraft, 'type'>; stored: StoredRecord }>();
  readonly #byStream = new Map<StreamName, StoredRecord[]>();
  readonly #rejections: ((error: unknown) => void)[] = [];
  /** Drafts whose refusal has not arrived: what is appended to their streams until then was decided on top of them. */
  readonly #refusing = new Set<RecordDraft>();
  readonly #fail: (error: Error) => void;
  #failure: PalisadeError | null = null;
  #position: Position;

  /** `early` decides for each read whether it sees the log at the time of the call or of the answer. */
  constructor(disk: Disk, watcher: LogWatcher, early: () => boolean) {
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.failed = promise;
    this.#fail = resolve;
    this.#disk = disk;
    this.#watcher = watcher;
    this.#early = early;
    this.#position = disk.records.length;
    for (const record of disk.records) this.#index(record, draftOf(record));
  }

  /** Records that were accepted and are not durable. */
  get heldCount(): number {
    return this.#accepted.length;
  }

  append(draft: RecordDraft): Promise<Position> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const first = this.#byId.get(draft.recordId);
    if (first !== undefined) {
      const { position } = first.stored;
      if (isSameDraft(first.draft, draft)) return this.#answer(`repeat ${draft.recordId}`, () => position);
      return this.#refuse(draft, 'LOG_RECORD_EXISTS', { position });
    }
    for (const { stream, expectedRevision } of draft.streams) {
      const actualRevision = this.#headOf(stream);
      if (actualRevision === expectedRevision && !this.#isRefusing(stream)) continue;
      return this.#refuse(draft, 'LOG_REVISION_CONFLICT', { stream, actualRevision });
    }
    return this.#accept(draft);
  }

  #accept(draft: RecordDraft): Promise<Position> {
    const { promise, resolve, reject } = Promise.withResolvers<Position>();
    this.#position += 1;
    const stored: StoredRecord = {
      position: this.#position,
      recordId: draft.recordId,
      type: draft.type,
      body: draft.body,
      streams: draft.streams.map(({ stream, expectedRevision }) => ({ stream, revision: expectedRevision + 1 })),
    };
    this.#index(stored, draft);
    this.#accepted.push({ stored, acknowledge: () => resolve(stored.position) });
    this.#rejections.push(reject);
    return promise;
  }

  #refuse(draft: RecordDraft, code: ErrorCode, details: Record<string, string | number>): Promise<Position> {
    this.#refusing.add(draft);
    return this.#answer(`refuse ${code} ${draft.recordId}`, () => {
      this.#refusing.delete(draft);
      throw new PalisadeError(code, `Cannot append ${draft.recordId}: ${JSON.stringify(details)}`, { details });
    });
  }

  #isRefusing(stream: StreamName): boolean {
    for (const { streams } of this.#refusing) if (streams.some((write) => write.stream === stream)) return true;
    return false;
  }

  /** Makes the oldest accepted records durable; their acknowledgements are on the way then. */
  commit(count: number): void {
    for (const { stored, acknowledge } of this.#accepted.splice(0, count)) {
      this.#disk.records.push(stored);
      this.#watcher.durable(stored);
      const label = `ack ${stored.recordId} @${stored.position}`;
      this.deliveries.push({ label, isAcknowledgement: true, isReady: () => true, deliver: acknowledge });
    }
  }

  /** Fails for good, as after a write error: what was accepted and not made durable is gone. */
  failForGood(): void {
    this.#failure = new PalisadeError('LOG_FAILED', 'The simulated disk took no more writes.');
    for (const reject of this.#rejections) reject(this.#failure);
    this.#accepted.length = 0;
    this.deliveries.length = 0;
    this.#fail(this.#failure);
  }

  mayContain(recordId: string): boolean {
    return this.#byId.has(recordId);
  }

  readRecord(recordId: string): Promise<StoredRecord | null> {
    const isDurable = (): boolean => !this.#accepted.some(({ stored }) => stored.recordId === recordId);
    return this.#read(`record ${recordId}`, () => this.#byId.get(recordId)?.stored ?? null, isDurable);
  }

  readStream(stream: StreamName, from: Revision, maxCount: number): Promise<readonly StoredRecord[]> {
    return this.#read(`stream ${stream}`, () => (this.#byStream.get(stream) ?? []).slice(from, from + maxCount));
  }

  readImage(stream: StreamName, schema: string): Promise<StreamImage> {
    return this.#read(`image ${stream}`, () => {
      const records = this.#byStream.get(stream) ?? [];
      const kept = this.#disk.snapshots.get(stream);
      const snapshot = kept !== undefined && kept.schema === schema ? kept : null;
      const revision = records.length - 1;
      return { snapshot, records: records.slice((snapshot?.revision ?? -1) + 1), revision };
    });
  }

  readAll(afterPosition: Position, maxCount: number): Promise<readonly StoredRecord[]> {
    return this.#read('all', () => this.#disk.records.slice(afterPosition, afterPosition + maxCount));
  }

  subscribe(): Subscription {
    throw new Error('The engine follows no log: the simulation has no subscriptions.');
  }

  writeSnapshot(snapshot: StoredSnapshot): void {
    this.#watcher.snapshotWritten(snapshot);
    const kept = this.#disk.snapshots.get(snapshot.stream);
    if (kept !== undefined && kept.schema === snapshot.schema && kept.revision > snapshot.revision) return;
    this.#disk.snapshots.set(snapshot.stream, snapshot);
  }

  statistics(): EventLogStatistics {
    return {
      headPosition: this.#disk.records.length,
      appendedCount: this.#position,
      commitCount: 0,
      pendingCount: this.#accepted.length,
      recentCommitMs: [],
    };
  }

  close(): Promise<void> {
    this.commit(this.#accepted.length);
    return Promise.resolve();
  }

  /** Appends for another process, beside the engine: the record is accepted as any other. */
  appendBeside(recordId: string, type: string, body: string, streams: readonly StreamName[]): void {
    const writes = streams.map((stream) => ({ stream, expectedRevision: this.#headOf(stream) }));
    this.#accept({ recordId, type, body, streams: writes }).catch(() => {});
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

  #headOf(stream: StreamName): Revision {
    return (this.#byStream.get(stream)?.length ?? 0) - 1;
  }

  #index(stored: StoredRecord, draft: Omit<RecordDraft, 'type'>): void {
    this.#byId.set(stored.recordId, { draft, stored });
    for (const { stream } of stored.streams) {
      const records = this.#byStream.get(stream);
      if (records === undefined) this.#byStream.set(stream, [stored]);
      else records.push(stored);
    }
  }
}

function draftOf({ recordId, body, streams }: StoredRecord): Omit<RecordDraft, 'type'> {
  return {
    recordId,
    body,
    streams: streams.map(({ stream, revision }) => ({ stream, expectedRevision: revision - 1 })),
  };
}

function isSameDraft(left: Omit<RecordDraft, 'type'>, right: RecordDraft): boolean {
  return left.body === right.body && JSON.stringify(left.streams) === JSON.stringify(right.streams);
}

/** The disk after a crash: durable records, and snapshots of nothing but those, some of them lost and some torn. */
export function diskAfterCrash(disk: Disk, random: SeededRandom): Disk {
  const heads = new Map<StreamName, Revision>();
  for (const { streams } of disk.records) for (const { stream, revision } of streams) heads.set(stream, revision);
  const snapshots = new Map<StreamName, StoredSnapshot>();
  for (const [stream, snapshot] of disk.snapshots) {
    if (snapshot.revision > (heads.get(stream) ?? -1) || random.chance(0.2)) continue;
    const isTorn = random.chance(0.1);
    const state = isTorn ? snapshot.state.slice(0, random.integer(0, snapshot.state.length - 1)) : snapshot.state;
    snapshots.set(stream, { ...snapshot, state });
  }
  return { records: disk.records, snapshots };
}
