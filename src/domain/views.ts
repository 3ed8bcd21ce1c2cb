import type { Outcome } from './decision.ts';
import type { EventSource } from './events.ts';
import type { WindowSpec } from './features.ts';

/** The streams of events that a view may read. */
export const EVENT_STREAMS = [
  'transaction',
  'decision',
  'login',
  'signal',
  'metric',
  'reference',
  'label',
  'alert',
  'table_row',
] as const;
export type EventStream = (typeof EVENT_STREAMS)[number];

/** What a column holds. A number that is not there is NaN, a text that is not there is ''. */
export const COLUMN_TYPES = ['number', 'text', 'flag'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** A value in a row. */
export type RowValue = number | string | boolean;

/** One event of a stream, or one row of a view, by column. */
export type Row = Readonly<Record<string, RowValue>>;

/** Which columns rows have, and of which type. */
export type RowSchema = Readonly<Record<string, ColumnType>>;

/** Columns that the rows of every view with a window have beside their own: ms since 1970 UTC. */
export const WINDOW_COLUMNS = ['window_start', 'window_end'] as const;

/** What becomes of an event that comes after a window that it belongs to has closed. */
export const LATE_POLICIES = ['drop', 'correct', 'side_output'] as const;
export type LatePolicy = (typeof LATE_POLICIES)[number];

/** When rows are shown: with every event that changes them, or once, when their window has closed. */
export const EMISSIONS = ['changes', 'final'] as const;
export type Emission = (typeof EMISSIONS)[number];

/** How the time of a stream is read. All times in ms. */
export type EventTimeSpec = {
  /** A producer's watermark is the largest event time that it has sent less this. */
  readonly outOfOrdernessMs: number;
  /** How long after its end, by the watermark, a window still takes events. */
  readonly latenessMs: number;
  readonly late: LatePolicy;
  /** A producer that sent nothing for so long, by the time of recording, holds the watermark back no longer. */
  readonly idleAfterMs: number;
};

/** How the time of each stream that features look at is read. */
export type FeatureTimes = Readonly<Record<EventSource, EventTimeSpec>>;

/** Which approvals are evaluated anew when an event comes late where late events correct. */
export type RevisionSpec = {
  /** An approval is revised where the rules now say this or worse. */
  readonly atLeast: Exclude<Outcome, 'approve'>;
  /** How long after the late event, by event time, a decision may be, ms. */
  readonly withinMs: number;
  /** Decisions that one late event may have evaluated anew: the newest ones; 0 for none. */
  readonly decisionsMax: number;
};

/** One aggregate of a view. `where` is CEL over `event`; null where every event of the view counts. */
export type ViewAggregate = { readonly name: string; readonly where: string | null } & (
  | { readonly function: 'count' }
  | {
      readonly function:
        | 'sum'
        | 'mean'
        | 'min'
        | 'max'
        | 'stddev'
        | 'variance'
        | 'distinct'
        | 'first'
        | 'last'
        | 'rate_of_change';
      readonly field: string;
    }
  /** Events a second, or the sum of a field a second, over the size of the window. */
  | { readonly function: 'rate'; readonly field: string | null }
  | { readonly function: 'quantile'; readonly field: string; readonly share: number }
  /** Of two other aggregates of the view; 0 where the second is 0. */
  | { readonly function: 'ratio'; readonly numerator: string; readonly denominator: string }
);

/** A flag on every row: CEL over `row`. */
export type ViewTag = { readonly name: string; readonly when: string };

/** A view as a ruleset declares it. */
export type ViewSpec = {
  readonly name: string;
  readonly description: string;
  /** `table` where only the rows of one table are read, with its columns. */
  readonly from: { readonly stream: EventStream; readonly table?: string } | { readonly view: string };
  readonly groupBy: readonly string[];
  /** Null for a view that shows the rows of another view, filtered and tagged. */
  readonly window: WindowSpec | null;
  /** CEL over `event`; null where every event counts. */
  readonly where: string | null;
  readonly aggregates: readonly ViewAggregate[];
  /** CEL over `row`; null where every row is shown. */
  readonly having: string | null;
  readonly tags: readonly ViewTag[];
  readonly emit: Emission;
  readonly time: EventTimeSpec;
  /** How long after its window has ended, by the watermark, a row is kept; ms. */
  readonly retainMs: number;
};

/** What a view's rows set off: a rule with `on: view.<name>`. */
export type ViewRule = {
  readonly id: string;
  readonly view: string;
  /** CEL over `row`; null where every row raises the alert. */
  readonly when: string | null;
  /** 0 to 100. */
  readonly score: number;
  readonly reason: string;
  readonly state: 'active' | 'shadow' | 'off';
  readonly description: string;
  readonly respond: readonly string[];
};

/** Aggregates that rows can be taken out of again; the others need a view whose rows never change. */
export const RETRACTABLE: ReadonlySet<ViewAggregate['function']> = new Set([
  'count',
  'sum',
  'mean',
  'stddev',
  'variance',
  'distinct',
  'quantile',
  'rate',
  'ratio',
]);
