import type { FileColumn, FileRow, FileStore, FileValue, TableFormat } from '../../ports/table-files.ts';
import type { ChangeOfView, ExportedRow, ExportedView, ViewClient } from './view-client.ts';
import { partitionEnd, partitionOf, partitionPath } from './view-partition.ts';

/** What an export did. */
export type ExportCounts = {
  readonly files: number;
  readonly rows: number;
  readonly removed: number;
  /** Partitions that the view no longer holds whole: their files stay as they are. */
  readonly kept: number;
  /** Events that the view was behind the log. */
  readonly lagEvents: number;
};

const TIME_COLUMNS: readonly string[] = ['window_start', 'window_end'];

function columnsOf({ columns }: ExportedView): readonly FileColumn[] {
  return columns.map(({ name, type }) => ({ name, type: TIME_COLUMNS.includes(name) ? 'time' : type }));
}

function fileRow(row: ExportedRow, columns: readonly FileColumn[]): FileRow {
  const values = columns.map(({ name, type }): readonly [string, FileValue] => {
    const value = row[name] ?? null;
    return [name, type === 'time' && typeof value === 'string' ? Date.parse(value) : value];
  });
  return Object.fromEntries(values);
}

function byTimeAndText(left: FileRow, right: FileRow): number {
  const difference = Number(left.window_start ?? 0) - Number(right.window_start ?? 0);
  if (difference !== 0) return difference;
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
}

/**
 * Writes the rows of a view to files, one for each hour in which windows start. The name of a file tells the hour and
 * nothing else: whatever is exported again replaces what was there, so that a repeat doubles no row. Holds the rows of
 * one hour in memory.
 */
export class ViewExporter {
  readonly #client: ViewClient;
  readonly #view: ExportedView;
  readonly #format: TableFormat;
  readonly #store: FileStore;
  readonly #columns: readonly FileColumn[];
  #files = 0;
  #rows = 0;
  #removed = 0;
  #kept = 0;
  #lagEvents = 0;

  constructor(client: ViewClient, view: ExportedView, format: TableFormat, store: FileStore) {
    this.#client = client;
    this.#view = view;
    this.#format = format;
    this.#store = store;
    this.#columns = columnsOf(view);
  }

  /** Version of the view: another one numbers its changes anew. */
  get version(): string {
    return this.#view.version;
  }

  /** What was done since the last time that this was asked. */
  takeCounts(): ExportCounts {
    const counts = {
      files: this.#files,
      rows: this.#rows,
      removed: this.#removed,
      kept: this.#kept,
      lagEvents: this.#lagEvents,
    };
    this.#files = this.#rows = this.#removed = this.#kept = 0;
    return counts;
  }

  /** Writes every partition from a time on, the newest first. */
  async exportAll(fromMs: number | null): Promise<void> {
    let hourMs: number | null = null;
    let held: ExportedRow[] = [];
    // An hour is written whole or not at all.
    for await (const page of this.#client.pages(fromMs === null ? null : partitionStart(fromMs), null)) {
      this.#lagEvents = page.asOf.lagEvents;
      for (const row of page.rows) {
        const hour = partitionOf(row);
        if (held.length > 0 && hour !== hourMs) {
          await this.#write(hourMs, held);
          held = [];
        }
        hourMs = hour;
        held.push(row);
      }
    }
    if (held.length > 0) await this.#write(hourMs, held);
  }

  /** Writes the partitions that some changes are about; one that has no row any more is removed. */
  async exportChanged(changes: readonly ChangeOfView[]): Promise<void> {
    const hours = new Set(
      changes.flatMap(({ before, after }) =>
        [before, after].flatMap((row) => (row === null ? [] : [partitionOf(row)])),
      ),
    );
    for (const hourMs of hours) {
      const rows: ExportedRow[] = [];
      const toMs = hourMs === null ? null : partitionEnd(hourMs);
      for await (const page of this.#client.pages(hourMs, toMs)) {
        this.#lagEvents = page.asOf.lagEvents;
        rows.push(...page.rows);
      }
      await this.#write(hourMs, rows);
    }
  }

  async #write(hourMs: number | null, rows: readonly ExportedRow[]): Promise<void> {
    if (hourMs !== null && hourMs <= this.#wholeFromMs()) {
      this.#kept += 1;
      return;
    }
    const path = partitionPath(this.#view.name, hourMs, this.#format.extension);
    if (rows.length === 0) {
      await this.#store.remove(path);
      this.#removed += 1;
      return;
    }
    const fileRows = rows.map((row) => fileRow(row, this.#columns)).sort(byTimeAndText);
    await this.#store.put(path, this.#format.encode(this.#columns, fileRows));
    this.#files += 1;
    this.#rows += rows.length;
  }

  /** Rows of windows that ended before this may be gone from the view. */
  #wholeFromMs(): number {
    const { watermark, retainMs } = this.#view;
    return watermark === null ? Number.NEGATIVE_INFINITY : Date.parse(watermark) - retainMs;
  }
}

function partitionStart(ms: number): number {
  return partitionOf({ window_start: new Date(ms).toISOString() }) ?? ms;
}
