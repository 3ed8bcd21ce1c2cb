import { Worker } from 'node:worker_threads';
import type { Position, Revision, StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import { SubscriptionHub } from '../../following/subscription-hub.ts';
import type {
  EventLog,
  EventLogStatistics,
  LogInFile,
  RecordDraft,
  StoredRecord,
  StoredSnapshot,
  StreamImage,
  SubscribeOptions,
  Subscription,
} from '../../ports/event-log.ts';
import { KeyFilter } from './key-filter.ts';
import {
  type CommitReport,
  errorOf,
  type ReadReply,
  type ReadRequest,
  type ReadyReply,
  type WorkerReply,
} from './messages.ts';
import { Outbox } from './outbox.ts';
import { PendingQueue } from './pending-queue.ts';

/** Records that one read takes from the worker thread: longer reads go in steps, so that commits get in between. */
const READ_STEP = 512;
const COMMIT_TIMES_KEPT = 256;
const NO_RECORDS: readonly StoredRecord[] = [];

/** Where the log is, and what it may keep in memory. */
export type SqliteEventLogOptions = {
  /** Of the log alone; made where it is missing. */
  readonly directory: string;
  /** Records whose index entries wait in memory, before they are written in one sorted run. */
  readonly tailLimit?: number;
  /** Streams whose last revision is kept in memory (about 150 bytes each, up to three times as many). */
  readonly knownRevisionLimit?: number;
};

type PendingAppend = {
  readonly draft: RecordDraft;
  readonly resolve: (position: Position) => void;
  readonly reject: (error: Error) => void;
};
type PendingRead = { readonly resolve: (reply: ReadReply) => void; readonly reject: (error: Error) => void };

/**
 * Opens the embedded event log of a directory, or creates it: one SQLite file, written by a worker thread in grouped
 * commits with an fsync each. One process at a time. Errors: LOG_LOCKED, LOG_UNUSABLE, LOG_VERSION, LOG_CORRUPT.
 */
export async function openSqliteEventLog(options: SqliteEventLogOptions): Promise<EventLog> {
  const { directory, tailLimit = 4096, knownRevisionLimit = 262144 } = options;
  const workerData = { directory, tailLimit, knownRevisionLimit };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
  try {
    return await new Promise<EventLog>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (reply: WorkerReply) => {
        if (reply.kind === 'ready') resolve(new SqliteEventLog(worker, reply, directory));
        else reject(reply.kind === 'refused' ? errorOf(reply.error) : new Error(`unexpected reply ${reply.kind}`));
      });
    });
  } catch (error) {
    await worker.terminate();
    if (error instanceof PalisadeError) throw error;
    const message = `Cannot open the event log as its thread did not start: ${String(error)}. Start again.`;
    throw new PalisadeError('LOG_UNUSABLE', message, { cause: error });
  }
}

class SqliteEventLog implements EventLog {
  readonly failed: Promise<Error>;
  readonly inFile: LogInFile;
  readonly #headListeners = new Set<() => void>();
  readonly #worker: Worker;
  readonly #outbox: Outbox;
  readonly #keys: KeyFilter;
  readonly #hub: SubscriptionHub;
  readonly #appends = new PendingQueue<PendingAppend>();
  readonly #reads = new PendingQueue<PendingRead>();
  readonly #commitTimesMs: number[] = [];
  readonly #reportFailure: (error: Error) => void;
  readonly #closed = Promise.withResolvers<void>();
  #head: Position;
  #appendedCount = 0;
  #commitCount = 0;
  /** Why no call is taken any more. */
  #refusal: PalisadeError | null = null;
  #closing: Promise<void> | null = null;

  constructor(worker: Worker, ready: ReadyReply, directory: string) {
    this.inFile = { directory, onHead: (listener) => this.#listen(listener) };
    const failure = Promise.withResolvers<Error>();
    this.failed = failure.promise;
    this.#reportFailure = failure.resolve;
    this.#worker = worker;
    this.#head = ready.head;
    this.#outbox = new Outbox((request) => {
      worker.postMessage(request, [request.drafts.bytes.buffer, request.drafts.numbers.buffer]);
    });
    this.#keys = new KeyFilter(ready);
    const currentHead = (): Position => this.#head;
    this.#hub = new SubscriptionHub({
      get head() {
        return currentHead();
      },
      readAll: (after, maxCount) => this.readAll(after, maxCount),
    });
    worker.removeAllListeners('error');
    worker.on('message', (reply: WorkerReply) => this.#receive(reply));
    worker.on('error', (error) => this.#fail(threadFailure(error.message)));
    worker.on('exit', (code) => {
      const isOwed = this.#appends.size + this.#reads.size > 0;
      if (this.#closing === null || isOwed) this.#fail(threadFailure(`it ended with code ${code}`));
      this.#closed.resolve();
    });
  }

  append(draft: RecordDraft): Promise<Position> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    return new Promise((resolve, reject) => {
      this.#keys.add(draft);
      this.#appends.push({ draft, resolve, reject });
      this.#outbox.putDraft(draft);
    });
  }

  mayHaveRecord(recordId: string): boolean {
    return this.#keys.mayHaveRecord(recordId);
  }

  mayHaveStream(stream: StreamName): boolean {
    return this.#keys.mayHaveStream(stream);
  }

  async readRecord(recordId: string): Promise<StoredRecord | null> {
    const [record] = await this.#readRecords({ kind: 'record', recordId });
    return record ?? null;
  }

  async readStream(stream: StreamName, fromRevision: Revision, maxCount: number): Promise<readonly StoredRecord[]> {
    return this.#readInSteps(maxCount, (done, count) => ({
      kind: 'stream',
      stream,
      from: Math.max(0, fromRevision) + done,
      maxCount: count,
    }));
  }

  async readImage(stream: StreamName, schema: string): Promise<StreamImage> {
    const reply = await this.#ask({ kind: 'image', stream, schema, maxCount: READ_STEP });
    if (reply.kind !== 'image') throw unexpectedReply(reply);
    const { snapshot, records, revision } = reply.image;
    const from = (snapshot?.revision ?? -1) + 1;
    const count = revision - from + 1;
    if (records.length >= count) return reply.image;
    const rest = await this.readStream(stream, from + records.length, count - records.length);
    return { snapshot, records: [...records, ...rest], revision };
  }

  async readAll(afterPosition: Position, maxCount: number): Promise<readonly StoredRecord[]> {
    return this.#readInSteps(maxCount, (done, count) => ({
      kind: 'all',
      after: Math.max(0, afterPosition) + done,
      maxCount: count,
    }));
  }

  subscribe(options: SubscribeOptions): Subscription {
    const subscription = this.#hub.subscribe(options);
    if (this.#refusal !== null) this.#hub.end(this.#refusal);
    return subscription;
  }

  writeSnapshot(snapshot: StoredSnapshot): void {
    if (this.#refusal === null) this.#outbox.putSnapshot(snapshot);
  }

  statistics(): EventLogStatistics {
    return {
      headPosition: this.#head,
      appendedCount: this.#appendedCount,
      commitCount: this.#commitCount,
      pendingCount: this.#appends.size,
      recentCommitMs: [...this.#commitTimesMs],
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#outbox.flush(true);
    this.#refusal ??= closedError();
    this.#hub.end(null);
    await this.#closed.promise;
    await this.#worker.terminate();
  }

  async #readInSteps(
    maxCount: number,
    requestOf: (done: number, count: number) => ReadRequest,
  ): Promise<readonly StoredRecord[]> {
    if (maxCount <= 0) return NO_RECORDS;
    if (maxCount <= READ_STEP) return this.#readRecords(requestOf(0, maxCount));
    const records: StoredRecord[] = [];
    while (records.length < maxCount) {
      const count = Math.min(READ_STEP, maxCount - records.length);
      const step = await this.#readRecords(requestOf(records.length, count));
      for (const record of step) records.push(record);
      if (step.length < count) break;
    }
    return records;
  }

  async #readRecords(request: ReadRequest): Promise<readonly StoredRecord[]> {
    const reply = await this.#ask(request);
    if (reply.kind !== 'records') throw unexpectedReply(reply);
    return reply.records;
  }

  #ask(request: ReadRequest): Promise<ReadReply> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    return new Promise((resolve, reject) => {
      this.#reads.push({ resolve, reject });
      this.#outbox.putRead(request);
    });
  }

  #receive(reply: WorkerReply): void {
    if (reply.kind === 'done') {
      if (reply.commit !== null) this.#settleAppends(reply.commit);
      this.#settleReads(reply.reads);
    } else if (reply.kind === 'indexed') this.#keys.replaceFilters(reply.filters, reply.draftCount);
    else if (reply.kind === 'failed') this.#fail(errorOf(reply.error));
    else if (reply.kind === 'closed') this.#closed.resolve();
  }

  #settleAppends({ draftCount, firstPosition, exceptions, commitMs }: CommitReport): void {
    if (exceptions.some(({ kind }) => kind === 'refused')) this.#outbox.flush(false);
    this.#outbox.answeredCount += draftCount;
    const kept: StoredRecord[] | null = this.#hub.isEmpty ? null : [];
    let position = firstPosition;
    let nextException = 0;
    for (let ordinal = 0; ordinal < draftCount; ordinal++) {
      const append = this.#appends.shift();
      const exception = exceptions[nextException];
      if (append === null) break;
      if (exception?.ordinal === ordinal) {
        nextException++;
        if (exception.kind === 'repeated') append.resolve(exception.position);
        else append.reject(errorOf(exception.error));
        continue;
      }
      kept?.push(recordOf(append.draft, position));
      append.resolve(position++);
    }
    this.#head = position - 1;
    this.#appendedCount += position - firstPosition;
    this.#commitCount++;
    this.#commitTimesMs.push(commitMs);
    if (this.#commitTimesMs.length > COMMIT_TIMES_KEPT) this.#commitTimesMs.shift();
    for (const listener of this.#headListeners) listener();
    if (kept === null) return;
    this.#hub.keep(kept);
    this.#hub.wake();
  }

  #listen(listener: () => void): () => void {
    this.#headListeners.add(listener);
    return () => this.#headListeners.delete(listener);
  }

  #settleReads(replies: readonly ReadReply[]): void {
    for (const reply of replies) {
      const read = this.#reads.shift();
      if (reply.kind === 'refused') read?.reject(errorOf(reply.error));
      else read?.resolve(reply);
    }
  }

  #fail(error: PalisadeError): void {
    if (this.#refusal === null || this.#closing !== null) this.#reportFailure(error);
    this.#refusal ??= error;
    while (this.#appends.size > 0) this.#appends.shift()?.reject(error);
    while (this.#reads.size > 0) this.#reads.shift()?.reject(error);
    this.#hub.end(error);
  }
}

function recordOf({ recordId, type, body, streams }: RecordDraft, position: Position): StoredRecord {
  const revised = streams.map(({ stream, expectedRevision }) => ({ stream, revision: expectedRevision + 1 }));
  return { position, recordId, type, body, streams: revised };
}

function threadFailure(cause: string): PalisadeError {
  const message = `Cannot use the event log as its thread failed: ${cause}. Start again; nothing acknowledged is lost.`;
  return new PalisadeError('LOG_FAILED', message);
}

function closedError(): PalisadeError {
  return new PalisadeError('LOG_FAILED', 'Cannot use the event log as it is closed: no call is taken. Open it again.');
}

function unexpectedReply(reply: ReadReply): PalisadeError {
  return new PalisadeError(
    'LOG_FAILED',
    `Cannot read the event log as a reply is of another kind: ${reply.kind}. Start again.`,
  );
}
