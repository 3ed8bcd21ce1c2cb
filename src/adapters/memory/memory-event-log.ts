import { NO_STREAM, type Position, type Revision, type StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { LogFollower } from '../../following/log-follower.ts';
import type {
  EventLog,
  EventLogStatistics,
  RecordDraft,
  StoredRecord,
  StoredSnapshot,
  StreamImage,
  SubscribeOptions,
  Subscription,
} from '../../ports/event-log.ts';
import type { Random } from '../../ports/random.ts';
import { MemoryStore, type Verdict } from './memory-store.ts';

const BATCH_RECORDS = 256;

/** What becomes of the oldest append that waits: `hold` leaves it and all behind it waiting, `fail` fails the log. */
export type CommitChoice = 'commit' | 'hold' | 'fail';

/** How a memory log behaves; without options it commits everything in the next microtask. */
export type MemoryEventLogOptions = {
  /** With `manual`, an append waits for `commitPending`. No timers either way: the same calls give the same run. */
  readonly commit?: 'automatic' | 'manual';
  /** Asked before each append is committed. */
  readonly beforeCommit?: (draft: RecordDraft) => CommitChoice;
  /** Draws what a crash keeps of the appends that were not acknowledged; without it, none. */
  readonly random?: Random;
};

/** An event log in memory, with what a simulation needs to hold, fail and crash it. */
export type MemoryEventLog = EventLog & {
  /** Commits up to `count` of the appends that wait (all without), and serves the reads before and between them. */
  commitPending(count?: number): void;
  /** Goes on as after a crash: the log that a restart opens. Calls to this one are never answered any more. */
  crash(): MemoryEventLog;
};

/** Makes an empty log that lives as long as the process. */
export function createMemoryEventLog(options: MemoryEventLogOptions = {}): MemoryEventLog {
  return new MemoryLog(options, new MemoryStore());
}

type PendingAppend = {
  readonly kind: 'append';
  readonly draft: RecordDraft;
  readonly number: number;
  /** How many appends had been answered when this one was made. */
  readonly answeredCount: number;
  readonly resolve: (position: Position) => void;
  readonly reject: (error: Error) => void;
};
type PendingRead = { readonly kind: 'read'; readonly serve: () => void; readonly reject: (error: Error) => void };

class MemoryLog implements MemoryEventLog {
  readonly failed: Promise<Error>;
  readonly #options: MemoryEventLogOptions;
  readonly #store: MemoryStore;
  readonly #reportFailure: (error: Error) => void;
  readonly #queue: (PendingAppend | PendingRead)[] = [];
  readonly #acceptedIds = new Set<string>();
  readonly #acceptedStreams = new Set<StreamName>();
  /** Number of the last refused append to a stream. */
  readonly #refused = new Map<StreamName, number>();
  readonly #subscriptions = new Set<LogFollower>();
  #appendNumber = 0;
  #answeredCount = 0;
  #newCount = 0;
  #commitCount = 0;
  #isScheduled = false;
  #refusal: PalisadeError | null = null;

  constructor(options: MemoryEventLogOptions, store: MemoryStore) {
    const failure = Promise.withResolvers<Error>();
    this.failed = failure.promise;
    this.#reportFailure = failure.resolve;
    this.#options = options;
    this.#store = store;
  }

  append(draft: RecordDraft): Promise<Position> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    this.#acceptedIds.add(draft.recordId);
    for (const { stream } of draft.streams) this.#acceptedStreams.add(stream);
    return new Promise((resolve, reject) => {
      const number = this.#appendNumber++;
      this.#queue.push({ kind: 'append', draft, number, answeredCount: this.#answeredCount, resolve, reject });
      this.#schedule();
    });
  }

  mayHaveRecord(recordId: string): boolean {
    return this.#acceptedIds.has(recordId) || this.#store.record(recordId) !== null;
  }

  mayHaveStream(stream: StreamName): boolean {
    return this.#acceptedStreams.has(stream) || this.#store.revisionOf(stream) !== NO_STREAM;
  }

  readRecord(recordId: string): Promise<StoredRecord | null> {
    return this.#read(() => this.#store.record(recordId));
  }

  readStream(stream: StreamName, fromRevision: Revision, maxCount: number): Promise<readonly StoredRecord[]> {
    return this.#read(() => this.#store.stream(stream, fromRevision, maxCount));
  }

  readImage(stream: StreamName, schema: string): Promise<StreamImage> {
    return this.#read(() => this.#store.image(stream, schema));
  }

  readAll(afterPosition: Position, maxCount: number): Promise<readonly StoredRecord[]> {
    const from = Math.max(0, afterPosition);
    return this.#read(() => this.#store.records.slice(from, from + Math.max(0, maxCount)));
  }

  subscribe(options: SubscribeOptions): Subscription {
    const { records } = this.#store;
    const subscription = new LogFollower(options, {
      head: () => records.length,
      readAfter: (after) => records.slice(after, after + BATCH_RECORDS),
    });
    this.#subscriptions.add(subscription);
    if (this.#refusal !== null) subscription.end(this.#refusal);
    return subscription;
  }

  writeSnapshot(snapshot: StoredSnapshot): void {
    if (this.#refusal !== null) return;
    this.#store.snapshots.set(snapshot.stream, { ...snapshot, state: snapshot.state.slice() });
  }

  statistics(): EventLogStatistics {
    return {
      headPosition: this.#store.records.length,
      appendedCount: this.#newCount,
      commitCount: this.#commitCount,
      pendingCount: this.#queue.filter(({ kind }) => kind === 'append').length,
      recentCommitMs: [],
    };
  }

  close(): Promise<void> {
    this.commitPending();
    this.#refuseAll(new PalisadeError('LOG_FAILED', 'Cannot use the event log as it is closed. Open it again.'), null);
    return Promise.resolve();
  }

  commitPending(count: number = Number.POSITIVE_INFINITY): void {
    if (this.#refusal !== null) return;
    const before = this.#store.records.length;
    let left = count;
    for (let next = this.#queue[0]; next !== undefined && this.#refusal === null; next = this.#queue[0]) {
      if (next.kind === 'append') {
        const choice = left > 0 ? (this.#options.beforeCommit?.(next.draft) ?? 'commit') : 'hold';
        if (choice === 'fail') this.#fail();
        if (choice !== 'commit') break;
        left--;
        this.#settle(next);
      } else next.serve();
      this.#queue.shift();
    }
    if (this.#store.records.length === before) return;
    this.#commitCount++;
    for (const subscription of this.#subscriptions) subscription.wake();
  }

  crash(): MemoryEventLog {
    const { random } = this.#options;
    const waiting = this.#queue.filter((each) => each.kind === 'append');
    const kept = random === undefined ? 0 : Math.floor(random.next() * (waiting.length + 1));
    const survivor = new MemoryStore();
    for (const record of this.#store.records) survivor.add(record);
    for (const append of waiting.slice(0, kept)) this.#judge(append, survivor);
    for (const snapshot of this.#store.snapshots.values()) {
      const isKept = random === undefined || random.next() < 0.5;
      if (isKept) survivor.snapshots.set(snapshot.stream, snapshot);
    }
    this.#queue.length = 0;
    this.#refuseAll(new PalisadeError('LOG_FAILED', 'Cannot use the event log as it crashed. Open it again.'), null);
    return new MemoryLog(this.#options, survivor);
  }

  #settle(append: PendingAppend): void {
    const verdict = this.#judge(append, this.#store);
    this.#answeredCount = append.number + 1;
    if ('refusal' in verdict) {
      append.reject(verdict.refusal);
      return;
    }
    if (verdict.isNew) this.#newCount++;
    append.resolve(verdict.record.position);
  }

  #judge({ draft, number, answeredCount }: PendingAppend, store: MemoryStore): Verdict {
    const verdict = store.take(draft, (stream) => (this.#refused.get(stream) ?? -1) >= answeredCount);
    if ('refusal' in verdict) for (const { stream } of draft.streams) this.#refused.set(stream, number);
    return verdict;
  }

  #read<Answer>(look: () => Answer): Promise<Answer> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    return new Promise((resolve, reject) => {
      this.#queue.push({ kind: 'read', serve: () => resolve(look()), reject });
      this.#schedule();
    });
  }

  /** With manual commits, serves the reads that wait for no append. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.commitPending(this.#options.commit === 'manual' ? 0 : Number.POSITIVE_INFINITY);
    });
  }

  #fail(): void {
    const message = 'Cannot write to the event log as a fault was asked for: no append is taken. Open it again.';
    const error = new PalisadeError('LOG_FAILED', message);
    this.#reportFailure(error);
    this.#refuseAll(error, error);
  }

  #refuseAll(refusal: PalisadeError, subscriptionError: Error | null): void {
    this.#refusal ??= refusal;
    for (const { reject } of this.#queue.splice(0)) reject(refusal);
    for (const subscription of this.#subscriptions) subscription.end(subscriptionError);
  }
}
