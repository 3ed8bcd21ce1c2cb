import type { Moment } from './accumulator.ts';
import type { CompiledView } from './compiled-view.ts';
import { paneSizeOf } from './frame.ts';
import { Pane, type PaneInput } from './pane.ts';

/** How many blocks of one level make one of the next. */
const FANOUT = 8;
/** A sliding window has panes of a millisecond: its smallest blocks are a 4096th of it. */
const BLOCKS_PER_WINDOW = 4096;

/** Widths of blocks, ms, by rising level: each is a whole number of times as wide as the one below. */
function widthsOf({ spec: { window } }: CompiledView): readonly number[] {
  if (window?.kind !== 'sliding' && window?.kind !== 'hopping') return [];
  const { sizeMs } = window;
  const smallestMs =
    window.kind === 'hopping' ? paneSizeOf(window) * FANOUT : Math.max(FANOUT, Math.ceil(sizeMs / BLOCKS_PER_WINDOW));
  const widths: number[] = [];
  for (let widthMs = smallestMs; widthMs < sizeMs; widthMs *= FANOUT) widths.push(widthMs);
  return widths;
}

/**
 * Sums of the neighbouring panes of a group, in levels of eight to one, so that any stretch of them is put together
 * from few: O(log panes). Made from the panes alone, and kept in memory only. A block whose first panes are gone is
 * never used, as no open window reaches back so far.
 */
export class PaneBlocks {
  readonly #view: CompiledView;
  readonly #widthsMs: readonly number[];
  readonly #levels: readonly Map<number, Pane>[];
  /** A sketch of distinct values, once it is one, stays one: taking out begins anew. */
  readonly #isRebuilt: boolean;

  constructor(view: CompiledView, panes: readonly Pane[]) {
    this.#view = view;
    this.#widthsMs = widthsOf(view);
    this.#levels = this.#widthsMs.map(() => new Map());
    this.#isRebuilt = view.aggregates.some(({ spec }) => spec.function === 'distinct');
    for (const pane of panes) for (const level of this.#levels.keys()) this.#at(level, pane.startMs).merge(pane);
  }

  /** Counts an event of the pane that starts at a time; `panes` hold it already. O(levels) but for what is rebuilt. */
  change(startMs: number, input: PaneInput, moment: Moment, sign: 1 | -1, panes: readonly Pane[]): void {
    for (const [level, widthMs] of this.#widthsMs.entries()) {
      if (sign === 1 || !this.#isRebuilt) {
        this.#at(level, startMs).change(input, moment, sign);
        continue;
      }
      const number = Math.floor(startMs / widthMs);
      this.#levels[level]?.delete(number);
      for (const pane of panes) if (Math.floor(pane.startMs / widthMs) === number) this.#at(level, startMs).merge(pane);
    }
  }

  /** Forgets the blocks that held a pane and hold none any more; `next` and `previous` are those beside it. */
  remove(startMs: number, previous: Pane | undefined, next: Pane | undefined): void {
    for (const [level, widthMs] of this.#widthsMs.entries()) {
      const number = Math.floor(startMs / widthMs);
      const isThere = (pane: Pane | undefined): boolean =>
        pane !== undefined && Math.floor(pane.startMs / widthMs) === number;
      if (!isThere(previous) && !isThere(next)) this.#levels[level]?.delete(number);
    }
  }

  /**
   * The widest block that begins with a pane and lies within a window, and where it ends; null where none does.
   * `previous` is the pane before it, `isLast` tells whether no pane is at the end of the window or after it.
   */
  within(
    pane: Pane,
    previous: Pane | undefined,
    fromMs: number,
    untilMs: number,
    isLast: boolean,
  ): { readonly block: Pane; readonly endMs: number } | null {
    for (let level = this.#widthsMs.length - 1; level >= 0; level--) {
      const widthMs = this.#widthsMs[level] ?? 1;
      const number = Math.floor(pane.startMs / widthMs);
      const beginsMs = number * widthMs;
      if (beginsMs < fromMs || (beginsMs + widthMs > untilMs && !isLast)) continue;
      if (previous !== undefined && previous.startMs >= beginsMs) continue;
      const block = this.#levels[level]?.get(number);
      if (block !== undefined) return { block, endMs: beginsMs + widthMs };
    }
    return null;
  }

  #at(level: number, startMs: number): Pane {
    const number = Math.floor(startMs / (this.#widthsMs[level] ?? 1));
    const blocks = this.#levels[level];
    const known = blocks?.get(number);
    if (known !== undefined) return known;
    const block = new Pane(this.#view, number, startMs);
    blocks?.set(number, block);
    return block;
  }
}
