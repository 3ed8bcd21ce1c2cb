import type { Position } from '../../domain/entities.ts';
import { BloomFilter } from './bloom-filter.ts';
import { ENTRIES_PER_PAGE, NUMBERS_PER_SEGMENT, type PageStore, WORDS_PER_ENTRY } from './page-store.ts';
import { Segment } from './segment.ts';

/** What a segment is to become. */
export type SegmentPlan = {
  readonly segment: number;
  readonly level: number;
  readonly fromPosition: Position;
  readonly toPosition: Position;
  /** Upper bound of the number of keys: sizes the filter. */
  readonly keyLimit: number;
};

/** Writes a segment page by page; entries come in the order of the index. */
export class SegmentWriter {
  readonly plan: SegmentPlan;
  readonly #pages: PageStore;
  readonly #filter: BloomFilter;
  readonly #page = new Uint32Array(ENTRIES_PER_PAGE * WORDS_PER_ENTRY);
  readonly #fences: number[] = [];
  #used = 0;
  #entryCount = 0;
  #keyCount = 0;
  #lastHigh = -1;
  #lastLow = -1;

  constructor(plan: SegmentPlan, pages: PageStore) {
    this.plan = plan;
    this.#pages = pages;
    this.#filter = BloomFilter.forKeys(plan.keyLimit);
  }

  /** Takes the next entry. */
  add(high: number, low: number, position: Position): void {
    this.addWords(high, (low << 16) | Math.floor(position / 4294967296), position >>> 0);
  }

  /** Takes the next entry as it is in a page. */
  addWords(high: number, middle: number, last: number): void {
    const low = middle >>> 16;
    if (high !== this.#lastHigh || low !== this.#lastLow) {
      this.#filter.add(high, low);
      this.#keyCount++;
      this.#lastHigh = high;
      this.#lastLow = low;
    }
    const page = this.#page;
    if (this.#used === 0) this.#fences.push(high);
    page[this.#used] = high;
    page[this.#used + 1] = middle;
    page[this.#used + 2] = last;
    this.#used += WORDS_PER_ENTRY;
    this.#entryCount++;
    if (this.#used === page.length) this.#flush();
  }

  /** Writes the last page and answers the segment; its row and summary are for the caller to store. */
  finish(): Segment {
    if (this.#used > 0) this.#flush();
    const { segment, level, fromPosition, toPosition } = this.plan;
    const counts = { entryCount: this.#entryCount, keyCount: this.#keyCount, pageCount: this.#fences.length };
    const facts = { segment, level, fromPosition, toPosition, ...counts };
    return new Segment(facts, Uint32Array.from(this.#fences), this.#filter, this.#pages);
  }

  #flush(): void {
    const number = this.plan.segment * NUMBERS_PER_SEGMENT + this.#fences.length - 1;
    this.#pages.write(number, this.#used === this.#page.length ? this.#page : this.#page.subarray(0, this.#used));
    this.#used = 0;
  }
}
