import type { Position } from '../../domain/entities.ts';
import type { WindowSpec } from '../../domain/features.ts';
import { LATE_FEATURES } from '../../domain/records.ts';
import type { Row, RowSchema, ViewSpec } from '../../domain/views.ts';
import type {
  AnswerRow,
  AnswerValue,
  ChangePage,
  LateEvent,
  LateEventPage,
  ProjectionCounts,
  ProjectionReport,
  RowPage,
  RowQuery,
  ViewChange,
  ViewReport,
} from '../../ports/projections.ts';
import type { StoreQuery, StoreRow } from '../../ports/read-store.ts';
import { OUTBOX_MAX, type ProjectionRunner, type ReadableProjection } from '../projection-runner.ts';
import { fieldProblem } from './query-problem.ts';
import type { DeclaredView, RulesetProjections } from './ruleset-projections.ts';
import { readColumns, readProgress } from './view-progress.ts';
import { LATE_EVENTS_TABLE, rowOfColumns, rowOfText } from './view-tables.ts';

type Found = { readonly view: DeclaredView; readonly readable: ReadableProjection };

/** Answers what readers ask of the views, on the thread of the projections: from one commit each. */
export class ViewQueries {
  readonly #runner: ProjectionRunner;
  readonly #declared: RulesetProjections;

  constructor(runner: ProjectionRunner, declared: RulesetProjections) {
    this.#runner = runner;
    this.#declared = declared;
  }

  views(): readonly ViewReport[] {
    return this.#all().map(reportOf);
  }

  rows(query: RowQuery): RowPage | null {
    const found = this.#find(query.view);
    if (found === null) return null;
    const { view, readable } = found;
    const stored = pageOf(found, query);
    const rows = stored.slice(0, query.limit).map((row) => answerOf(rowOfColumns(row, view.columns)));
    const last = stored.length > query.limit ? stored[query.limit - 1] : undefined;
    const nextCursor = last === undefined ? null : JSON.stringify([last.window_start ?? null, last._id]);
    return { view: query.view, position: readable.checkpoint, rows, nextCursor };
  }

  changes(name: string, after: number, limit: number): ChangePage | null {
    const found = this.#find(name);
    if (found === null) return null;
    const { view, readable } = found;
    const where = [{ column: 'sequence', comparison: '>', value: after } as const];
    const changes = readable.tables
      .select('changes', { where, orderBy: [], limit })
      .map((row) => changeOf(row, view.columns));
    return { view: name, position: readable.checkpoint, changes, next: changes.at(-1)?.sequence ?? after };
  }

  lateEvents(name: string | null, limit: number): LateEventPage | null {
    const found = this.#runner
      .readable()
      .filter((each) => name === null || each.projection.name === name)
      .filter(({ projection }) => projection.name === LATE_FEATURES || this.#declared.view(projection.name) !== null);
    if (name !== null && found.length === 0) return null;
    const orderBy = [{ column: 'position', descending: true }];
    const lateEvents = found
      .flatMap(({ projection, tables }) =>
        tables
          .select(LATE_EVENTS_TABLE.name, { where: [], orderBy, limit })
          .map((row) => lateEventOf(projection.name, row)),
      )
      .sort((left, right) => right.position - left.position || (left.view < right.view ? -1 : 1))
      .slice(0, limit);
    return { position: this.#runner.position, lateEvents };
  }

  projections(): readonly ProjectionReport[] {
    const building = this.#runner.building();
    return this.#runner.readable().map(({ projection, checkpoint, isLive }) => ({
      name: projection.name,
      version: projection.version,
      state: isLive ? 'live' : 'building',
      position: checkpoint,
      rebuildPosition: (isLive ? building.find(({ name }) => name === projection.name)?.checkpoint : null) ?? null,
    }));
  }

  /** What the metrics page shows. */
  counts(): ProjectionCounts {
    const views = this.#all().map(({ view, readable }) => {
      const { events, late, dropped, corrections, sequence, watermark } = readProgress(readable.tables);
      const watermarkMs = watermark?.watermarkMs ?? 0;
      return { name: view.spec.name, events, late, dropped, corrections, changes: sequence, watermarkMs };
    });
    const { position, outboxCount } = this.#runner;
    return { position, outboxCount, outboxMax: OUTBOX_MAX, building: this.#runner.building().length, views };
  }

  #all(): readonly Found[] {
    return this.#runner.readable().flatMap((readable) => {
      const view = this.#declared.view(readable.projection.name);
      if (view === null) return [];
      // Rows of an earlier version, which are read until the new one has caught up, have columns of their own.
      return [{ view: { ...view, columns: readColumns(readable.tables) }, readable }];
    });
  }

  #find(name: string): Found | null {
    return this.#all().find(({ view }) => view.spec.name === name) ?? null;
  }
}

function pageOf({ view, readable }: Found, query: RowQuery): readonly StoreRow[] {
  const { tables } = readable;
  const hasWindow = Object.hasOwn(view.columns, 'window_start');
  const base = conditionsOf(view.columns, query, hasWindow);
  const limit = query.limit + 1;
  const byWindow = hasWindow ? [{ column: 'window_start', descending: true }] : [];
  if (query.cursor === null) return tables.select('rows', { where: base, orderBy: byWindow, limit });
  const [start, id] = cursorOf(query.cursor);
  const afterId = { column: '_id', comparison: '>', value: id } as const;
  if (!hasWindow) return tables.select('rows', { where: [...base, afterId], orderBy: [], limit });
  const same = { column: 'window_start', comparison: '=', value: start } as const;
  const first = tables.select('rows', { where: [...base, same, afterId], orderBy: [], limit });
  if (first.length >= limit) return first;
  const earlier = { column: 'window_start', comparison: '<', value: start } as const;
  const rest = { where: [...base, earlier], orderBy: byWindow, limit: limit - first.length };
  return [...first, ...tables.select('rows', rest)];
}

function cursorOf(text: string): [start: number, id: string] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed) && parsed.length === 2 && typeof parsed[1] === 'string') {
      return [typeof parsed[0] === 'number' ? parsed[0] : 0, parsed[1]];
    }
  } catch {
    // Told below: it is no cursor of ours.
  }
  throw fieldProblem('cursor', 'is none that this view gave');
}

function conditionsOf(columns: RowSchema, query: RowQuery, hasWindow: boolean): StoreQuery['where'] {
  const where: StoreQuery['where'][number][] = [];
  for (const [column, text] of Object.entries(query.equal)) {
    const type = columns[column];
    if (type === 'text') where.push({ column, comparison: '=', value: text });
    else if (type === 'flag' && (text === 'true' || text === 'false')) {
      where.push({ column, comparison: '=', value: text === 'true' ? 1 : 0 });
    } else throw fieldProblem(column, type === 'flag' ? 'must be true or false' : 'is no text or flag of this view');
  }
  if (!hasWindow && (query.fromMs !== null || query.toMs !== null)) {
    throw fieldProblem(query.fromMs === null ? 'to' : 'from', 'does not fit a view without windows');
  }
  if (query.fromMs !== null) where.push({ column: 'window_start', comparison: '>=', value: query.fromMs });
  if (query.toMs !== null) where.push({ column: 'window_start', comparison: '<', value: query.toMs });
  return where;
}

function fromText(from: ViewSpec['from']): string {
  if ('view' in from) return `view.${from.view}`;
  return from.table === undefined ? from.stream : `table.${from.table}`;
}

function reportOf({ view, readable }: Found): ViewReport {
  const { spec, columns, version } = view;
  const progress = readProgress(readable.tables);
  const watermarkMs = progress.watermark?.watermarkMs ?? 0;
  return {
    name: spec.name,
    description: spec.description,
    from: fromText(spec.from),
    window: spec.window === null ? null : windowText(spec.window),
    groupBy: spec.groupBy,
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    emit: spec.emit,
    late: spec.time.late,
    retainMs: spec.retainMs,
    version,
    state: readable.isLive ? 'live' : 'building',
    position: readable.checkpoint,
    watermark: watermarkMs > 0 ? isoOf(watermarkMs) : null,
    rows: readable.tables.count('rows', []),
    events: progress.events,
    lateEvents: progress.late,
    droppedEvents: progress.dropped,
    corrections: progress.corrections,
  };
}

function windowText(window: WindowSpec): string {
  const seconds = (ms: number): string => `${ms / 1000}s`;
  switch (window.kind) {
    case 'hopping':
      return `hopping ${seconds(window.sizeMs)} every ${seconds(window.everyMs)}`;
    case 'session':
      return `session ${seconds(window.gapMs)}`;
    case 'unbounded':
      return 'unbounded';
    default:
      return `${window.kind} ${seconds(window.sizeMs)}`;
  }
}

/** A row as JSON takes it. */
export function answerOf(row: Row): AnswerRow {
  const answer: Record<string, AnswerValue> = {};
  for (const [name, value] of Object.entries(row)) {
    if (typeof value !== 'number') answer[name] = value;
    else if (name === 'window_start' || name === 'window_end') answer[name] = isoOf(value);
    else answer[name] = Number.isFinite(value) ? value : null;
  }
  return answer;
}

function changeOf(row: StoreRow, columns: RowSchema): ViewChange {
  const rowIn = (text: unknown): AnswerRow | null =>
    typeof text === 'string' ? answerOf(rowOfText(text, columns)) : null;
  const { kind } = row;
  return {
    sequence: Number(row.sequence),
    position: positionOf(row),
    kind: kind === 'insert' || kind === 'delete' || kind === 'correction' ? kind : 'update',
    rowId: String(row.row_id),
    corrects: typeof row.corrects === 'number' ? row.corrects : null,
    before: rowIn(row.before),
    after: rowIn(row.after),
  };
}

function lateEventOf(view: string, row: StoreRow): LateEvent {
  return {
    view,
    position: positionOf(row),
    recordId: String(row.record_id),
    occurredAt: isoOf(Number(row.at)),
    watermark: isoOf(Number(row.watermark)),
    closedWindows: Number(row.closed_windows),
    policy: String(row.policy),
  };
}

function positionOf(row: StoreRow): Position {
  return Number(row.position);
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
