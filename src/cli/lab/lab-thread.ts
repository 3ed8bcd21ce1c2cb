import { parentPort } from 'node:worker_threads';
import type { StoredRecord } from '../../ports/event-log.ts';
import { explainDecision } from '../../runtime/lab/explain.ts';
import type { LogReads } from '../../runtime/lab/past-world.ts';
import { ACTOR_DEFINITIONS } from '../entity-actors.ts';
import { errorImageOf, errorOfImage } from '../projections/projection-messages.ts';
import type { FromLab, LabQuestion, LabRead, ToLab } from './lab-messages.ts';

type Waiting = {
  readonly resolve: (records: readonly StoredRecord[]) => void;
  readonly reject: (error: Error) => void;
};

/** The laboratory on a thread of its own: rebuilding an actor of many events is paid here, not where decisions are. */
class LabThread {
  readonly #post: (message: FromLab) => void;
  readonly #reads = new Map<number, Waiting>();
  #nextId = 1;

  constructor(post: (message: FromLab) => void) {
    this.#post = post;
  }

  take(message: ToLab): void {
    if (message.kind === 'question') {
      this.#answer(message.question).then(
        (answer) => this.#post({ kind: 'answer', id: message.id, answer }),
        (error: unknown) => this.#post({ kind: 'fault', id: message.id, error: errorImageOf(error) }),
      );
      return;
    }
    const waiting = this.#reads.get(message.id);
    this.#reads.delete(message.id);
    if (message.kind === 'read') waiting?.resolve(message.records);
    else waiting?.reject(errorOfImage(message.error));
  }

  #answer(question: LabQuestion): Promise<unknown> {
    const log: LogReads = {
      readStream: (stream, from, maxCount) => this.#read({ method: 'readStream', stream, from, maxCount }),
      readAll: (after, maxCount) => this.#read({ method: 'readAll', after, maxCount }),
      readRecord: async (recordId) => (await this.#read({ method: 'readRecord', recordId }))[0] ?? null,
    };
    return explainDecision(log, ACTOR_DEFINITIONS, question.transactionId);
  }

  #read(read: LabRead): Promise<readonly StoredRecord[]> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#reads.set(id, { resolve, reject });
      this.#post({ kind: 'read', id, read });
    });
  }
}

function serve(port: NonNullable<typeof parentPort>): void {
  const thread = new LabThread((message) => port.postMessage(message));
  port.on('message', (message: ToLab) => thread.take(message));
}

if (parentPort === null) throw new Error('The laboratory runs on a worker thread: call startLaboratory.');
serve(parentPort);
