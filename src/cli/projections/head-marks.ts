import type { Position } from '../../domain/entities.ts';

/** Marks beyond this number are thinned out: a reader that is far behind needs no finer ones. */
const MARKS_MAX = 1_024;

type Mark = { readonly head: Position; atMs: number };

/**
 * Where the head of a log was, and until when: tells since when a reader that has come to a position is behind. Under
 * steady load a reader never stands at the head, and is still no more behind than a commit takes.
 */
export class HeadMarks {
  #marks: Mark[];

  /** `position`: what has been read when all begins, at a time. */
  constructor(position: Position, atMs: number) {
    this.#marks = [{ head: position, atMs }];
  }

  /** Notes that the head is at a position now. */
  note(head: Position, nowMs: number): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && last.head >= head) last.atMs = nowMs;
    else this.#marks.push({ head, atMs: nowMs });
    if (this.#marks.length > MARKS_MAX) this.#marks = this.#marks.filter((_mark, index) => index % 2 === 0);
  }

  /**
   * The last time at which the head was known to be no further than a position, which is never less than before: what a
   * reader there is behind by is no more than the time since. 0 lag where the head is there now.
   */
  behindMs(position: Position, head: Position, nowMs: number): number {
    let [first, second] = this.#marks;
    while (second !== undefined && second.head <= position) {
      this.#marks.shift();
      [first, second] = this.#marks;
    }
    return position >= head || first === undefined ? 0 : nowMs - first.atMs;
  }
}
