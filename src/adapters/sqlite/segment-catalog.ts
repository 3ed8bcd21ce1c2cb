import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { BloomFilter, sharedWords } from './bloom-filter.ts';
import { IndexDamage, NUMBERS_PER_SEGMENT, PageStore } from './page-store.ts';
import { numberIn, type Row } from './row.ts';
import { Segment, type SegmentFacts } from './segment.ts';

const WORDS_PER_PART = 131072;
const PAGES_PER_SWEEP = 64;

type Garbage = { next: number; readonly before: number; readonly store: PageStore; readonly step: number };

/** Which segments there are, on disk and in memory, oldest first. Every write belongs to the caller's transaction. */
export class SegmentCatalog {
  readonly pages: PageStore;
  readonly summaries: PageStore;
  #segments: readonly Segment[] = [];
  #nextSegment = 1;
  readonly #garbage: Garbage[] = [];
  readonly #connection: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
    this.pages = new PageStore(connection, 'index_pages');
    this.summaries = new PageStore(connection, 'index_summaries');
    this.#insert = connection.prepare('INSERT INTO index_segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#delete = connection.prepare('DELETE FROM index_segments WHERE segment = ?');
  }

  /** What was written to the index so far. */
  get writtenBytes(): number {
    return this.pages.writtenBytes + this.summaries.writtenBytes;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Last position that the segments cover; they cover every one up to it. */
  get toPosition(): number {
    return this.#segments.at(-1)?.facts.toPosition ?? 0;
  }

  /** Reads what is stored. Errors: IndexDamage where it does not add up. O(size of the filters). */
  load(): void {
    const rows = this.#connection.prepare('SELECT * FROM index_segments ORDER BY from_position').all();
    const segments: Segment[] = [];
    let toPosition = 0;
    for (const row of rows) {
      const facts = factsIn(row);
      const filterWords = numberIn(row, 'filter_words');
      if (checksumOf(facts, filterWords) !== numberIn(row, 'checksum') || facts.fromPosition !== toPosition + 1) {
        throw new IndexDamage(`row ${facts.segment} of index_segments`);
      }
      toPosition = facts.toPosition;
      segments.push(this.#loadSegment(facts, filterWords));
    }
    this.#segments = segments;
    this.#collectGarbage();
  }

  /** Forgets all segments, on disk too. */
  clear(): void {
    this.#connection.exec('DELETE FROM index_segments; DELETE FROM index_summaries; DELETE FROM index_pages');
    this.#segments = [];
    this.#garbage.length = 0;
  }

  /** A number that no row of the index has. */
  takeNumber(): number {
    return this.#nextSegment++;
  }

  /** Stores one part of a segment's fences and filter; answers whether it was the last. */
  savePart(segment: Segment, part: number): boolean {
    const { fences, filter } = segment;
    const from = part * WORDS_PER_PART;
    const before = Math.min(from + WORDS_PER_PART, fences.length + filter.words.length);
    const words = new Uint32Array(before - from);
    words.set(fences.subarray(from, before));
    const filterFrom = Math.max(from - fences.length, 0);
    words.set(
      filter.words.subarray(filterFrom, Math.max(before - fences.length, 0)),
      filterFrom + fences.length - from,
    );
    this.summaries.write(segment.facts.segment * NUMBERS_PER_SEGMENT + part, words);
    return before === fences.length + filter.words.length;
  }

  /** Puts a saved segment in the place of those it was merged from, or at the end where there are none. */
  install(segment: Segment, replaced: readonly Segment[]): void {
    const { facts, filter } = segment;
    for (const each of replaced) {
      this.#delete.run(each.facts.segment);
      this.#discard(each.facts.segment, each.facts.pageCount, summaryParts(each));
    }
    const { fromPosition, toPosition, entryCount, keyCount, pageCount } = facts;
    const words = filter.words.length;
    const counts = [entryCount, keyCount, pageCount, words, checksumOf(facts, words)];
    this.#insert.run(facts.segment, facts.level, fromPosition, toPosition, ...counts);
    const kept = this.#segments.filter((each) => !replaced.includes(each));
    this.#segments = [...kept, segment].sort((a, b) => a.facts.fromPosition - b.facts.fromPosition);
  }

  get hasGarbage(): boolean {
    return this.#garbage.length > 0;
  }

  /** Deletes a bounded number of rows that no segment needs. */
  sweep(): void {
    const range = this.#garbage[0];
    if (range === undefined) return;
    const before = Math.min(range.next + range.step, range.before);
    range.store.sweep(range.next, before);
    range.next = before;
    if (before === range.before) this.#garbage.shift();
  }

  #discard(segment: number, pageCount: number, partCount: number): void {
    const start = segment * NUMBERS_PER_SEGMENT;
    this.#garbage.push({ next: start, before: start + pageCount, store: this.pages, step: PAGES_PER_SWEEP });
    this.#garbage.push({ next: start, before: start + partCount, store: this.summaries, step: 1 });
  }

  #loadSegment(facts: SegmentFacts, filterWords: number): Segment {
    const fences = new Uint32Array(facts.pageCount);
    const filter = sharedWords(filterWords);
    const total = fences.length + filter.length;
    for (let part = 0, from = 0; from < total; part++, from += WORDS_PER_PART) {
      const words = this.summaries.readOnce(facts.segment * NUMBERS_PER_SEGMENT + part);
      if (words.length !== Math.min(WORDS_PER_PART, total - from)) {
        throw new IndexDamage(`part ${part} of segment ${facts.segment}`);
      }
      const fenceWords = Math.max(0, Math.min(fences.length - from, words.length));
      fences.set(words.subarray(0, fenceWords), Math.min(from, fences.length));
      filter.set(words.subarray(fenceWords), from + fenceWords - fences.length);
    }
    return new Segment(facts, fences, new BloomFilter(filter), this.pages);
  }

  /** Finds the rows that a merge left behind when the process ended in the middle of it. */
  #collectGarbage(): void {
    const live = new Set(this.#segments.map(({ facts }) => facts.segment));
    for (const [store, table, key] of [
      [this.pages, 'index_pages', 'page'],
      [this.summaries, 'index_summaries', 'part'],
    ] as const) {
      const step = store === this.pages ? PAGES_PER_SWEEP : 1;
      const first = this.#connection.prepare(`SELECT min(${key}) AS number FROM ${table} WHERE ${key} >= ?`);
      const last = this.#connection.prepare(`SELECT max(${key}) AS number FROM ${table} WHERE ${key} < ?`);
      for (let segment = 0; ; segment++) {
        const number = numberIn(first.get(segment * NUMBERS_PER_SEGMENT) ?? {}, 'number');
        if (Number.isNaN(number)) break;
        segment = Math.floor(number / NUMBERS_PER_SEGMENT);
        this.#nextSegment = Math.max(this.#nextSegment, segment + 1);
        if (live.has(segment)) continue;
        const end = numberIn(last.get((segment + 1) * NUMBERS_PER_SEGMENT) ?? {}, 'number');
        this.#garbage.push({ next: number, before: end + 1, store, step });
      }
    }
  }
}

function summaryParts({ fences, filter }: Segment): number {
  return Math.ceil((fences.length + filter.words.length) / WORDS_PER_PART);
}

function checksumOf(facts: SegmentFacts, filterWords: number): number {
  const { segment, level, fromPosition, toPosition, entryCount, keyCount, pageCount } = facts;
  const numbers = [segment, level, fromPosition, toPosition, entryCount, keyCount, pageCount, filterWords];
  return crc32(numbers.join(' '));
}

function factsIn(row: Row): SegmentFacts {
  return {
    segment: numberIn(row, 'segment'),
    level: numberIn(row, 'level'),
    fromPosition: numberIn(row, 'from_position'),
    toPosition: numberIn(row, 'to_position'),
    entryCount: numberIn(row, 'entry_count'),
    keyCount: numberIn(row, 'key_count'),
    pageCount: numberIn(row, 'page_count'),
  };
}
