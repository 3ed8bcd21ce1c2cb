import type { Position } from '../domain/entities.ts';
import type { StoredRecord, SubscribeOptions, Subscription } from '../ports/event-log.ts';
import { LogFollower } from './log-follower.ts';

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
  readonly #open = new Set<LogFollower>();
  /** The newest durable records, without a gap up to the head; empty while nobody subscribes. */
  #recent: StoredRecord[] = [];

  constructor(source: RecordSource) {
    this.#source = source;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  subscribe(options: SubscribeOptions): Subscription {
    const follower = new LogFollower(options, {
      head: () => this.#source.head,
      readAfter: (after) => this.#readAfter(after),
    });
    this.#open.add(follower);
    void follower.finished.finally(() => {
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

  #readAfter(after: Position): readonly StoredRecord[] | Promise<readonly StoredRecord[]> {
    const from = after + 1 - (this.#recent[0]?.position ?? Number.POSITIVE_INFINITY);
    const recent = from < 0 ? [] : this.#recent.slice(from, from + BATCH_RECORDS);
    return recent.length > 0 ? recent : this.#source.readAll(after, BATCH_RECORDS);
  }
}
