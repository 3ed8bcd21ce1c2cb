import type { Position } from '../../domain/entities.ts';

/** How the thread of the projections comes by the records of the log. */
export interface RecordFeed {
  /** Batches on their way to the thread, and the most that may be. */
  readonly depth: number;
  readonly depthMax: number;
  /** How long the log's reader has waited because there were too many, ms in all. */
  blockedMs(nowMs: number): number;
  /** Told when the thread has taken so many batches in. */
  taken(batches: number, position: Position): void;
  /** Ends it; nothing is sent any more. */
  stop(): void;
}
