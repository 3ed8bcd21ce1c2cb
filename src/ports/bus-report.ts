import type { Position } from '../domain/entities.ts';
import type { ReaderStatistics } from './message-bus.ts';

/** How far what goes out to a message bus is. */
export type PublisherStatistics = {
  /** Position up to which the bus has everything, and that of the newest record. */
  readonly position: Position;
  readonly headPosition: Position;
  /** Since when it has been behind, s; 0 where it is not. */
  readonly lagSeconds: number;
  /** Messages that the bus has taken since the start, by topic. */
  readonly publishedByTopic: Readonly<Record<string, number>>;
  /** Attempts that the bus did not take. */
  readonly failedAttempts: number;
  /** Why the last attempt failed; '' where it did not. */
  readonly failure: string;
};

/** What came in from a message bus since the start, by topic. */
export type IntakeCounts = {
  readonly takenByTopic: Readonly<Record<string, number>>;
  readonly deadByTopic: Readonly<Record<string, number>>;
  /** Messages that could not be settled and come again. */
  readonly deferredByTopic: Readonly<Record<string, number>>;
};

/** Where a message bus and the engine stand with each other. */
export type BusReport = {
  /** Null where nothing is published. */
  readonly publisher: PublisherStatistics | null;
  readonly intake: IntakeCounts;
  /** Null while the reader has not joined. */
  readonly reader: ReaderStatistics | null;
};

/** What the doors ask a message bus. */
export interface BusWatch {
  report(): BusReport;
}
