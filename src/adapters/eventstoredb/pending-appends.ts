import type { Position, StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { RecordDraft, StoredSnapshot } from '../../ports/event-log.ts';
import { journalBytes } from './record-events.ts';

type Waiter = { readonly resolve: (position: Position) => void; readonly reject: (error: Error) => void };

/** An append that is not settled: what was called, and who waits for it. */
export type PendingAppend = {
  readonly draft: RecordDraft;
  readonly number: number;
  /** Number of the first append that was not answered when this one was called. */
  answeredCount: number;
  readonly sinceMs: number;
  readonly bytes: number;
  waiters: Waiter[];
  /** A state that holds only if this record is stored. */
  snapshot: StoredSnapshot | null;
};

/** The appends that are not settled, in the order of their calls. */
export class PendingAppends {
  readonly #queue: PendingAppend[] = [];
  readonly #byId = new Map<string, PendingAppend>();
  readonly #lastOfStream = new Map<StreamName, PendingAppend>();
  /** Number of the last refused append to a stream; empty while nothing is pending. */
  readonly #refused = new Map<StreamName, number>();
  #nextNumber = 0;
  #answeredCount = 0;

  get size(): number {
    return this.#queue.length;
  }

  /** Takes an append; the identical one again, where it is not settled, waits for the same answer. */
  add(draft: RecordDraft, nowMs: number): Promise<Position> {
    return new Promise((resolve, reject) => {
      const first = this.#byId.get(draft.recordId);
      if (first !== undefined && isSameDraft(first.draft, draft)) {
        first.waiters.push({ resolve, reject });
        return;
      }
      const append: PendingAppend = {
        draft,
        number: this.#nextNumber++,
        answeredCount: this.#answeredCount,
        sinceMs: nowMs,
        bytes: journalBytes(draft),
        waiters: [{ resolve, reject }],
        snapshot: null,
      };
      this.#queue.push(append);
      this.#byId.set(draft.recordId, append);
      for (const { stream } of draft.streams) this.#lastOfStream.set(stream, append);
    });
  }

  has(recordId: string): boolean {
    return this.#byId.has(recordId);
  }

  /** The oldest appends, up to these bounds; at least one where there is one. */
  oldest(countMax: number, bytesMax: number): readonly PendingAppend[] {
    let bytes = 0;
    let count = 0;
    for (const append of this.#queue) {
      bytes += append.bytes;
      if (count === countMax || (count > 0 && bytes > bytesMax)) break;
      count++;
    }
    return this.#queue.slice(0, count);
  }

  /** Whether a draft builds on one that was refused before its caller could know. */
  isBaseless(stream: StreamName, append: PendingAppend): boolean {
    return (this.#refused.get(stream) ?? -1) >= append.answeredCount;
  }

  /** The append that gives a stream this revision, or null. */
  producerOf(stream: StreamName, revision: number): PendingAppend | null {
    for (let index = this.#queue.length - 1; index >= 0; index--) {
      const append = this.#queue[index];
      const write = append?.draft.streams.find((each) => each.stream === stream);
      if (append !== undefined && write?.expectedRevision === revision - 1) return append;
    }
    return null;
  }

  /** Resolves when the last append to a stream is answered, whatever the answer. */
  answeredOf(stream: StreamName): Promise<void> {
    return answered(this.#lastOfStream.get(stream));
  }

  /** Resolves when the append of this record is answered. */
  answeredRecord(recordId: string): Promise<void> {
    return answered(this.#byId.get(recordId));
  }

  /** Resolves when everything is answered that was called by now. */
  answeredAll(): Promise<void> {
    return answered(this.#queue.at(-1));
  }

  /** Answers the oldest appends, as many as there are outcomes: with a position, or an error. */
  settle(outcomes: readonly (Position | PalisadeError)[]): readonly PendingAppend[] {
    const settled = this.#queue.splice(0, outcomes.length);
    for (const [index, append] of settled.entries()) {
      const outcome = outcomes[index];
      const { draft, number, waiters } = append;
      if (this.#byId.get(draft.recordId) === append) this.#byId.delete(draft.recordId);
      for (const { stream } of draft.streams) {
        if (this.#lastOfStream.get(stream) === append) this.#lastOfStream.delete(stream);
        if (outcome instanceof PalisadeError) this.#refused.set(stream, number);
      }
      this.#answeredCount = Math.max(this.#answeredCount, number + 1);
      for (const { resolve, reject } of waiters) {
        if (typeof outcome === 'number') resolve(outcome);
        else reject(outcome ?? unknownOutcome(draft.recordId));
      }
    }
    if (this.#queue.length === 0) this.#refused.clear();
    return settled;
  }

  /** Tells those who called before a time that the outcome is not known; their appends go on. */
  tellUnknown(beforeMs: number): void {
    for (const append of this.#queue) {
      if (append.sinceMs > beforeMs) return;
      this.#answeredCount = Math.max(this.#answeredCount, append.number + 1);
      for (const { reject } of append.waiters.splice(0)) reject(unknownOutcome(append.draft.recordId));
    }
  }

  /** Answers all with an error. */
  refuseAll(error: PalisadeError): void {
    this.settle(this.#queue.map(() => error));
  }
}

function answered(append: PendingAppend | undefined): Promise<void> {
  if (append === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    append.waiters.push({ resolve: () => resolve(), reject: () => resolve() });
  });
}

function unknownOutcome(recordId: string): PalisadeError {
  const message =
    `Cannot say whether record ${recordId} was stored as the event store gave no answer in time. ` +
    'Repeat the identical append: it is stored once, whichever it was.';
  return new PalisadeError('LOG_OUTCOME_UNKNOWN', message);
}

function isSameDraft(left: RecordDraft, right: RecordDraft): boolean {
  if (left.type !== right.type || left.body !== right.body || left.streams.length !== right.streams.length)
    return false;
  return left.streams.every(({ stream, expectedRevision }, index) => {
    const other = right.streams[index];
    return other?.stream === stream && other.expectedRevision === expectedRevision;
  });
}
