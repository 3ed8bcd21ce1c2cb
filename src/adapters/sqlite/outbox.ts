import type { RecordDraft, StoredSnapshot } from '../../ports/event-log.ts';
import { packDrafts } from './draft-batch.ts';
import type { ReadRequest, WorkerRequest } from './messages.ts';

/**
 * Collects what one turn of the event loop asks of the worker thread and sends it as one message: a message costs as
 * much as several appends.
 */
export class Outbox {
  /** How many drafts have been answered. To be raised after `flush` where an answer was a refusal. */
  answeredCount = 0;
  readonly #send: (request: WorkerRequest) => void;
  #drafts: RecordDraft[] = [];
  #reads: ReadRequest[] = [];
  #snapshots: StoredSnapshot[] = [];
  #isScheduled = false;

  constructor(send: (request: WorkerRequest) => void) {
    this.#send = send;
  }

  putDraft(draft: RecordDraft): void {
    this.#drafts.push(draft);
    this.#schedule();
  }

  putRead(read: ReadRequest): void {
    this.#reads.push(read);
    this.#schedule();
  }

  /** Keeps a copy of the bytes: the caller may go on with its own, and a view would take its whole buffer along. */
  putSnapshot(snapshot: StoredSnapshot): void {
    const { stream, revision, schema, state } = snapshot;
    this.#snapshots.push({ stream, revision, schema, state: new Uint8Array(state) });
    this.#schedule();
  }

  /** Sends what is waiting. With `isLast`, even if nothing is. */
  flush(isLast: boolean): void {
    const hasContent = this.#drafts.length + this.#reads.length + this.#snapshots.length > 0;
    if (!hasContent && !isLast) return;
    const drafts = packDrafts(this.#drafts, this.answeredCount);
    this.#send({ drafts, reads: this.#reads, snapshots: this.#snapshots, isLast });
    this.#drafts = [];
    this.#reads = [];
    this.#snapshots = [];
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush(false);
    });
  }
}
