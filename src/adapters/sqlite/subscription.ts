import type { Position } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { StoredRecord, SubscribeOptions, Subscription } from '../../ports/event-log.ts';

const BATCH_RECORDS = 256;
const RECENT_RECORDS = 4096;

/** What a subscription reads from. */
export type RecordSource = {
  readonly head: Position;
  readonly readAll: (after: Position, maxCount: number) => Promise<readonly StoredRecord[]>;
};

/** The subscriptions of one log; all at its end read the same few records from memory. */
export class SubscriptionHub {
  readonly #source: RecordSource;
  readonly #open = new Set<Follower>();
  /** The newest durable records, without a gap up to the head; empty while nobody subscribes. */
  #recent: StoredRecord[] = [];

  constructor(source: RecordSource) {
    this.#source = source;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  subscribe(options: SubscribeOptions): Subscription {
    const follower = new Follower(options, this.#source, (after) => this.#recentAfter(after));
    this.#open.add(follower);
    void follower.run().finally(() => {
      this.#open.delete(follower);
      if (this.isEmpty) this.#recent = [];
    });
    return follower;
  }

  /** Takes the records of a commit; called for every commit while somebody subscribes, before `wake`. */
  keep(records: readonly StoredRecord[]): void {
    for (const record of records) this.#recent.push(record);
    if (this.#recent.length > 2 * RECENT_RECORDS) this.#recent.splice(0, this.#recent.length - RECENT_RECORDS);
  }

  /** Tells every subscription that the head moved. */
  wake(): void {
    for (const follower of this.#open) follower.wake();
  }

  /** Ends all: quietly, or with an error. */
  end(error: Error | null): void {
    for (const follower of this.#open) follower.end(error);
  }

  #recentAfter(after: Position): readonly StoredRecord[] {
    const first = this.#recent[0];
    if (first === undefined || after + 1 < first.position) return [];
    const from = after + 1 - first.position;
    return this.#recent.slice(from, from + BATCH_RECORDS);
  }
}

/** One reader: its own place in the log, one batch at a time. */
class Follower implements Subscription {
  readonly #options: SubscribeOptions;
  readonly #source: RecordSource;
  readonly #recentAfter: (after: Position) => readonly StoredRecord[];
  #after: Position;
  #isEnded = false;
  #error: Error | null = null;
  #resume: (() => void) | null = null;
  #finished: Promise<void> = Promise.resolve();

  constructor(
    options: SubscribeOptions,
    source: RecordSource,
    recentAfter: (after: Position) => readonly StoredRecord[],
  ) {
    this.#options = options;
    this.#source = source;
    this.#recentAfter = recentAfter;
    this.#after = options.afterPosition;
  }

  run(): Promise<void> {
    this.#finished = this.#follow();
    return this.#finished;
  }

  close(): Promise<void> {
    this.end(null);
    return this.#finished;
  }

  wake(): void {
    this.#resume?.();
    this.#resume = null;
  }

  end(error: Error | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#error = error;
    this.wake();
  }

  async #follow(): Promise<void> {
    try {
      while (!this.#isEnded) await this.#deliverNext();
    } catch (error) {
      this.end(error instanceof Error ? error : new PalisadeError('LOG_FAILED', String(error)));
    }
    if (this.#error !== null) this.#options.onError(this.#error);
  }

  async #deliverNext(): Promise<void> {
    if (this.#after >= this.#source.head) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
      return;
    }
    const recent = this.#recentAfter(this.#after);
    const records = recent.length > 0 ? recent : await this.#source.readAll(this.#after, BATCH_RECORDS);
    const last = records.at(-1);
    if (last === undefined || this.#isEnded) return;
    await this.#options.onRecords(records);
    this.#after = last.position;
  }
}
