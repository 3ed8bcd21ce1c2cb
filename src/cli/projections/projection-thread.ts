import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteReadStore, type SqliteReadStoreFile } from '../../adapters/sqlite/sqlite-read-store.ts';
import { stepBack } from '../../adapters/system/thread-priority.ts';
import type { StoredRecord } from '../../ports/event-log.ts';
import type { OutboxEntry } from '../../ports/read-store.ts';
import { ProjectionRunner } from '../../runtime/projection-runner.ts';
import { RulesetProjections } from '../../runtime/views/ruleset-projections.ts';
import { ViewQueries } from '../../runtime/views/view-queries.ts';
import { CONSOLE_PROJECTIONS } from '../console/console-projections.ts';
import { FileTail } from './file-tail.ts';
import { unpackRecords } from './packed-records.ts';
import {
  type ErrorImage,
  errorImageOf,
  errorOfImage,
  type FromProjections,
  type LogFile,
  type Question,
  type ToProjections,
} from './projection-messages.ts';
import { RecordQueue } from './record-queue.ts';

type Waiting<Value> = { readonly resolve: (value: Value) => void; readonly reject: (error: Error) => void };

/** The projections on a thread of their own: what they cost is paid here, and not where decisions are made. */
class ProjectionThread {
  readonly #send: (message: FromProjections) => void;
  /** What a restart has left to say: it comes after the main thread has heard that all is ready. */
  #early: FromProjections[] | null = [];
  readonly #store: SqliteReadStoreFile;
  readonly #declared = new RulesetProjections();
  readonly #runner: ProjectionRunner;
  readonly #queries: ViewQueries;
  readonly #reads = new Map<number, Waiting<readonly StoredRecord[]>>();
  readonly #appends = new Map<number, Waiting<void>>();
  readonly #queue: RecordQueue;
  /** Null where the records come from the main thread. */
  #tail: FileTail | null = null;
  #nextId = 1;

  constructor(file: string, post: (message: FromProjections) => void) {
    this.#send = post;
    this.#store = openSqliteReadStore(file);
    this.#runner = new ProjectionRunner({
      store: this.#store,
      readAll: (after, maxCount) => this.#readAll(after, maxCount),
      projectionsOf: (ruleset) => [...this.#declared.of(ruleset), ...CONSOLE_PROJECTIONS],
      append: (entries) => this.#append(entries),
      advanced: () => this.#post({ kind: 'advanced', counts: this.#queries.counts() }),
      failed: (error) => this.#post({ kind: 'failed', error: errorImageOf(error) }),
    });
    this.#queries = new ViewQueries(this.#runner, this.#declared);
    this.#queue = new RecordQueue((batches) => this.#takeIn(batches.flatMap(unpackRecords), batches.length));
    post({ kind: 'opened', last: this.#runner.lastRecord, discarded: this.#store.discarded });
  }

  take(message: ToProjections): void {
    switch (message.kind) {
      case 'begin':
        this.#begin(message.isOfLog, message.inFile);
        return;
      case 'head':
        this.#tail?.advance(message.head);
        return;
      case 'records':
        this.#queue.add(message.records);
        return;
      case 'read': {
        const waiting = this.#reads.get(message.id);
        this.#reads.delete(message.id);
        if ('isError' in message.records) waiting?.reject(errorOfImage(message.records));
        else waiting?.resolve(unpackRecords(message.records));
        return;
      }
      case 'appended': {
        const waiting = this.#appends.get(message.id);
        this.#appends.delete(message.id);
        if (message.error === null) waiting?.resolve();
        else waiting?.reject(errorOfImage(message.error));
        return;
      }
      case 'question':
        this.#answer(message.id, message.question);
        return;
      case 'close':
        this.#queue.close();
        this.#tail?.close();
        this.#runner.close();
        this.#store.close();
        this.#post({ kind: 'closed' });
        return;
    }
  }

  #begin(isOfLog: boolean, inFile: LogFile | null): void {
    try {
      this.#tail = inFile === null ? null : new FileTail(inFile);
    } catch (error) {
      this.#send({ kind: 'refused', error: errorImageOf(error) });
      return;
    }
    if (!isOfLog) this.#runner.startOver();
    this.#runner.start();
    this.#send({ kind: 'ready', counts: this.#queries.counts() });
    for (const message of this.#early ?? []) this.#send(message);
    this.#early = null;
    this.#tail?.follow({
      afterPosition: this.#runner.position,
      onRecords: (records) => this.#takeIn(records, 1),
      onError: (error) => this.#post({ kind: 'failed', error: errorImageOf(error) }),
    });
  }

  #post(message: FromProjections): void {
    if (this.#early === null) this.#send(message);
    else this.#early.push(message);
  }

  async #takeIn(records: readonly StoredRecord[], batches: number): Promise<void> {
    await this.#runner.apply(records);
    if (this.#runner.failure !== null) this.#tail?.end();
    // After a failure the log is held back no longer: the projections stand still, and the engine goes on.
    this.#post({ kind: 'applied', batches, records: records.length, counts: this.#queries.counts() });
  }

  #answer(id: number, question: Question): void {
    try {
      const { failure } = this.#runner;
      if (failure !== null) throw failure;
      this.#post({ kind: 'answer', id, answer: this.#answerTo(question) });
    } catch (error) {
      this.#post({ kind: 'fault', id, error: errorImageOf(error) });
    }
  }

  #answerTo(question: Question): unknown {
    switch (question.about) {
      case 'views':
        return this.#queries.views();
      case 'projections':
        return this.#queries.projections();
      case 'rows':
        return this.#queries.rows(question.query);
      case 'changes':
        return this.#queries.changes(question.view, question.after, question.limit);
      case 'late_events':
        return this.#queries.lateEvents(question.view, question.limit);
      case 'rebuild':
        return this.#runner.rebuild(question.name);
    }
  }

  #readAll(after: number, maxCount: number): Promise<readonly StoredRecord[]> {
    if (this.#tail !== null) return this.#tail.readAll(after, maxCount);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#reads.set(id, { resolve, reject });
      this.#post({ kind: 'read', id, after, maxCount });
    });
  }

  #append(entries: readonly OutboxEntry[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#appends.set(id, { resolve, reject });
      this.#post({ kind: 'append', id, entries });
    });
  }
}

function serve(port: NonNullable<typeof parentPort>): void {
  const post = (message: FromProjections): void => port.postMessage(message);
  try {
    stepBack();
    const thread = new ProjectionThread(String(workerData.file), post);
    port.on('message', (message: ToProjections) => thread.take(message));
  } catch (error) {
    const image: ErrorImage = errorImageOf(error);
    post({ kind: 'refused', error: image });
  }
}

if (parentPort === null) throw new Error('The projections run on a worker thread: call startProjections.');
serve(parentPort);
