import type { Position } from '../domain/entities.ts';
import type { ColumnType, RowValue } from '../domain/views.ts';

/** How far an answer reflects the log. */
export type AsOf = {
  /** Every record up to here is in the answer. */
  readonly position: Position;
  readonly headPosition: Position;
  readonly lagEvents: number;
  /** Since when, in seconds, what was read has been behind the head; 0 where it is not. */
  readonly lagSeconds: number;
};

/** A view of the ruleset in force. */
export type ViewReport = {
  readonly name: string;
  readonly description: string;
  readonly from: string;
  readonly window: string | null;
  readonly groupBy: readonly string[];
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly emit: string;
  readonly late: string;
  /** How long after its window, by the watermark, a row stays; ms. */
  readonly retainMs: number;
  readonly version: string;
  /** `building` while the first version of the view catches up: its rows are those of an earlier time. */
  readonly state: 'live' | 'building';
  readonly position: Position;
  /** Up to here all events are thought to have arrived, RFC 3339 UTC; null before the first. */
  readonly watermark: string | null;
  readonly rows: number;
  readonly events: number;
  readonly lateEvents: number;
  readonly droppedEvents: number;
  readonly corrections: number;
};

/** A value in an answer: times as RFC 3339 UTC, numbers that are not there as null. */
export type AnswerValue = RowValue | null;
export type AnswerRow = Readonly<Record<string, AnswerValue>>;

export type RowQuery = {
  readonly view: string;
  readonly limit: number;
  /** Where the page before ended; null for the first. */
  readonly cursor: string | null;
  /** Columns that have to have a value: texts as they are, flags as true or false. */
  readonly equal: Readonly<Record<string, string>>;
  /** Windows that start at or after, and before; ms. Null for no bound. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
};

export type RowPage = {
  readonly view: string;
  readonly position: Position;
  readonly rows: readonly AnswerRow[];
  readonly nextCursor: string | null;
};

/** One change of a view's rows. `correction`: the window had closed before. */
export type ViewChange = {
  readonly sequence: number;
  readonly position: Position;
  readonly kind: 'insert' | 'update' | 'delete' | 'correction';
  readonly rowId: string;
  readonly corrects: number | null;
  readonly before: AnswerRow | null;
  readonly after: AnswerRow | null;
};

export type ChangePage = {
  readonly view: string;
  readonly position: Position;
  readonly changes: readonly ViewChange[];
  /** Sequence to ask after next. */
  readonly next: number;
};

export type LateEvent = {
  readonly view: string;
  readonly position: Position;
  readonly recordId: string;
  readonly occurredAt: string;
  readonly watermark: string;
  readonly closedWindows: number;
  readonly policy: string;
};

export type LateEventPage = { readonly position: Position; readonly lateEvents: readonly LateEvent[] };

export type ProjectionReport = {
  readonly name: string;
  readonly version: string;
  readonly state: 'live' | 'building';
  readonly position: Position;
  /** How far a rebuild beside it is; null where none is under way. */
  readonly rebuildPosition: Position | null;
};

/** What the projections' thread says of itself with every batch. */
export type ProjectionCounts = {
  readonly position: Position;
  readonly outboxCount: number;
  readonly outboxMax: number;
  readonly building: number;
  readonly views: readonly {
    readonly name: string;
    readonly events: number;
    readonly late: number;
    readonly dropped: number;
    readonly corrections: number;
    readonly changes: number;
    readonly watermarkMs: number;
  }[];
};

export type ProjectionStatistics = ProjectionCounts & {
  readonly headPosition: Position;
  readonly lagSeconds: number;
  /** Since when, in seconds, some projection has been built beside the others; 0 where none is. */
  readonly buildingSeconds: number;
  /** Batches handed over and not taken in yet, and the most that may be. */
  readonly queueDepth: number;
  readonly queueDepthMax: number;
  /** How long the log's subscription has waited because the queue was full, ms in all. */
  readonly blockedMs: number;
  /** Readers that wait for an answer, and the most that may. */
  readonly readersWaiting: number;
  readonly readersWaitingMax: number;
  readonly recordCount: number;
  /** Why the projections stand still; '' while they do not. */
  readonly failure: string;
};

/** What the readers of projections call. Methods reject with READ_STORE_FAILED where the projections have stopped. */
export interface Projections {
  views(): Promise<readonly ViewReport[]>;
  /** Null where there is no such view. Rejects with REQUEST_INVALID for a column or a cursor that does not fit. */
  rows(query: RowQuery): Promise<RowPage | null>;
  changes(view: string, after: number, limit: number): Promise<ChangePage | null>;
  /** Of one view, or of all; newest first. Null where there is no such view. */
  lateEvents(view: string | null, limit: number): Promise<LateEventPage | null>;
  projections(): Promise<readonly ProjectionReport[]>;
  /** False where there is no such projection. */
  rebuild(name: string): Promise<boolean>;
  statistics(): ProjectionStatistics;
}
