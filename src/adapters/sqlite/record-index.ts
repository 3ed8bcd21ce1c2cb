import type { Position, Revision, StreamName } from '../../domain/entities.ts';
import { type KeyHasher, RECORD_KEY, STREAM_KEY, storedLow } from './key-hasher.ts';
import type { Segment } from './segment.ts';
import type { SegmentCatalog } from './segment-catalog.ts';
import { SegmentMerge } from './segment-merge.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { StreamHeads } from './stream-heads.ts';
import { TailTable } from './tail-table.ts';

/** Segments of one level that become one of the next: at most three of a level stay, so look-ups probe few filters. */
const FAN_IN = 4;

/** A finished segment on its way to the disk, and those that it replaces. */
type SegmentSave = { readonly segment: Segment; readonly replaced: readonly Segment[]; savedParts: number };
type MergeJob = { readonly merge: SegmentMerge; save: SegmentSave | null };

/**
 * Finds records by id and by stream without an index row on the commit path: new keys go to a table in memory, and from
 * there in sorted runs to segments, which are merged in the background (a log-structured merge tree: O'Neil and others,
 * 1996). A hash is a hint only: what is found are candidates, which the caller compares with the record itself.
 */
export class RecordIndex {
  readonly tail: TailTable;
  readonly heads: StreamHeads;
  /** Changes with the segments. */
  generation = 0;
  readonly #catalog: SegmentCatalog;
  readonly #hasher: KeyHasher;
  readonly #tailLimit: number;
  readonly #jobs: MergeJob[] = [];

  /** `tailLimit`: records that are kept in memory before they become a segment. */
  constructor(catalog: SegmentCatalog, hasher: KeyHasher, heads: StreamHeads, tailLimit: number) {
    this.tail = new TailTable(hasher);
    this.heads = heads;
    this.#catalog = catalog;
    this.#hasher = hasher;
    this.#tailLimit = tailLimit;
  }

  get filters(): readonly Uint32Array[] {
    return this.#catalog.segments.map(({ filter }) => filter.words);
  }

  get segmentCount(): number {
    return this.#catalog.segments.length;
  }

  /** Whether there may be a record with this id: false is certain. */
  mayHaveRecord(recordId: string): boolean {
    return this.tail.positionOf(recordId) !== undefined || this.#mayHaveKey(RECORD_KEY, recordId);
  }

  /** Whether there may be records of a stream that has no head in memory: false is certain. */
  mayHaveStream(stream: StreamName): boolean {
    return this.#mayHaveKey(STREAM_KEY, stream);
  }

  /** Where a record with this id may be; of a hash collision more than one. */
  *positionsOfRecord(recordId: string): Generator<Position> {
    const position = this.tail.positionOf(recordId);
    if (position !== undefined) {
      yield position;
      return;
    }
    yield* this.#segmentPositions(RECORD_KEY, recordId);
  }

  /** Where the records of a stream may be, newest first. */
  *positionsBackward(stream: StreamName): Generator<Position> {
    yield* this.tail.positionsBackward(this.heads.young, this.heads.find(stream));
    yield* this.#segmentPositions(STREAM_KEY, stream);
  }

  /**
   * Where the records of a stream from a revision on may be, oldest first; may begin too early, never too late. As
   * revisions have no gaps, the record of revision r has at least r entries of its hash before it: those are skipped by
   * arithmetic on entry numbers. O(segments * log n) to begin.
   */
  *positionsForward(stream: StreamName, fromRevision: Revision): Generator<Position> {
    this.#hasher.hash(STREAM_KEY, stream);
    const high = this.#hasher.high;
    const low = storedLow(this.#hasher.low);
    let toSkip = fromRevision;
    for (const segment of this.#catalog.segments) {
      if (!segment.filter.has(high, low)) continue;
      const first = segment.lowerBound(high);
      const count = segment.upperBound(high) - first;
      if (count > toSkip) yield* segment.positionsForward(high, low, first + toSkip);
      toSkip = Math.max(0, toSkip - count);
    }
    yield* [...this.tail.positionsBackward(this.heads.young, this.heads.find(stream))].reverse().slice(toSkip);
  }

  get hasWork(): boolean {
    return this.#isTailFull || this.#jobs.length > 0 || this.#catalog.hasGarbage || this.#nextInputs().length > 0;
  }

  /** Does a bounded piece of the background work, in the caller's transaction: about `entryCount` entries moved. */
  work(entryCount: number): void {
    if (this.#isTailFull) {
      this.flushTail();
      return;
    }
    const inputs = this.#nextInputs();
    const [first] = inputs;
    if (first !== undefined) {
      const number = this.#catalog.takeNumber();
      const merge = new SegmentMerge(inputs, number, first.facts.level + 1, this.#catalog.pages);
      this.#jobs.push({ merge, save: null });
      this.#jobs.sort((a, b) => a.merge.level - b.merge.level);
    }
    const job = this.#jobs[0];
    if (job !== undefined) this.#advance(job, entryCount);
    else this.#catalog.sweep();
  }

  /** Makes a segment of what is in memory, in the caller's transaction. */
  flushTail(): void {
    if (this.tail.recordCount > 0) this.#writeTail();
    this.tail.clear();
    this.heads.retire();
  }

  #writeTail(): void {
    const fromPosition = this.#catalog.toPosition + 1;
    const toPosition = fromPosition + this.tail.recordCount - 1;
    const segment = this.#catalog.takeNumber();
    const plan = { segment, level: 0, fromPosition, toPosition, keyLimit: this.tail.keyCount };
    const writer = new SegmentWriter(plan, this.#catalog.pages);
    this.tail.writeTo(writer);
    const save: SegmentSave = { segment: writer.finish(), replaced: [], savedParts: 0 };
    while (!this.#saveNext(save));
  }

  get #isTailFull(): boolean {
    return this.tail.recordCount >= this.#tailLimit || this.heads.isOverfull;
  }

  #mayHaveKey(kind: number, key: string): boolean {
    this.#hasher.hash(kind, key);
    const high = this.#hasher.high;
    const low = storedLow(this.#hasher.low);
    for (const { filter } of this.#catalog.segments) if (filter.has(high, low)) return true;
    return false;
  }

  *#segmentPositions(kind: number, key: string): Generator<Position> {
    this.#hasher.hash(kind, key);
    const high = this.#hasher.high;
    const low = storedLow(this.#hasher.low);
    const segments = this.#catalog.segments;
    for (let index = segments.length - 1; index >= 0; index--) {
      const segment = segments[index];
      if (segment?.filter.has(high, low)) yield* segment.positionsBackward(high, low);
    }
  }

  #advance(job: MergeJob, entryCount: number): void {
    if (job.save === null) {
      const segment = job.merge.step(entryCount);
      if (segment !== null) job.save = { segment, replaced: job.merge.inputs, savedParts: 0 };
    } else if (this.#saveNext(job.save)) {
      this.#jobs.splice(this.#jobs.indexOf(job), 1);
    }
  }

  /** Saves one part of a finished segment; with the last, installs it and answers true. */
  #saveNext(save: SegmentSave): boolean {
    if (!this.#catalog.savePart(save.segment, save.savedParts++)) return false;
    this.#catalog.install(save.segment, save.replaced);
    this.generation++;
    return true;
  }

  /** The oldest segments of the lowest level that has enough of them and no merge under way; none where none has. */
  #nextInputs(): readonly Segment[] {
    const segments = this.#catalog.segments;
    for (let level = 0; level <= (segments[0]?.facts.level ?? -1); level++) {
      if (this.#jobs.some((job) => job.merge.level === level + 1)) continue;
      const candidates = segments.filter(({ facts }) => facts.level === level).slice(0, FAN_IN);
      if (candidates.length === FAN_IN) return candidates;
    }
    return [];
  }
}
