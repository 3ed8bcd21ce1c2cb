import type { EventLog } from '../../src/ports/event-log.ts';

/** A log that does some things otherwise than the one it stands before. */
export function logLike(log: EventLog, changes: Partial<EventLog>): EventLog {
  return {
    failed: log.failed,
    append: (draft) => log.append(draft),
    mayHaveRecord: (recordId) => log.mayHaveRecord(recordId),
    mayHaveStream: (stream) => log.mayHaveStream(stream),
    readRecord: (recordId) => log.readRecord(recordId),
    readStream: (stream, from, maxCount) => log.readStream(stream, from, maxCount),
    readImage: (stream, schema) => log.readImage(stream, schema),
    readAll: (after, maxCount) => log.readAll(after, maxCount),
    subscribe: (options) => log.subscribe(options),
    writeSnapshot: (snapshot) => log.writeSnapshot(snapshot),
    statistics: () => log.statistics(),
    close: () => log.close(),
    ...changes,
  };
}

/** A door that calls wait at while it is shut. */
export class Gate {
  #isShut = false;
  #waiting: (() => void)[] = [];

  /** Calls that wait. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  shut(): void {
    this.#isShut = true;
  }

  /** Lets in all who wait, and whoever comes. */
  open(): void {
    this.#isShut = false;
    this.letIn(Number.POSITIVE_INFINITY);
  }

  /** Lets in the first of those who wait. */
  letIn(count: number): void {
    for (const enter of this.#waiting.splice(0, count)) enter();
  }

  async pass<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    if (this.#isShut) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return call();
  }
}
