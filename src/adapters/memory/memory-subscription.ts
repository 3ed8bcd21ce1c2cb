import type { Position } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { StoredRecord, SubscribeOptions, Subscription } from '../../ports/event-log.ts';

const BATCH_RECORDS = 256;

/** One reader of the memory log: its own place, one batch at a time. */
export class MemorySubscription implements Subscription {
  readonly #options: SubscribeOptions;
  readonly #records: readonly StoredRecord[];
  readonly #finished: Promise<void>;
  #after: Position;
  #isEnded = false;
  #error: Error | null = null;
  #resume: (() => void) | null = null;

  /** `records` grows at its end; `wake` tells that it did. */
  constructor(options: SubscribeOptions, records: readonly StoredRecord[]) {
    this.#options = options;
    this.#records = records;
    this.#after = Math.max(0, options.afterPosition);
    this.#finished = this.#follow();
  }

  close(): Promise<void> {
    this.end(null);
    return this.#finished;
  }

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
    await Promise.resolve();
    try {
      while (!this.#isEnded) await this.#deliverNext();
    } catch (error) {
      this.end(error instanceof Error ? error : new PalisadeError('LOG_FAILED', String(error)));
    }
    if (this.#error !== null) this.#options.onError(this.#error);
  }

  async #deliverNext(): Promise<void> {
    const records = this.#records.slice(this.#after, this.#after + BATCH_RECORDS);
    if (records.length > 0) {
      await this.#options.onRecords(records);
      this.#after += records.length;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }
}
