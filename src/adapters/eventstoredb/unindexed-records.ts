import type { Position, Revision, StreamName } from '../../domain/entities.ts';
import type { StoredRecord } from '../../ports/event-log.ts';

type Waiting = { left: number; readonly record: StoredRecord; readonly writer: string; readonly sinceMs: number };

/** Records of the journal that are not, or may not be, in all their streams yet. In memory, by stream. */
export class UnindexedRecords {
  readonly #byStream = new Map<StreamName, StoredRecord[]>();
  /** By position, ascending. */
  readonly #waiting = new Map<Position, Waiting>();

  /** Number of records that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Takes a record; called in the order of the journal. */
  add(record: StoredRecord, writer: string, nowMs: number): void {
    if (record.streams.length === 0) return;
    this.#waiting.set(record.position, { left: record.streams.length, record, writer, sinceMs: nowMs });
    for (const { stream } of record.streams) {
      const records = this.#byStream.get(stream);
      if (records === undefined) this.#byStream.set(stream, [record]);
      else records.push(record);
    }
  }

  /** Every stream that records wait for. */
  streams(): Iterable<StreamName> {
    return this.#byStream.keys();
  }

  /** Those of a stream, oldest first. */
  of(stream: StreamName): readonly StoredRecord[] {
    return this.#byStream.get(stream) ?? [];
  }

  /** Last revision of a stream among them, or null. */
  revisionOf(stream: StreamName): Revision | null {
    const last = this.#byStream.get(stream)?.at(-1);
    return last === undefined ? null : revisionIn(last, stream);
  }

  /** Drops what is in its stream up to a revision. */
  indexed(stream: StreamName, through: Revision): void {
    const records = this.#byStream.get(stream);
    if (records === undefined) return;
    let count = 0;
    for (const record of records) {
      if (revisionIn(record, stream) > through) break;
      count++;
      this.#ease(record.position);
    }
    if (count === records.length) this.#byStream.delete(stream);
    else if (count > 0) records.splice(0, count);
  }

  /** Drops the records of a process that says that it indexed them up to a position. */
  indexedBy(writer: string, through: Position): void {
    for (const [position, waiting] of this.#waiting) {
      if (position > through) break;
      if (waiting.writer === writer) this.#drop(waiting.record);
    }
  }

  /** The position up to which every record is indexed. */
  indexedThrough(head: Position): Position {
    const [first] = this.#waiting.keys();
    return first === undefined ? head : first - 1;
  }

  /** The position up to which every record of a process is indexed. */
  indexedThroughOf(writer: string, head: Position): Position {
    for (const [position, waiting] of this.#waiting) if (waiting.writer === writer) return position - 1;
    return head;
  }

  /** Streams with records of other processes that wait since before a time. */
  overdue(self: string, beforeMs: number): StreamName[] {
    const streams = new Set<StreamName>();
    for (const { writer, sinceMs, record } of this.#waiting.values()) {
      if (sinceMs > beforeMs) break;
      if (writer !== self) for (const { stream } of record.streams) streams.add(stream);
    }
    return [...streams];
  }

  #ease(position: Position): void {
    const waiting = this.#waiting.get(position);
    if (waiting === undefined) return;
    waiting.left--;
    if (waiting.left === 0) this.#waiting.delete(position);
  }

  #drop(record: StoredRecord): void {
    this.#waiting.delete(record.position);
    for (const { stream } of record.streams) {
      const records = this.#byStream.get(stream);
      const index = records?.indexOf(record) ?? -1;
      if (records === undefined || index === -1) continue;
      records.splice(index, 1);
      if (records.length === 0) this.#byStream.delete(stream);
    }
  }
}

/** The revision that a record has in one of its streams. */
export function revisionIn(record: StoredRecord, stream: StreamName): Revision {
  for (const place of record.streams) if (place.stream === stream) return place.revision;
  return -1;
}
