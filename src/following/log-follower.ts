import type { Position } from '../domain/entities.ts';
import { PalisadeError } from '../domain/errors.ts';
import type { StoredRecord, SubscribeOptions, Subscription } from '../ports/event-log.ts';

/** What a follower reads: the position of the newest durable record, and the records after a position. */
export type FollowedLog = {
  readonly head: () => Position;
  readonly readAfter: (after: Position) => readonly StoredRecord[] | Promise<readonly StoredRecord[]>;
};

/**
 * One reader of a log: its own place, one batch at a time, what is stored and then what is appended. The log calls
 * `wake` whenever its head moved.
 */
export class LogFollower implements Subscription {
  /** Resolves when the last call has returned. */
  readonly finished: Promise<void>;
  readonly #options: SubscribeOptions;
  readonly #log: FollowedLog;
  #after: Position;
  #isEnded = false;
  #error: Error | null = null;
  #resume: (() => void) | null = null;

  constructor(options: SubscribeOptions, log: FollowedLog) {
    this.#options = options;
    this.#log = log;
    this.#after = Math.max(0, options.afterPosition);
    this.finished = this.#follow();
  }

  close(): Promise<void> {
    this.end(null);
    return this.finished;
  }

  /** Tells that the head moved. */
  wake(): void {
    this.#resume?.();
    this.#resume = null;
  }

  /** Ends the calls: quietly, or with an error. */
  end(error: Error | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#error = error;
    this.wake();
  }

  async #follow(): Promise<void> {
    // The first call comes after whoever subscribes has the subscription in hand.
    await Promise.resolve();
    try {
      while (!this.#isEnded) await this.#deliverNext();
    } catch (error) {
      this.end(error instanceof Error ? error : new PalisadeError('LOG_FAILED', String(error)));
    }
    if (this.#error !== null) this.#options.onError(this.#error);
  }

  async #deliverNext(): Promise<void> {
    if (this.#after >= this.#log.head()) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
      return;
    }
    const records = await this.#log.readAfter(this.#after);
    const last = records.at(-1);
    if (last === undefined || this.#isEnded) return;
    await this.#options.onRecords(records);
    this.#after = last.position;
  }
}
