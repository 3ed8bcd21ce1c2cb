import { Worker } from 'node:worker_threads';
import { PalisadeError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Logger } from '../../ports/logger.ts';
import type {
  ChangePage,
  LateEventPage,
  ProjectionCounts,
  ProjectionReport,
  ProjectionStatistics,
  Projections,
  RowPage,
  RowQuery,
  ViewReport,
} from '../../ports/projections.ts';
import { DerivedFacts } from '../../runtime/derived-facts.ts';
import { hasRecord } from '../../runtime/projection-runner.ts';
import { HeadMarks } from './head-marks.ts';
import { HeadNotices } from './head-notices.ts';
import { type PackedRecords, packRecords } from './packed-records.ts';
import {
  errorImageOf,
  errorOfImage,
  type FromProjections,
  type Question,
  type ToProjections,
} from './projection-messages.ts';
import type { RecordFeed } from './record-feed.ts';
import { RecordRelay } from './record-relay.ts';

/** Readers that may wait for the thread; the next are sent away. */
const READERS_MAX = 256;
/**
 * From the time at which the thread was told of the head to the next: what comes in between is taken in and committed
 * together: at 2,500 records a second each costs a seventh less than with half of it. A reader hardly sees a tenth of a
 * second.
 */
const PAUSE_MS = 100;

type Waiting = { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void };

/** Projections that run. */
export type RunningProjections = Projections & {
  /** Resolves when the thread has let go of the read store. */
  close(): Promise<void>;
};

export type ProjectionParts = {
  /** File of the read store; made where it is missing. */
  readonly file: string;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** Starts the projections on a thread of their own, behind the log. Rejects with READ_STORE_FAILED. */
export async function startProjections(parts: ProjectionParts): Promise<RunningProjections> {
  const worker = new Worker(new URL('./projection-thread.ts', import.meta.url), { workerData: { file: parts.file } });
  try {
    const { last, discarded } = await nextOf(worker, 'opened', (opened) => opened);
    if (discarded !== null) {
      parts.logger.warn('The read store was let go of: projections are made anew', {
        file: parts.file,
        reason: discarded,
      });
    }
    const readAll = (after: number, count: number) => parts.log.readAll(after, count);
    const isOfLog = await hasRecord(readAll, last);
    if (!isOfLog) {
      parts.logger.warn('The read store is of another log, or of a later state of it: projections are made anew', {
        file: parts.file,
        position: last?.position ?? 0,
      });
    }
    const { inFile } = parts.log;
    const file =
      inFile === undefined ? null : { directory: inFile.directory, head: parts.log.statistics().headPosition };
    const begin: ToProjections = { kind: 'begin', isOfLog, inFile: file };
    worker.postMessage(begin);
    return await nextOf(worker, 'ready', ({ counts }) => new ProjectionClient(worker, parts, counts));
  } catch (error) {
    await worker.terminate();
    throw error instanceof PalisadeError ? error : errorOfImage(errorImageOf(error));
  }
}

/**
 * What is made of the next message of the thread, which has to be of a kind, before the one after it. Rejects with the
 * thread's error where there is one.
 */
function nextOf<Kind extends FromProjections['kind'], Result>(
  worker: Worker,
  kind: Kind,
  make: (message: Extract<FromProjections, { kind: Kind }>) => Result,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (message: FromProjections) => {
      worker.off('error', reject);
      if (isOfKind(message, kind)) resolve(make(message));
      else reject(message.kind === 'refused' ? errorOfImage(message.error) : new Error(`unexpected ${message.kind}`));
    });
  });
}

function isOfKind<Kind extends FromProjections['kind']>(
  message: FromProjections,
  kind: Kind,
): message is Extract<FromProjections, { kind: Kind }> {
  return message.kind === kind;
}

class ProjectionClient implements RunningProjections {
  readonly #worker: Worker;
  readonly #parts: ProjectionParts;
  readonly #facts: DerivedFacts;
  readonly #feed: RecordFeed;
  readonly #questions = new Map<number, Waiting>();
  readonly #closed = Promise.withResolvers<void>();
  #counts: ProjectionCounts;
  #nextId = 1;
  #recordCount = 0;
  readonly #marks: HeadMarks;
  /** When nothing was being built last. */
  #builtAtMs: number;
  #failure: PalisadeError | null = null;
  #isClosing = false;

  constructor(worker: Worker, parts: ProjectionParts, counts: ProjectionCounts) {
    this.#worker = worker;
    this.#parts = parts;
    this.#counts = counts;
    this.#facts = new DerivedFacts(parts.log, parts.clock);
    this.#builtAtMs = parts.clock.monotonicMs();
    this.#marks = new HeadMarks(counts.position, this.#builtAtMs);
    worker.on('message', (message: FromProjections) => this.#take(message));
    worker.on('error', (error) => this.#fail(errorOfImage(errorImageOf(error))));
    worker.on('exit', () => this.#closed.resolve());
    this.#feed = this.#feedOf(parts);
    void parts.log.failed.then((error) => this.#fail(errorOfImage(errorImageOf(error))));
  }

  views(): Promise<readonly ViewReport[]> {
    return this.#ask({ about: 'views' });
  }

  rows(query: RowQuery): Promise<RowPage | null> {
    return this.#ask({ about: 'rows', query });
  }

  changes(view: string, after: number, limit: number): Promise<ChangePage | null> {
    return this.#ask({ about: 'changes', view, after, limit });
  }

  lateEvents(view: string | null, limit: number): Promise<LateEventPage | null> {
    return this.#ask({ about: 'late_events', view, limit });
  }

  projections(): Promise<readonly ProjectionReport[]> {
    return this.#ask({ about: 'projections' });
  }

  rebuild(name: string): Promise<boolean> {
    return this.#ask({ about: 'rebuild', name });
  }

  statistics(): ProjectionStatistics {
    const { headPosition } = this.#parts.log.statistics();
    const nowMs = this.#parts.clock.monotonicMs();
    this.#marks.note(headPosition, nowMs);
    if (this.#counts.building === 0) this.#builtAtMs = nowMs;
    return {
      ...this.#counts,
      headPosition,
      lagSeconds: this.#marks.behindMs(this.#counts.position, headPosition, nowMs) / 1e3,
      buildingSeconds: (nowMs - this.#builtAtMs) / 1e3,
      queueDepth: this.#feed.depth,
      queueDepthMax: this.#feed.depthMax,
      blockedMs: this.#feed.blockedMs(nowMs),
      readersWaiting: this.#questions.size,
      readersWaitingMax: READERS_MAX,
      recordCount: this.#recordCount,
      failure: this.#failure?.message ?? '',
    };
  }

  async close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      this.#feed.stop();
      this.#post({ kind: 'close' });
    }
    await this.#closed.promise;
    await this.#worker.terminate();
    for (const waiting of this.#questions.values()) waiting.reject(stopped('they are shutting down'));
    this.#questions.clear();
  }

  /** A log in a file is read by the thread itself: then no record goes over this thread. */
  #feedOf({ log, clock }: ProjectionParts): RecordFeed {
    const { position } = this.#counts;
    if (log.inFile !== undefined) {
      const head = () => log.statistics().headPosition;
      const send = (told: number) => this.#post({ kind: 'head', head: told });
      return new HeadNotices({ log: log.inFile, head, clock, pauseMs: PAUSE_MS, send }, position);
    }
    const onError = (error: Error) => this.#fail(errorOfImage(errorImageOf(error)));
    const send = (records: PackedRecords) => this.#post({ kind: 'records', records });
    return new RecordRelay({ log, clock, pauseMs: PAUSE_MS, send, onError }, position);
  }

  #take(message: FromProjections): void {
    switch (message.kind) {
      case 'advanced':
        this.#note(message.counts);
        return;
      case 'applied':
        this.#recordCount += message.records;
        this.#feed.taken(message.batches, message.counts.position);
        this.#note(message.counts);
        return;
      case 'read':
        this.#parts.log.readAll(message.after, message.maxCount).then(
          (records) => this.#post({ kind: 'read', id: message.id, records: packRecords(records) }),
          (error: unknown) => this.#post({ kind: 'read', id: message.id, records: errorImageOf(error) }),
        );
        return;
      case 'append':
        this.#facts.append(message.entries).then(
          () => this.#post({ kind: 'appended', id: message.id, error: null }),
          (error: unknown) => this.#post({ kind: 'appended', id: message.id, error: errorImageOf(error) }),
        );
        return;
      case 'answer':
        this.#settle(message.id, ({ resolve }) => Reflect.apply(resolve, null, [message.answer]));
        return;
      case 'fault':
        this.#settle(message.id, ({ reject }) => reject(errorOfImage(message.error)));
        return;
      case 'failed':
        this.#fail(errorOfImage(message.error));
        return;
      case 'closed':
        this.#closed.resolve();
        return;
      case 'opened':
      case 'ready':
      case 'refused':
        return;
    }
  }

  #note(counts: ProjectionCounts): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#counts = counts;
    this.#marks.note(this.#parts.log.statistics().headPosition, nowMs);
    if (counts.building === 0) this.#builtAtMs = nowMs;
  }

  #settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#questions.get(id);
    this.#questions.delete(id);
    if (waiting !== undefined) settle(waiting);
  }

  #ask<Answer>(question: Question): Promise<Answer> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (this.#isClosing) return Promise.reject(stopped('they are shutting down'));
    if (this.#questions.size >= READERS_MAX) return Promise.reject(tooManyReaders());
    return new Promise<Answer>((resolve, reject) => {
      const id = this.#nextId++;
      this.#questions.set(id, { resolve, reject });
      this.#post({ kind: 'question', id, question });
    });
  }

  #post(message: ToProjections): void {
    this.#worker.postMessage(message);
  }

  #fail(error: PalisadeError): void {
    if (this.#failure !== null || this.#isClosing) return;
    this.#failure = error;
    this.#parts.logger.error('The projections stand still; decisions go on', { reason: error.message });
    this.#feed.stop();
    for (const waiting of this.#questions.values()) waiting.reject(error);
    this.#questions.clear();
  }
}

function tooManyReaders(): PalisadeError {
  const message = `Cannot read the projections as too many readers wait for them: ${READERS_MAX}. Try again shortly.`;
  return new PalisadeError('ENGINE_OVERLOADED', message);
}

function stopped(reason: string): PalisadeError {
  return new PalisadeError('READ_STORE_FAILED', `Cannot read the projections as ${reason}. Try again later.`);
}
