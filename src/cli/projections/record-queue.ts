import type { PackedRecords } from './packed-records.ts';

/**
 * Batches of records on their way into the read store. What comes while a commit is under way goes into the next one:
 * small ones while little happens, large ones under load.
 */
export class RecordQueue {
  readonly #take: (batches: readonly PackedRecords[]) => Promise<void>;
  #waiting: PackedRecords[] = [];
  #isTaking = false;

  constructor(take: (batches: readonly PackedRecords[]) => Promise<void>) {
    this.#take = take;
  }

  /** Takes the next batch. It is bounded by who adds: no more than the relay lets wait at a time. */
  add(batch: PackedRecords): void {
    this.#waiting.push(batch);
    this.#next();
  }

  /** Lets go of what waits. */
  close(): void {
    this.#waiting = [];
  }

  #next(): void {
    if (this.#isTaking || this.#waiting.length === 0) return;
    const batches = this.#waiting;
    this.#waiting = [];
    this.#isTaking = true;
    void this.#take(batches).finally(() => {
      this.#isTaking = false;
      this.#next();
    });
  }
}
