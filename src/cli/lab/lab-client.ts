import { Worker } from 'node:worker_threads';
import { PalisadeError } from '../../domain/errors.ts';
import type { EventLog, StoredRecord } from '../../ports/event-log.ts';
import type { EntityHistory, Explanation, Laboratory } from '../../ports/laboratory.ts';
import { errorImageOf, errorOfImage } from '../projections/projection-messages.ts';
import type { FromLab, LabQuestion, LabRead, ToLab } from './lab-messages.ts';

type Waiting = { readonly resolve: (answer: never) => void; readonly reject: (error: Error) => void };

/** A laboratory that can be closed. */
export type RunningLaboratory = Laboratory & { close(): Promise<void> };

/** The laboratory over an open log. Its thread starts with the first question. */
export function startLaboratory(log: EventLog): RunningLaboratory {
  const thread = new LabThreadClient(log);
  return {
    explain: (transactionId) => thread.ask<Explanation | null>({ about: 'explanation', transactionId }),
    history: (query) => thread.ask<EntityHistory | null>({ about: 'history', query }),
    close: () => thread.close(),
  };
}

/** One thread of the laboratory, which starts with the first question. */
export class LabThreadClient {
  readonly #log: EventLog;
  readonly #questions = new Map<number, Waiting>();
  /** How far in the log it has told to be. */
  position = 0;
  #worker: Worker | null = null;
  #nextId = 1;
  #isClosed = false;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Ends the thread. What waits for an answer is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#fail(new PalisadeError('ENGINE_DRAINING', 'Cannot go on as the run is ended. Begin it again.'));
    await worker?.terminate();
  }

  /** Rejects with what the question failed by, or ENGINE_DRAINING. */
  ask<Answer>(question: LabQuestion): Promise<Answer> {
    if (this.#isClosed) {
      return Promise.reject(new PalisadeError('ENGINE_DRAINING', 'Cannot begin as the engine shuts down. Try again.'));
    }
    const worker = this.#worker ?? this.#start();
    return new Promise<Answer>((resolve, reject) => {
      const id = this.#nextId++;
      this.#questions.set(id, { resolve, reject });
      post(worker, { kind: 'question', id, question });
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./lab-thread.ts', import.meta.url));
    worker.on('message', (message: FromLab) => this.#take(worker, message));
    worker.on('error', (error) => this.#fail(errorOfImage(errorImageOf(error))));
    this.#worker = worker;
    return worker;
  }

  #take(worker: Worker, message: FromLab): void {
    if (this.#isClosed) return;
    if (message.kind === 'progress') {
      this.position = message.position;
      return;
    }
    if (message.kind === 'read') {
      const { id } = message;
      this.#read(message.read).then(
        (records) => post(worker, { kind: 'read', id, records }),
        (error: unknown) => post(worker, { kind: 'unread', id, error: errorImageOf(error) }),
      );
      return;
    }
    const waiting = this.#questions.get(message.id);
    this.#questions.delete(message.id);
    if (waiting === undefined) return;
    if (message.kind === 'fault') waiting.reject(errorOfImage(message.error));
    else Reflect.apply(waiting.resolve, null, [message.answer]);
  }

  async #read(read: LabRead): Promise<readonly StoredRecord[]> {
    switch (read.method) {
      case 'readStream':
        return this.#log.readStream(read.stream, read.from, read.maxCount);
      case 'readAll':
        return this.#log.readAll(read.after, read.maxCount);
      case 'readRecord': {
        const record = await this.#log.readRecord(read.recordId);
        return record === null ? [] : [record];
      }
    }
  }

  /** A thread that failed is let go; the next question starts another. */
  #fail(error: PalisadeError): void {
    this.#worker = null;
    for (const waiting of this.#questions.values()) waiting.reject(error);
    this.#questions.clear();
  }
}

function post(worker: Worker, message: ToLab): void {
  worker.postMessage(message);
}
