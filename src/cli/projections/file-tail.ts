import { openRecordReader, type RecordReader } from '../../adapters/sqlite/log-file-reader.ts';
import { nextLoopTurn } from '../../adapters/system/event-loop.ts';
import type { Position } from '../../domain/entities.ts';
import { LogFollower } from '../../following/log-follower.ts';
import type { StoredRecord, SubscribeOptions } from '../../ports/event-log.ts';
import type { LogFile } from './projection-messages.ts';

/** Records to a commit, at most: those who ask wait for as long as it takes to take them in. */
const BATCH_RECORDS = 1024;

/** The records of a log that this process has open on another thread, as far as they are known to be durable. */
export class FileTail {
  readonly #reader: RecordReader;
  #head: Position;
  #follower: LogFollower | null = null;

  /** Errors: LOG_CORRUPT; LOG_FAILED where the file cannot be read. */
  constructor({ directory, head }: LogFile) {
    this.#reader = openRecordReader(directory);
    this.#head = head;
  }

  /** Tells that the log goes up to here. */
  advance(head: Position): void {
    this.#head = Math.max(this.#head, head);
    this.#follower?.wake();
  }

  /** Delivers the records as a subscription of the log does; between two batches others have a turn. */
  follow(options: SubscribeOptions): void {
    const onRecords = async (records: readonly StoredRecord[]): Promise<void> => {
      await options.onRecords(records);
      await nextLoopTurn();
    };
    this.#follower = new LogFollower(
      { ...options, onRecords },
      { head: () => this.#head, readAfter: (after) => this.#reader.readAfter(after, BATCH_RECORDS, this.#head) },
    );
  }

  /** Up to so many records after a position. Rejects as the constructor throws. */
  async readAll(after: Position, maxCount: number): Promise<readonly StoredRecord[]> {
    await nextLoopTurn();
    return this.#reader.readAfter(after, maxCount, this.#head);
  }

  /** Ends what follows. */
  end(): void {
    this.#follower?.end(null);
  }

  /** Lets go of the file. */
  close(): void {
    this.end();
    this.#reader.close();
  }
}
