import type { Clock } from '../../ports/clock.ts';
import type { EventLog, StoredRecord, Subscription } from '../../ports/event-log.ts';
import { BlockedTime } from '../../runtime/blocked-time.ts';
import { type PackedRecords, packRecords } from './packed-records.ts';
import type { RecordFeed } from './record-feed.ts';

/** Batches that may be on their way to the thread: the next waits for one of them, and so does the log's reader. */
const DEPTH_MAX = 8;

/** A log whose records the thread cannot read by itself, and where they go. */
export type RecordRelayParts = {
  readonly log: EventLog;
  readonly clock: Clock;
  /** From a batch that brought the thread up to the head to the next: what comes in between goes over together. */
  readonly pauseMs: number;
  readonly send: (records: PackedRecords) => void;
  readonly onError: (error: Error) => void;
};

/** Hands the records of a log over in batches, and lets the log's reader wait while too many are on their way. */
export class RecordRelay implements RecordFeed {
  readonly depthMax = DEPTH_MAX;
  depth = 0;
  readonly #parts: RecordRelayParts;
  readonly #subscription: Subscription;
  readonly #blocked = new BlockedTime();
  #resume: (() => void) | null = null;
  #endPause: (() => void) | null = null;
  #isStopped = false;

  /** `position`: what the thread has taken in when all begins. */
  constructor(parts: RecordRelayParts, position: number) {
    this.#parts = parts;
    this.#subscription = parts.log.subscribe({
      afterPosition: position,
      onRecords: (records) => this.#feed(records),
      onError: parts.onError,
    });
  }

  blockedMs(nowMs: number): number {
    return this.#blocked.totalMs(nowMs);
  }

  taken(batches: number): void {
    this.depth -= batches;
    this.#resume?.();
    this.#resume = null;
  }

  stop(): void {
    this.#isStopped = true;
    this.#resume?.();
    this.#endPause?.();
    void this.#subscription.close();
  }

  async #feed(records: readonly StoredRecord[]): Promise<void> {
    if (this.#isStopped) return;
    this.depth += 1;
    this.#parts.send(packRecords(records));
    if (this.depth >= DEPTH_MAX) await this.#room();
    if ((records.at(-1)?.position ?? 0) >= this.#parts.log.statistics().headPosition) await this.#pause();
  }

  /** Resolves when the thread has taken in some of what is on its way. */
  async #room(): Promise<void> {
    this.#blocked.begin(this.#parts.clock.monotonicMs());
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
    this.#blocked.end(this.#parts.clock.monotonicMs());
  }

  #pause(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#parts.clock.schedule(this.#parts.pauseMs, resolve);
      this.#endPause = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}
