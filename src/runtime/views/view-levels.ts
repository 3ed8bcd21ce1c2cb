import type { Row, RowValue } from '../../domain/views.ts';
import type { StoreQuery, StoreRow, StoreTables } from '../../ports/read-store.ts';
import {
  type CompiledView,
  finishRow,
  type InputEvent,
  type OperatorListener,
  type RowChange,
  type StoredPane,
  ViewOperator,
} from '../../views/mod.ts';
import { rowOfColumns, rowOfText, rowText } from './view-tables.ts';

/** Who gets what a level finds. */
export type ChangeSink = OperatorListener;

/** One view of a chain at work. */
export interface Level {
  take(events: readonly InputEvent[]): void;
  /** Takes what changed in the rows of the view before it. */
  takeChanges(changes: readonly RowChange[]): void;
  advance(watermarkMs: number): void;
  flush(): void;
}

const PAGE_ROWS = 1000;
const BEFORE_ALL = Number.MIN_SAFE_INTEGER;

/** The rows that a level shows: the last level's are the view's own, the others are kept as text. */
class ShownRows {
  readonly #view: CompiledView;
  readonly #level: number;
  readonly #tables: StoreTables;
  readonly #isLast: boolean;

  constructor(view: CompiledView, level: number, tables: StoreTables, isLast: boolean) {
    this.#view = view;
    this.#level = level;
    this.#tables = tables;
    this.#isLast = isLast;
  }

  shownRow(rowId: string): { readonly row: Row; readonly atMs: number } | null {
    const { output } = this.#view;
    if (this.#isLast) {
      const stored = this.#tables.get('rows', [rowId]);
      return stored === null ? null : { row: rowOfColumns(stored, output), atMs: Number(stored._at) };
    }
    const stored = this.#tables.get('shown', [this.#level, rowId]);
    return stored === null ? null : { row: rowOfText(String(stored.values), output), atMs: Number(stored.at) };
  }

  /** Keeps a change; the last level's are kept by whoever gets them. */
  keep({ rowId, after, afterMs, closesMs }: RowChange): void {
    if (this.#isLast) return;
    if (after === null) this.#tables.remove('shown', [this.#level, rowId]);
    else {
      const closes = Number.isFinite(closesMs) ? closesMs : null;
      this.#tables.put('shown', { level: this.#level, row_id: rowId, values: rowText(after), at: afterMs, closes });
    }
  }
}

/** A view with windows. */
export class WindowLevel implements Level {
  readonly #level: number;
  readonly #tables: StoreTables;
  readonly #operator: ViewOperator;

  constructor(
    view: CompiledView,
    level: number,
    tables: StoreTables,
    sink: ChangeSink,
    isLast: boolean,
    watermarkMs: number,
  ) {
    this.#level = level;
    this.#tables = tables;
    const shown = new ShownRows(view, level, tables, isLast);
    const store = {
      panesOf: (group: string) => this.#panes([{ column: 'group_key', comparison: '=', value: group }]),
      allPanes: () => this.#allPanes(),
      shownRow: (rowId: string) => shown.shownRow(rowId),
    };
    const listener: OperatorListener = {
      changed: (change) => {
        shown.keep(change);
        sink.changed(change);
      },
      late: (event, closedCount, isDropped) => sink.late(event, closedCount, isDropped),
    };
    this.#operator = new ViewOperator(view, store, listener, watermarkMs);
  }

  take(events: readonly InputEvent[]): void {
    this.#operator.take(events);
  }

  takeChanges(changes: readonly RowChange[]): void {
    this.#operator.take(
      changes.flatMap(({ rowId: id, before, beforeMs, after, afterMs }): InputEvent[] => [
        ...(before === null ? [] : [{ row: before, moment: { atMs: beforeMs, id }, sign: -1 as const }]),
        ...(after === null ? [] : [{ row: after, moment: { atMs: afterMs, id }, sign: 1 as const }]),
      ]),
    );
  }

  advance(watermarkMs: number): void {
    this.#operator.advance(watermarkMs);
  }

  flush(): void {
    this.#operator.flush(
      ({ group, startMs, lastMs, eventCount, cells }) =>
        this.#tables.put('panes', {
          level: this.#level,
          group_key: group,
          start: startMs,
          last: lastMs,
          events: eventCount,
          cells,
        }),
      (group, startMs) => this.#tables.remove('panes', [this.#level, group, startMs]),
    );
  }

  #panes(where: StoreQuery['where']): readonly StoredPane[] {
    const level = { column: 'level', comparison: '=', value: this.#level } as const;
    const limit = Number.MAX_SAFE_INTEGER;
    return this.#tables.select('panes', { where: [level, ...where], orderBy: [], limit }).map(paneOf);
  }

  *#allPanes(): Generator<StoredPane> {
    const level = { column: 'level', comparison: '=', value: this.#level } as const;
    let group = '';
    let start = BEFORE_ALL;
    for (;;) {
      const inGroup = [
        level,
        { column: 'group_key', comparison: '=', value: group } as const,
        { column: 'start', comparison: '>', value: start } as const,
      ];
      const rest = [level, { column: 'group_key', comparison: '>', value: group } as const];
      let page = this.#tables.select('panes', { where: inGroup, orderBy: [], limit: PAGE_ROWS });
      if (page.length === 0) page = this.#tables.select('panes', { where: rest, orderBy: [], limit: PAGE_ROWS });
      if (page.length === 0) return;
      for (const row of page) yield paneOf(row);
      group = String(page.at(-1)?.group_key);
      start = Number(page.at(-1)?.start);
    }
  }
}

function paneOf(row: StoreRow): StoredPane {
  return {
    group: String(row.group_key),
    startMs: Number(row.start),
    lastMs: Number(row.last),
    eventCount: Number(row.events),
    cells: String(row.cells),
  };
}

/** A view without windows: the rows of another view, filtered and tagged. */
export class MirrorLevel implements Level {
  readonly #view: CompiledView;
  readonly #shown: ShownRows;
  readonly #sink: ChangeSink;

  constructor(view: CompiledView, level: number, tables: StoreTables, sink: ChangeSink, isLast: boolean) {
    this.#view = view;
    this.#sink = sink;
    this.#shown = new ShownRows(view, level, tables, isLast);
  }

  /** Nothing: a view without windows reads a view. */
  take(): void {}

  takeChanges(changes: readonly RowChange[]): void {
    for (const change of changes) {
      const shown = this.#shown.shownRow(change.rowId);
      const after = this.#rowOf(change.after, change.afterMs);
      if (shown === null && after === null) continue;
      const own: RowChange = { ...change, before: shown?.row ?? null, after };
      this.#shown.keep(own);
      this.#sink.changed(own);
    }
  }

  advance(): void {}

  flush(): void {}

  #rowOf(source: Row | null, atMs: number): Row | null {
    if (source === null || (this.#view.where !== null && !this.#view.where(source, atMs))) return null;
    const row: Record<string, RowValue> = { ...source };
    return finishRow(this.#view, row, atMs);
  }
}
