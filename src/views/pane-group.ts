import type { RowValue } from '../domain/views.ts';
import type { Moment } from './accumulator.ts';
import type { CompiledView } from './compiled-view.ts';
import type { Frame } from './frame.ts';
import { Pane, type PaneInput } from './pane.ts';
import { PaneBlocks } from './pane-blocks.ts';

/**
 * The panes of one group by rising start. Under sliding and hopping windows panes are also added up in blocks, and
 * under hopping ones the window that was asked for last is kept as one and takes in what comes: an event that is not
 * behind costs no merge at all.
 */
export class PaneGroup {
  readonly key: string;
  readonly values: readonly RowValue[];
  /** Starts of panes that are stored and are no more. */
  readonly gone = new Set<number>();
  readonly #view: CompiledView;
  readonly #isHopping: boolean;
  readonly #panes: Pane[];
  readonly #blocks: PaneBlocks;
  #latest: { readonly fromMs: number; readonly untilMs: number; readonly whole: Pane } | null = null;

  constructor(view: CompiledView, key: string, panes: readonly Pane[]) {
    this.key = key;
    this.values = JSON.parse(key);
    this.#view = view;
    this.#isHopping = view.spec.window?.kind === 'hopping';
    this.#panes = panes.toSorted((left, right) => left.startMs - right.startMs);
    this.#blocks = new PaneBlocks(view, this.#panes);
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
  change(startMs: number, input: PaneInput, moment: Moment, sign: 1 | -1): boolean {
    const found = this.find(startMs);
    const pane = found ?? new Pane(this.#view, startMs, moment.atMs);
    if (found === null) this.put(pane);
    pane.change(input, moment, sign);
    this.#blocks.change(startMs, input, moment, sign, this.#panes);
    const { fromMs, untilMs, whole } = this.#latest ?? { fromMs: 0, untilMs: 0, whole: null };
    if (sign === -1) this.#latest = null;
    else if (startMs >= fromMs && startMs < untilMs) whole?.change(input, moment, sign);
    // Which hopping windows are shown hangs on the panes: one without events stays until it is over.
    if (pane.eventCount === 0 && !this.#isHopping) this.remove(startMs);
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
    this.#blocks.remove(startMs, this.#panes[index - 1], this.#panes[index]);
    if (this.#latest !== null && startMs >= this.#latest.fromMs) this.#latest = null;
  }

  /** The panes of a window as one; null where it holds no event. O(log panes); O(1) for the one asked for last. */
  wholeOf({ fromMs, untilMs }: Frame): Pane | null {
    if (this.#latest?.fromMs === fromMs && this.#latest.untilMs === untilMs) return orNone(this.#latest.whole);
    const index = this.firstFrom(fromMs);
    const first = this.#panes[index];
    if (first === undefined || first.startMs >= untilMs) return null;
    const second = this.#panes[index + 1];
    if (second === undefined || second.startMs >= untilMs) return orNone(first);
    const whole = this.#sum(index, fromMs, untilMs);
    if (this.#isHopping && fromMs >= (this.#latest?.fromMs ?? 0)) this.#latest = { fromMs, untilMs, whole };
    return orNone(whole);
  }

  #sum(from: number, fromMs: number, untilMs: number): Pane {
    const whole = new Pane(this.#view, fromMs, fromMs);
    const isLast = (this.#panes.at(-1)?.startMs ?? 0) < untilMs;
    for (let index = from; index < this.#panes.length; ) {
      const pane = this.#panes[index];
      if (pane === undefined || pane.startMs >= untilMs) break;
      const widest = this.#blocks.within(pane, this.#panes[index - 1], fromMs, untilMs, isLast);
      whole.merge(widest?.block ?? pane);
      index = widest === null ? index + 1 : this.firstFrom(widest.endMs);
    }
    return whole;
  }
}

function orNone(pane: Pane): Pane | null {
  return pane.eventCount === 0 ? null : pane;
}
