import type { Position } from '../../domain/entities.ts';
import type { BloomFilter } from './bloom-filter.ts';
import { ENTRIES_PER_PAGE, NUMBERS_PER_SEGMENT, type PageStore, WORDS_PER_ENTRY } from './page-store.ts';

/** What is known of a sorted run of the index: which positions it covers, how large it is. */
export type SegmentFacts = {
  readonly segment: number;
  /** A segment of level n was merged out of segments of level n - 1. */
  readonly level: number;
  readonly fromPosition: Position;
  readonly toPosition: Position;
  readonly entryCount: number;
  readonly keyCount: number;
  readonly pageCount: number;
};

/**
 * One immutable run of the index, sorted by high hash, then position. In memory: the first hash of each page (fences)
 * and a Bloom filter of the keys. A present key costs one page; an absent one almost never any.
 */
export class Segment {
  readonly facts: SegmentFacts;
  readonly fences: Uint32Array;
  readonly filter: BloomFilter;
  readonly #pages: PageStore;

  constructor(facts: SegmentFacts, fences: Uint32Array, filter: BloomFilter, pages: PageStore) {
    this.facts = facts;
    this.fences = fences;
    this.filter = filter;
    this.#pages = pages;
  }

  /** Number of the first entry whose high hash is not below this one. O(log n) and one page at most. */
  lowerBound(high: number): number {
    const page = firstIndex(0, this.fences.length, (index) => (this.fences[index] ?? 0) >= high) - 1;
    if (page < 0) return 0;
    const words = this.#page(page);
    const count = words.length / WORDS_PER_ENTRY;
    return page * ENTRIES_PER_PAGE + firstIndex(0, count, (index) => (words[index * WORDS_PER_ENTRY] ?? 0) >= high);
  }

  /** Number after the last entry whose high hash is not above this one. */
  upperBound(high: number): number {
    const page = firstIndex(0, this.fences.length, (index) => (this.fences[index] ?? 0) > high) - 1;
    if (page < 0) return 0;
    const words = this.#page(page);
    const count = words.length / WORDS_PER_ENTRY;
    return page * ENTRIES_PER_PAGE + firstIndex(0, count, (index) => (words[index * WORDS_PER_ENTRY] ?? 0) > high);
  }

  /** Positions under a hash, newest first. */
  *positionsBackward(high: number, low: number): Generator<Position> {
    for (let entry = this.upperBound(high) - 1; entry >= 0; entry--) {
      const words = this.#page(Math.floor(entry / ENTRIES_PER_PAGE));
      const at = (entry % ENTRIES_PER_PAGE) * WORDS_PER_ENTRY;
      if (words[at] !== high) return;
      const middle = words[at + 1] ?? 0;
      if (middle >>> 16 === low) yield positionOf(middle, words[at + 2] ?? 0);
    }
  }

  /** Positions under a hash, oldest first, from an entry number on. */
  *positionsForward(high: number, low: number, fromEntry: number): Generator<Position> {
    for (let entry = fromEntry; entry < this.facts.entryCount; entry++) {
      const words = this.#page(Math.floor(entry / ENTRIES_PER_PAGE));
      const at = (entry % ENTRIES_PER_PAGE) * WORDS_PER_ENTRY;
      if (words[at] !== high) return;
      const middle = words[at + 1] ?? 0;
      if (middle >>> 16 === low) yield positionOf(middle, words[at + 2] ?? 0);
    }
  }

  #page(page: number): Uint32Array {
    return this.#pages.read(this.facts.segment * NUMBERS_PER_SEGMENT + page);
  }
}

/** The position out of the second and third word of an entry. */
export function positionOf(middle: number, last: number): Position {
  return (middle & 0xffff) * 4294967296 + last;
}

/** The first index in a range at which a monotonic condition holds, or its end. O(log n). */
function firstIndex(from: number, before: number, holds: (index: number) => boolean): number {
  let low = from;
  let high = before;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
