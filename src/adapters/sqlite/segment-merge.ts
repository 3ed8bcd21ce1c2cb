import { NUMBERS_PER_SEGMENT, type PageStore, WORDS_PER_ENTRY } from './page-store.ts';
import type { Segment } from './segment.ts';
import { SegmentWriter } from './segment-writer.ts';

const NO_WORDS = new Uint32Array(0);

/** Reads a segment from its first entry to its last. */
class SegmentCursor {
  words: Uint32Array = NO_WORDS;
  /** Of the current entry in `words`. */
  at = 0;
  /** High hash of the current entry, or Infinity at the end. */
  high = Number.POSITIVE_INFINITY;
  readonly #segment: Segment;
  readonly #pages: PageStore;
  #nextPage = 0;

  constructor(segment: Segment, pages: PageStore) {
    this.#segment = segment;
    this.#pages = pages;
    this.#load();
  }

  next(): void {
    this.at += WORDS_PER_ENTRY;
    if (this.at >= this.words.length) this.#load();
    else this.high = this.words[this.at] ?? 0;
  }

  #load(): void {
    const { segment, pageCount } = this.#segment.facts;
    this.at = 0;
    if (this.#nextPage === pageCount) {
      this.high = Number.POSITIVE_INFINITY;
      return;
    }
    this.words = this.#pages.readOnce(segment * NUMBERS_PER_SEGMENT + this.#nextPage++);
    this.high = this.words[0] ?? 0;
  }
}

/** Merges neighbouring segments into one, a bounded number of entries at a time. */
export class SegmentMerge {
  readonly inputs: readonly Segment[];
  readonly #cursors: SegmentCursor[];
  readonly #writer: SegmentWriter;

  /** `inputs` are neighbours in positions, oldest first. */
  constructor(inputs: readonly Segment[], segment: number, level: number, pages: PageStore) {
    const positions = inputs.flatMap(({ facts }) => [facts.fromPosition, facts.toPosition]);
    const keyLimit = inputs.reduce((sum, { facts }) => sum + facts.keyCount, 0);
    const [fromPosition, toPosition] = [Math.min(...positions), Math.max(...positions)];
    this.inputs = inputs;
    this.#cursors = inputs.map((input) => new SegmentCursor(input, pages));
    this.#writer = new SegmentWriter({ segment, level, fromPosition, toPosition, keyLimit }, pages);
  }

  get level(): number {
    return this.#writer.plan.level;
  }

  /** Merges up to `entryCount` entries; answers the segment once all are. O(entryCount). */
  step(entryCount: number): Segment | null {
    for (let done = 0; done < entryCount; done++) {
      const cursor = this.#smallest();
      if (cursor === undefined) return this.#writer.finish();
      const { words, at } = cursor;
      this.#writer.addWords(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0);
      cursor.next();
    }
    return null;
  }

  /** The cursor with the lowest hash; of equals the oldest, as positions ascend from segment to segment. */
  #smallest(): SegmentCursor | undefined {
    let smallest: SegmentCursor | undefined;
    let high = Number.POSITIVE_INFINITY;
    for (const cursor of this.#cursors) {
      if (cursor.high < high) {
        smallest = cursor;
        high = cursor.high;
      }
    }
    return smallest;
  }
}
