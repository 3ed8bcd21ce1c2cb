import type { Fact } from '../../domain/records.ts';
import type { ProjectedRecord, ProjectionSession, ProjectionTransaction } from '../../ports/projection.ts';
import type { StoreTables } from '../../ports/read-store.ts';
import type { CurrencyTable } from '../../rules/mod.ts';
import { type CompiledView, type InputEvent, type RowChange, Watermark } from '../../views/mod.ts';
import type { AlertRules } from './alert-rules.ts';
import { type StreamEvent, StreamReader } from './stream-events.ts';
import type { TablesOfView } from './tables-of-view.ts';
import { type ChangeSink, type Level, MirrorLevel, WindowLevel } from './view-levels.ts';
import { readProgress, type ViewProgress, writeProgress } from './view-progress.ts';
import { ViewResults } from './view-results.ts';

/** A view at work: follows the log, keeps its operators' panes and its rows in the tables. */
export class ViewSession implements ProjectionSession {
  readonly #tables: StoreTables;
  readonly #tableRows: TablesOfView;
  readonly #reader: StreamReader;
  readonly #watermark: Watermark;
  readonly #levels: readonly Level[];
  readonly #results: ViewResults;
  readonly #progress: ViewProgress;
  readonly #views: readonly CompiledView[];
  /** Changes of each level but the last that the next has not seen yet. */
  readonly #passed: RowChange[][];

  constructor(
    views: readonly CompiledView[],
    currency: CurrencyTable,
    tables: StoreTables,
    tableRows: TablesOfView,
    rules: () => AlertRules,
  ) {
    const [base] = views;
    const last = views.at(-1);
    if (base === undefined || last === undefined || !('stream' in base.spec.from)) {
      throw new Error('a view is made from a stream of events');
    }
    this.#views = views;
    this.#tables = tables;
    this.#tableRows = tableRows;
    this.#reader = new StreamReader(base.spec.from, currency);
    this.#progress = readProgress(tables);
    this.#watermark = new Watermark(base.spec.time, this.#progress.watermark);
    this.#results = new ViewResults(last, tables, this.#progress, rules);
    this.#passed = views.map(() => []);
    let watermarkMs = this.#watermark.watermarkMs;
    this.#levels = views.map((view, index) => {
      const isLast = index === views.length - 1;
      const passed = this.#passed[index];
      const sink: ChangeSink = isLast ? this.#results : { changed: (change) => passed?.push(change), late: () => {} };
      const level =
        view.spec.window === null
          ? new MirrorLevel(view, index, tables, sink, isLast)
          : new WindowLevel(view, index, tables, sink, isLast, watermarkMs);
      watermarkMs -= view.spec.time.latenessMs;
      return level;
    });
  }

  project(record: ProjectedRecord, transaction: ProjectionTransaction): void {
    if (record.type === 'TableRowRecorded' && !this.#tableRows.isEmpty) {
      const { fact } = record;
      if (fact.type === 'TableRowRecorded') this.#tableRows.take(fact.row, record.position);
    }
    if (!this.#reader.reads(record.type)) return;
    const events = this.#reader.eventsOf(record.fact);
    const [first] = events;
    if (first === undefined) return;
    this.#progress.events += 1;
    this.#results.begin(record, first, this.#watermark.watermarkMs, (recordId, fact: Fact) =>
      transaction.append(recordId, `view-${this.#views.at(-1)?.spec.name ?? ''}`, fact),
    );
    this.#levels[0]?.take(events.map(inputOf));
    this.#cascade();
    this.#watermark.take(first.producer, first.atMs, first.recordedMs);
    this.#advance();
  }

  flush(): void {
    for (const level of this.#levels) level.flush();
    let watermarkMs = this.#watermark.watermarkMs;
    for (const [index, { spec }] of this.#views.entries()) {
      const where = (column: string) =>
        [{ column, comparison: '<=', value: watermarkMs - spec.retainMs } as const] as const;
      if (index === this.#views.length - 1) {
        this.#tables.removeWhere('rows', where('_closes'));
        this.#tables.removeWhere('raised', where('closes'));
        this.#tables.removeWhere('late_events', where('at'));
      } else {
        const ofLevel = { column: 'level', comparison: '=', value: index } as const;
        this.#tables.removeWhere('shown', [ofLevel, ...where('closes')]);
      }
      watermarkMs -= spec.time.latenessMs;
    }
    this.#results.trimChanges();
    writeProgress(this.#tables, { ...this.#progress, watermark: this.#watermark.encode() });
  }

  #advance(): void {
    let watermarkMs = this.#watermark.watermarkMs;
    for (const [index, level] of this.#levels.entries()) {
      level.advance(watermarkMs);
      const passed = this.#passed[index]?.splice(0) ?? [];
      const next = this.#levels[index + 1];
      if (next !== undefined && passed.length > 0) next.takeChanges(passed);
      watermarkMs -= this.#views[index]?.spec.time.latenessMs ?? 0;
    }
  }

  #cascade(): void {
    for (const [index, passed] of this.#passed.entries()) {
      const next = this.#levels[index + 1];
      if (next !== undefined && passed.length > 0) next.takeChanges(passed.splice(0));
    }
  }
}

function inputOf({ row, atMs, id, sign }: StreamEvent): InputEvent {
  return { row, moment: { atMs, id }, sign };
}
