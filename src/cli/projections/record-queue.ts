import type { PackedRecords } from './packed-records.ts';
import { QUEUE_DEPTH_MAX } from './projection-messages.ts';

/**
 * From the end of a commit to the next: what comes in between is committed together, which costs a fraction of a commit
 * for each of it. A reader hardly sees a twentieth of a second.
 */
const PAUSE_MS = 50;

/**
 * Batches of records on their way into the read store. What comes after a pause is taken in at once; what comes while a
 * commit is under way, or soon after one, goes into one commit: small ones while little happens, large ones under load.
 */
export class RecordQueue {
  readonly #take: (batches: readonly PackedRecords[]) => Promise<void>;
  #waiting: PackedRecords[] = [];
  #isTaking = false;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  constructor(take: (batches: readonly PackedRecords[]) => Promise<void>) {
    this.#take = take;
  }

  /** Takes the next batch. It is bounded by who adds: no more than QUEUE_DEPTH_MAX wait at a time. */
  add(batch: PackedRecords): void {
    this.#waiting.push(batch);
    this.#next();
  }

  /** Lets go of what waits. */
  close(): void {
    this.#waiting = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #next(): void {
    if (this.#isTaking || this.#waiting.length === 0) return;
    const pauseMs = this.#endedAtMs + PAUSE_MS - performance.now();
    if (pauseMs > 0 && this.#waiting.length < QUEUE_DEPTH_MAX) {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.#next();
      }, pauseMs);
      return;
    }
    const batches = this.#waiting;
    this.#waiting = [];
    this.#isTaking = true;
    void this.#take(batches).finally(() => {
      this.#isTaking = false;
      this.#endedAtMs = performance.now();
      this.#next();
    });
  }
}
