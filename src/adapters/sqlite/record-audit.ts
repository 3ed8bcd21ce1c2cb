import type { Position, Revision, StreamName } from '../../domain/entities.ts';
import type { StoredRecord } from '../../ports/event-log.ts';

/** A `Map` and a `Set` hold 16.7 million entries; this many of them hold a log. */
const SHARDS = 64;

/** What has to hold between records: ids are unique, and the revisions of a stream ascend by one from 0. */
export class RecordAudit {
  streamCount = 0;
  readonly #ids = Array.from({ length: SHARDS }, () => new Set<string>());
  readonly #revisions = Array.from({ length: SHARDS }, () => new Map<StreamName, Revision>());

  /** Takes the next record; answers what is wrong with it. */
  add({ position, recordId, streams }: StoredRecord): string[] {
    const problems: string[] = [];
    const ids = this.#ids[shardOf(recordId)];
    if (ids?.has(recordId))
      problems.push(`The record at position ${position} has the id of an earlier one: ${recordId}`);
    ids?.add(recordId);
    for (const { stream, revision } of streams) {
      const problem = this.#follow(stream, revision, position);
      if (problem !== null) problems.push(problem);
    }
    return problems;
  }

  /** Last revision of a stream among the records taken, -1 where there is none. */
  revisionOf(stream: StreamName): Revision {
    return this.#revisions[shardOf(stream)]?.get(stream) ?? -1;
  }

  #follow(stream: StreamName, revision: Revision, position: Position): string | null {
    const before = this.revisionOf(stream);
    if (before === -1) this.streamCount++;
    this.#revisions[shardOf(stream)]?.set(stream, revision);
    if (revision === before + 1) return null;
    return `The record at position ${position} has revision ${revision} in stream ${stream}, after revision ${before}`;
  }
}

function shardOf(text: string): number {
  let sum = text.length;
  for (let index = Math.max(0, text.length - 4); index < text.length; index++) sum = sum * 31 + text.charCodeAt(index);
  return sum % SHARDS;
}
