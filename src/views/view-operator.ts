import type { RowValue } from '../domain/views.ts';
import type { Moment } from './accumulator.ts';
import { aggregateValue } from './aggregate.ts';
import type { CompiledView, Row } from './compiled-view.ts';
import {
  type Frame,
  frameAt,
  framesOf,
  type HoppingWindow,
  hopsAround,
  paneClosesMs,
  paneStartOf,
  sessionFrame,
  windowMsOf,
} from './frame.ts';
import { Pane, paneInputOf } from './pane.ts';
import { PaneGroup } from './pane-group.ts';
import { TimerQueue } from './timer-queue.ts';
import { touchedFrames } from './touched-frames.ts';

/** An event of the view's source, to be counted (sign 1) or to be counted no longer (sign -1). */
export type InputEvent = { readonly row: Row; readonly moment: Moment; readonly sign: 1 | -1 };

/** A row that appeared, changed or went. `isCorrection` where its window had closed before. */
export type RowChange = {
  readonly rowId: string;
  readonly before: Row | null;
  readonly after: Row | null;
  /** When the row happened, for a view that reads it; before and after the change. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** When its window closes, by the watermark. */
  readonly closesMs: number;
  readonly isCorrection: boolean;
  /** Rows that became part of this one: sessions that were joined. */
  readonly replaced: readonly string[];
};

/** A pane as it is stored. */
export type StoredPane = {
  readonly group: string;
  readonly startMs: number;
  readonly lastMs: number;
  readonly eventCount: number;
  readonly cells: string;
};

/** What an operator reads of its own past. */
export interface OperatorStore {
  panesOf(group: string): readonly StoredPane[];
  /** Every pane, for the timers after a restart. */
  allPanes(): Iterable<StoredPane>;
  shownRow(rowId: string): { readonly row: Row; readonly atMs: number } | null;
}

/** Who hears what an operator finds. */
export interface OperatorListener {
  changed(change: RowChange): void;
  /** An event came after windows that it belongs to had closed; `isDropped` where no other window took it. */
  late(event: InputEvent, closedCount: number, isDropped: boolean): void;
}

/** Groups kept in memory between commits; others are read again when they are next needed. */
const GROUPS_MAX = 20_000;

/**
 * The windows and groups of one view: takes events in any order and tells which rows change. Its panes are its whole
 * state and the rows follow from them alone, so that every order of the same events ends in the same rows as long as no
 * window has closed on one of them.
 */
export class ViewOperator {
  readonly #view: CompiledView;
  readonly #store: OperatorStore;
  readonly #listener: OperatorListener;
  readonly #groups = new Map<string, PaneGroup>();
  readonly #dirty = new Set<PaneGroup>();
  readonly #timers = new TimerQueue();
  readonly #graceMs: number;
  #watermarkMs: number;

  constructor(view: CompiledView, store: OperatorStore, listener: OperatorListener, watermarkMs: number) {
    this.#view = view;
    this.#store = store;
    this.#listener = listener;
    this.#watermarkMs = watermarkMs;
    const { time, retainMs } = view.spec;
    this.#graceMs = time.late === 'correct' ? Math.max(retainMs, time.latenessMs) : time.latenessMs;
    for (const stored of store.allPanes()) this.#setTimers(stored.group, stored.startMs, stored.lastMs);
  }

  /** Takes the events of one cause in; the rows are looked at once all of them are in. O(rows × log panes). */
  take(events: readonly InputEvent[]): void {
    const touched = new Map<string, { group: PaneGroup; frames: Map<number, Touched> }>();
    for (const event of events) {
      if (this.#view.where !== null && !this.#view.where(event.row, event.moment.atMs)) continue;
      const group = this.#groupOf(event.row);
      if (group === null) continue;
      const entry = touched.get(group.key) ?? { group, frames: new Map<number, Touched>() };
      touched.set(group.key, entry);
      if (this.#view.spec.window?.kind === 'session') this.#takeIntoSession(group, event, entry.frames);
      else this.#takeIntoPane(group, event, entry.frames);
    }
    for (const { group, frames } of [...touched.values()].sort(byGroup)) {
      for (const touch of [...frames.values()].sort(byStart)) {
        const { frame, isCorrection, replaced } = touch;
        if (this.#view.spec.emit === 'changes' || isCorrection) this.#refresh(group, frame, isCorrection, replaced);
      }
    }
  }

  /** Moves the watermark on: windows that close are shown where the view waits for that, and what is over goes. */
  advance(watermarkMs: number): void {
    if (watermarkMs <= this.#watermarkMs) return;
    this.#watermarkMs = watermarkMs;
    for (let timer = this.#timers.takeDue(watermarkMs); timer !== null; timer = this.#timers.takeDue(watermarkMs)) {
      const group = this.#load(timer.group);
      if (timer.kind === 'window') this.#close(group, timer.startMs);
      else this.#dropPane(group, timer.startMs);
    }
  }

  get openPanes(): number {
    return this.#timers.size;
  }

  /** Hands over every pane that changed since the last time, and forgets groups beyond the bound. */
  flush(put: (pane: StoredPane) => void, remove: (group: string, startMs: number) => void): void {
    for (const group of this.#dirty) {
      for (const startMs of group.gone) remove(group.key, startMs);
      group.gone.clear();
      for (const pane of group.panes) {
        if (!pane.isDirty) continue;
        pane.isDirty = false;
        const { startMs, lastMs, eventCount } = pane;
        put({ group: group.key, startMs, lastMs, eventCount, cells: pane.encode() });
      }
    }
    this.#dirty.clear();
    for (const key of this.#groups.keys()) {
      if (this.#groups.size <= GROUPS_MAX) break;
      this.#groups.delete(key);
    }
  }

  #groupOf(row: Row): PaneGroup | null {
    const values: RowValue[] = [];
    for (const column of this.#view.spec.groupBy) {
      const value = row[column] ?? '';
      if (value === '' || Number.isNaN(value)) return null;
      values.push(value);
    }
    return this.#load(JSON.stringify(values));
  }

  #load(key: string): PaneGroup {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const panes = this.#store
      .panesOf(key)
      .map(({ startMs, lastMs, eventCount, cells }) => Pane.decode(this.#view, startMs, lastMs, eventCount, cells));
    const group = new PaneGroup(this.#view, key, panes);
    this.#groups.set(key, group);
    return group;
  }

  #takeIntoPane(group: PaneGroup, event: InputEvent, touched: Map<number, Touched>): void {
    const { window, time } = this.#view.spec;
    if (window === null || window.kind === 'session') return;
    const { atMs } = event.moment;
    const closing = { watermarkMs: this.#watermarkMs, time, graceMs: this.#graceMs };
    const { closedCount, isTaken, corrected, shown } = touchedFrames(window, group, atMs, closing);
    if (closedCount > 0) this.#listener.late(event, closedCount, !isTaken);
    if (!isTaken) return;
    const startMs = paneStartOf(window, atMs);
    const input = paneInputOf(this.#view, event.row, atMs);
    if (group.change(startMs, input, event.moment, event.sign)) this.#setTimers(group.key, startMs, atMs);
    this.#dirty.add(group);
    for (const frame of corrected) touched.set(frame.startMs, { frame, isCorrection: true, replaced: [] });
    for (const frame of shown) touched.set(frame.startMs, { frame, isCorrection: false, replaced: [] });
  }

  #takeIntoSession(group: PaneGroup, event: InputEvent, touched: Map<number, Touched>): void {
    const { window, time } = this.#view.spec;
    if (window?.kind !== 'session') return;
    const { gapMs } = window;
    const { atMs } = event.moment;
    const joined = group.panes.filter((pane) => pane.startMs - gapMs <= atMs && atMs <= pane.lastMs + gapMs);
    const startMs = Math.min(atMs, ...joined.map((pane) => pane.startMs));
    const lastMs = Math.max(atMs, ...joined.map((pane) => pane.lastMs));
    const frame = sessionFrame(startMs, lastMs, gapMs);
    if (this.#watermarkMs >= frame.closesMs + this.#graceMs) {
      this.#listener.late(event, 1, true);
      return;
    }
    const ends = [frame.closesMs, ...joined.map((pane) => pane.lastMs + gapMs + 1)];
    const isCorrection = ends.some((endMs) => this.#watermarkMs >= endMs + time.latenessMs);
    const whole = new Pane(this.#view, startMs, lastMs);
    for (const pane of joined) whole.merge(pane);
    whole.change(paneInputOf(this.#view, event.row, atMs), event.moment, event.sign);
    for (const pane of joined) group.remove(pane.startMs);
    group.put(whole);
    const replaced = joined.flatMap((pane) => (pane.startMs === startMs ? [] : [pane.startMs]));
    for (const start of replaced) {
      touched.delete(start);
      this.#hide(group, start, isCorrection);
    }
    this.#dirty.add(group);
    this.#setTimers(group.key, startMs, lastMs);
    touched.set(startMs, { frame, isCorrection, replaced: replaced.map((start) => rowIdOf(group, start)) });
  }

  /** Sets what is due for a pane: it goes when nothing needs it, and before that its windows close. */
  #setTimers(group: string, startMs: number, lastMs: number): void {
    const { window, time, emit } = this.#view.spec;
    if (window === null) return;
    if (window.kind === 'session') {
      const { closesMs } = sessionFrame(startMs, lastMs, window.gapMs);
      if (emit === 'final') this.#timers.set({ atMs: closesMs + time.latenessMs, kind: 'window', group, startMs });
      this.#timers.set({ atMs: closesMs + this.#graceMs, kind: 'pane', group, startMs });
      return;
    }
    if (window.kind === 'hopping') this.#awaitHop(window, group, startMs, 0);
    else if (emit === 'final') {
      for (const frame of framesOf(window, startMs, [])) {
        const atMs = frame.closesMs + time.latenessMs;
        if (atMs > this.#watermarkMs) this.#timers.set({ atMs, kind: 'window', group, startMs: frame.startMs });
      }
    }
    this.#timers.set({ atMs: paneClosesMs(window, startMs) + this.#graceMs, kind: 'pane', group, startMs });
  }

  /**
   * Waits for the first hopping window that holds a pane, starts at a time or later, and is open, to close: all of them
   * are shown then. Each sets the next, so that a group has few timers, however many windows.
   */
  #awaitHop(window: HoppingWindow, group: string, paneMs: number, fromMs: number): void {
    const { latenessMs } = this.#view.spec.time;
    const { sizeMs, everyMs } = window;
    const { firstMs, lastMs } = hopsAround(window, paneMs);
    const openMs = (Math.floor((this.#watermarkMs - latenessMs - sizeMs) / everyMs) + 1) * everyMs;
    const startMs = Math.max(firstMs, fromMs === 0 ? openMs : fromMs);
    if (startMs > lastMs) return;
    this.#timers.set({ atMs: startMs + sizeMs + latenessMs, kind: 'window', group, startMs });
  }

  #close(group: PaneGroup, startMs: number): void {
    const { window, time, emit } = this.#view.spec;
    if (window === null) return;
    if (window.kind === 'session') {
      const pane = group.find(startMs);
      if (pane === null) return;
      const frame = sessionFrame(startMs, pane.lastMs, window.gapMs);
      const dueMs = frame.closesMs + time.latenessMs;
      if (dueMs > this.#watermarkMs) this.#timers.set({ atMs: dueMs, kind: 'window', group: group.key, startMs });
      else this.#refresh(group, frame, false, []);
      return;
    }
    if (window.kind !== 'hopping') {
      this.#refresh(group, frameAt(window, startMs), false, []);
      return;
    }
    // A window that began first for some pane was shown with it, and kept up to date since.
    const last = group.panes[group.firstFrom(startMs + window.sizeMs - window.everyMs)];
    const isShown = emit === 'changes' && last !== undefined && last.startMs < startMs + window.sizeMs;
    if (!isShown) this.#refresh(group, frameAt(window, startMs), false, []);
    const nextMs = startMs + window.everyMs;
    const next = group.panes[group.firstFrom(nextMs)];
    if (next !== undefined) this.#awaitHop(window, group.key, next.startMs, nextMs);
  }

  #dropPane(group: PaneGroup, startMs: number): void {
    const { window } = this.#view.spec;
    const pane = group.find(startMs);
    if (window === null || pane === null) return;
    const closesMs =
      window.kind === 'session'
        ? sessionFrame(startMs, pane.lastMs, window.gapMs).closesMs
        : paneClosesMs(window, startMs);
    const dueMs = closesMs + this.#graceMs;
    if (dueMs > this.#watermarkMs) {
      this.#timers.set({ atMs: dueMs, kind: 'pane', group: group.key, startMs });
      return;
    }
    group.remove(startMs);
    this.#dirty.add(group);
  }

  /** Computes the row of a window anew and tells what is different. */
  #refresh(group: PaneGroup, frame: Frame, isCorrection: boolean, replaced: readonly string[]): void {
    const rowId = rowIdOf(group, frame.startMs);
    const before = this.#store.shownRow(rowId);
    const after = this.#rowOf(group, frame);
    if (before === null && after === null) return;
    if (before !== null && after !== null && isSame(before.row, after)) return;
    const { atMs, closesMs } = frame;
    const beforeMs = before?.atMs ?? atMs;
    const change = { rowId, before: before?.row ?? null, after, beforeMs, afterMs: atMs, closesMs };
    this.#listener.changed({ ...change, isCorrection, replaced });
  }

  #hide(group: PaneGroup, startMs: number, isCorrection: boolean): void {
    const rowId = rowIdOf(group, startMs);
    const shown = this.#store.shownRow(rowId);
    if (shown === null) return;
    const { row, atMs } = shown;
    const change = { rowId, before: row, after: null, beforeMs: atMs, afterMs: atMs, closesMs: this.#watermarkMs };
    this.#listener.changed({ ...change, isCorrection, replaced: [] });
  }

  #rowOf(group: PaneGroup, frame: Frame): Row | null {
    const view = this.#view;
    const { window, groupBy } = view.spec;
    if (window === null) return null;
    const whole = group.wholeOf(frame);
    if (whole === null) return null;
    const row: Record<string, RowValue> = {};
    for (const [index, column] of groupBy.entries()) row[column] = group.values[index] ?? '';
    if (window.kind !== 'unbounded') {
      row.window_start = frame.startMs;
      row.window_end = frame.endMs;
    }
    const windowMs = windowMsOf(window, frame);
    for (const [index, { spec, scale, absent }] of view.aggregates.entries()) {
      const value = aggregateValue(spec, whole.accumulators[index] ?? null, windowMs, scale);
      row[spec.name] = typeof value === 'number' && Number.isNaN(value) ? absent : value;
    }
    for (const { spec } of view.aggregates) {
      if (spec.function !== 'ratio') continue;
      const below = Number(row[spec.denominator]);
      row[spec.name] = below === 0 ? 0 : Number(row[spec.numerator]) / below;
    }
    return finishRow(view, row, frame.atMs);
  }
}

type Touched = { readonly frame: Frame; readonly isCorrection: boolean; readonly replaced: readonly string[] };

/** Adds the tags to a row, or answers null where `having` does not show it. */
export function finishRow(view: CompiledView, row: Record<string, RowValue>, atMs: number): Row | null {
  if (view.having !== null && !view.having(row, atMs)) return null;
  for (const { name, when } of view.tags) row[name] = when(row, atMs);
  return row;
}

/** Name of the row of a window: its group and where it starts. */
function rowIdOf({ values }: PaneGroup, startMs: number): string {
  return JSON.stringify([...values, startMs]);
}

function byGroup(left: { group: PaneGroup }, right: { group: PaneGroup }): number {
  return left.group.key < right.group.key ? -1 : 1;
}

function byStart(left: Touched, right: Touched): number {
  return left.frame.startMs - right.frame.startMs;
}

function isSame(left: Row, right: Row): boolean {
  const columns = Object.keys(right);
  return (
    columns.length === Object.keys(left).length && columns.every((column) => Object.is(left[column], right[column]))
  );
}
