import type { Position } from '../../domain/entities.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogInFile } from '../../ports/event-log.ts';
import type { RecordFeed } from './record-feed.ts';

/** Where a log is, whose records the thread reads by itself. */
export type HeadNoticesParts = {
  readonly log: LogInFile;
  readonly head: () => Position;
  readonly clock: Clock;
  /** From one notice to the next, at least: what comes in between is taken in together. */
  readonly pauseMs: number;
  readonly send: (head: Position) => void;
};

/** Tells the thread how far the log is, at once after a pause and now and then under load: it reads the file itself. */
export class HeadNotices implements RecordFeed {
  readonly depthMax = 1;
  readonly #parts: HeadNoticesParts;
  readonly #unlisten: () => void;
  #told: Position;
  #taken: Position;
  #pause: { cancel(): void } | null = null;

  /** `position`: what the thread has taken in when all begins. */
  constructor(parts: HeadNoticesParts, position: Position) {
    this.#parts = parts;
    this.#told = position;
    this.#taken = position;
    this.#unlisten = parts.log.onHead(() => this.#note());
    this.#note();
  }

  get depth(): number {
    return this.#told > this.#taken ? 1 : 0;
  }

  blockedMs(): number {
    return 0;
  }

  taken(_batches: number, position: Position): void {
    this.#taken = position;
  }

  stop(): void {
    this.#unlisten();
    this.#pause?.cancel();
  }

  #note(): void {
    if (this.#pause !== null) return;
    const head = this.#parts.head();
    if (head <= this.#told) return;
    this.#told = head;
    this.#parts.send(head);
    this.#pause = this.#parts.clock.schedule(this.#parts.pauseMs, () => {
      this.#pause = null;
      this.#note();
    });
  }
}
