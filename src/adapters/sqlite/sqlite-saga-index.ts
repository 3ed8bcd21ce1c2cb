import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { parseSagaRow } from '../../codec/mod.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { SagaIndex, SagaIndexImage, SagaQuery, SagaRow } from '../../ports/saga-index.ts';
import type { StoreReply, StoreRequest } from './saga-store-messages.ts';

const FILE_NAME = 'sagas.db';

type Waiting = { readonly resolve: (reply: StoreReply) => void; readonly reject: (error: Error) => void };

/** Opens the index in a folder, made where it is missing. What is wrong with it shows with the first call. */
export async function openSagaIndex(directory: string): Promise<SagaIndex> {
  await mkdir(directory, { recursive: true });
  const workerData = { path: join(directory, FILE_NAME) };
  return new SqliteSagaIndex(new Worker(new URL('./saga-store-worker.ts', import.meta.url), { workerData }));
}

/** An index of sagas in a SQLite file of its own, served by a thread of its own. Droppable: made again from the log. */
class SqliteSagaIndex implements SagaIndex {
  readonly #worker: Worker;
  readonly #waiting: Waiting[] = [];

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: StoreReply) => this.#receive(reply));
    worker.on('error', (error) => this.#fail(error));
    worker.unref();
  }

  async load(): Promise<SagaIndexImage> {
    const reply = await this.#ask({ kind: 'load' });
    if (reply.kind !== 'image') throw unexpected(reply);
    return { position: reply.position, rows: reply.texts.map(parseSagaRow) };
  }

  async save(position: number, rows: readonly SagaRow[]): Promise<void> {
    await this.#ask({ kind: 'save', position, rows });
  }

  async find(query: SagaQuery): Promise<{ readonly total: number; readonly rows: readonly SagaRow[] }> {
    const reply = await this.#ask({ kind: 'find', query });
    if (reply.kind !== 'page') throw unexpected(reply);
    return { total: reply.total, rows: reply.texts.map(parseSagaRow) };
  }

  async close(): Promise<void> {
    await this.#ask({ kind: 'close' });
    await this.#worker.terminate();
  }

  #ask(request: StoreRequest): Promise<StoreReply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(request);
    });
  }

  #receive(reply: StoreReply): void {
    const next = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker.unref();
    if (reply.kind === 'failed') next?.reject(unusable(reply.message));
    else next?.resolve(reply);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(unusable(error.message));
  }
}

function unusable(reason: string): PalisadeError {
  return new PalisadeError(
    'LOG_UNUSABLE',
    `Cannot use the index of the sagas as its file failed: ${reason}. Remove ${FILE_NAME}; it is made again.`,
  );
}

function unexpected(reply: StoreReply): PalisadeError {
  return new PalisadeError('ENGINE_INTERNAL', `Cannot read the index of the sagas: the reply is ${reply.kind}.`);
}
