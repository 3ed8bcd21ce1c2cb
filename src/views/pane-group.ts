import type { RowValue } from '../domain/views.ts';
import type { Moment } from './accumulator.ts';
import type { CompiledView, Row } from './compiled-view.ts';
import type { Frame } from './frame.ts';
import { Pane } from './pane.ts';

/** Blocks that a sliding window is cut into. */
const BLOCKS_PER_WINDOW = 64;

/**
 * The panes of one group by rising start. Under a sliding window, where there is a pane for every instant, panes are
 * also added up in blocks of a 64th of the window: a window is then put together from whole blocks and from the
 * panes at its ends. A block whose first panes are gone is never used whole, as no open window reaches back so far.
 */
export class PaneGroup {
  readonly key: string;
  readonly values: readonly RowValue[];
  /** Starts of panes that are stored and are no more. */
  readonly gone = new Set<number>();
  readonly #view: CompiledView;
  readonly #blockMs: number;
  readonly #blocks = new Map<number, Pane>();
  #panes: Pane[];

  constructor(view: CompiledView, key: string, panes: readonly Pane[]) {
    this.key = key;
    this.values = JSON.parse(key);
    this.#view = view;
    this.#panes = panes.toSorted((left, right) => left.startMs - right.startMs);
    const { window } = view.spec;
    this.#blockMs = window?.kind === 'sliding' ? Math.ceil(window.sizeMs / BLOCKS_PER_WINDOW) : 0;
    if (this.#blockMs > 0) for (const pane of this.#panes) this.#blockAt(pane.startMs).merge(pane);
  }

  get panes(): readonly Pane[] {
    return this.#panes;
  }

  /** Index of the first pane that starts at a time or after it. O(log panes). */
  firstFrom(startMs: number): number {
    let low = 0;
    let high = this.#panes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#panes[middle]?.startMs ?? 0) < startMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  find(startMs: number): Pane | null {
    const pane = this.#panes[this.firstFrom(startMs)];
    return pane !== undefined && pane.startMs === startMs ? pane : null;
  }

  /** Counts an event in the pane that starts at a time; true where that pane is new. */
  change(startMs: number, event: Row, moment: Moment, sign: 1 | -1): boolean {
    const found = this.find(startMs);
    const pane = found ?? new Pane(this.#view, startMs, moment.atMs);
    if (found === null) this.put(pane);
    pane.change(this.#view, event, moment, sign);
    if (this.#blockMs > 0) this.#blockAt(startMs).change(this.#view, event, moment, sign);
    if (pane.eventCount === 0) this.remove(startMs);
    return found === null;
  }

  put(pane: Pane): void {
    this.#panes.splice(this.firstFrom(pane.startMs), 0, pane);
    this.gone.delete(pane.startMs);
  }

  remove(startMs: number): void {
    const index = this.firstFrom(startMs);
    if (this.#panes[index]?.startMs !== startMs) return;
    this.#panes.splice(index, 1);
    this.gone.add(startMs);
    if (this.#blockMs === 0) return;
    const block = Math.floor(startMs / this.#blockMs);
    const next = this.#panes[this.firstFrom(block * this.#blockMs)];
    if (next === undefined || next.startMs >= (block + 1) * this.#blockMs) this.#blocks.delete(block);
  }

  /** The panes of a window as one; null where it holds no event. O(panes), under a sliding window O(panes / 32). */
  wholeOf({ fromMs, untilMs }: Frame): Pane | null {
    let index = this.firstFrom(fromMs);
    const first = this.#panes[index];
    if (first === undefined || first.startMs >= untilMs) return null;
    const second = this.#panes[index + 1];
    if (second === undefined || second.startMs >= untilMs) return first;
    const whole = new Pane(this.#view, first.startMs, first.lastMs);
    while (index < this.#panes.length) {
      const pane = this.#panes[index];
      if (pane === undefined || pane.startMs >= untilMs) break;
      const block = this.#wholeBlock(pane.startMs, fromMs, untilMs);
      whole.merge(block ?? pane);
      if (block === null) index += 1;
      else index = this.firstFrom((Math.floor(pane.startMs / this.#blockMs) + 1) * this.#blockMs);
    }
    return whole;
  }

  /** The block that begins with a pane, where no event of it can lie outside of a window. */
  #wholeBlock(startMs: number, fromMs: number, untilMs: number): Pane | null {
    if (this.#blockMs === 0) return null;
    const number = Math.floor(startMs / this.#blockMs);
    const beginsMs = number * this.#blockMs;
    if (beginsMs < fromMs) return null;
    const last = this.#panes.at(-1)?.startMs ?? 0;
    if (beginsMs + this.#blockMs > untilMs && last >= untilMs) return null;
    return this.#panes[this.firstFrom(beginsMs)]?.startMs === startMs ? (this.#blocks.get(number) ?? null) : null;
  }

  #blockAt(startMs: number): Pane {
    const number = Math.floor(startMs / this.#blockMs);
    const known = this.#blocks.get(number);
    if (known !== undefined) return known;
    const block = new Pane(this.#view, number * this.#blockMs, startMs);
    this.#blocks.set(number, block);
    return block;
  }
}
