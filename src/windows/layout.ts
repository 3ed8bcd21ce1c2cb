import type { DistinctField, NumericField } from '../domain/event-view.ts';
import type { EventSource } from '../domain/events.ts';
import type { FeatureOutcome } from '../domain/features.ts';

/** Which events something counts. Selector number n of a plan is bit `1 << n` of an observation's selector bits. */
export type Selector = { readonly on: EventSource; readonly outcome: FeatureOutcome; readonly where: string | null };

/**
 * Slots at the start of every slab. The ring's first and last event have sequence numbers `RING_START` and
 * `RING_END - 1`; sequence number n lives in row `n % RING_CAPACITY`. `LAST_KEPT` is 1 when the event admitted last is
 * in the ring, and not older than every window. `HEADER_SLOTS` is where the plan's own part starts.
 */
export const NOW = 0;
export const EVENTS = 1;
export const RING_OFFSET = 2;
export const RING_CAPACITY = 3;
export const RING_START = 4;
export const RING_END = 5;
export const LAST_AT = 6;
export const LAST_KEPT = 7;
export const LAST_SEQUENCE = 8;
export const LAST_BITS = 9;
export const LAST_LOCATED = 10;
export const LAST_DIRECTION = 11;
export const HOME_STATED = 14;
export const HOME_DIRECTION = 15;
/** Always 0: where a run, which has no panes, is asked for the offset of its panes. */
export const NO_PANES = 18;
/** How many tables have a sample. */
export const SAMPLES = 19;
export const HEADER_SLOTS = 20;

/** Events that a new ring, and values that a new table, has room for. */
export const INITIAL_CAPACITY = 4;

/** A ring row is the event's time, its selector bits and its numbers, one for each numeric field. */
export const ROW_BITS = 1;
export const ROW_NUMBERS = 2;

/**
 * Aggregates of one selector, and one numeric field, in one scope. Slots count from the start of a block; -1 where
 * not kept. `first` and `last` are two slots each, a time and a number. `isRich` tells that any of `min`, `first` and
 * `last` is kept.
 */
export type Group = {
  /** Place among the stale marks of the plan. */
  readonly index: number;
  readonly bit: number;
  readonly column: number;
  readonly count: number;
  readonly sum: number;
  readonly square: number;
  readonly max: number;
  readonly min: number;
  readonly first: number;
  readonly last: number;
  readonly isRich: boolean;
};

/**
 * Where a span of time begins that ends at the largest event time seen. It takes in the times after its boundary, which
 * is kept in a slot: the start of the earliest window, of those that begin at whole multiples of `everyMs`, that still
 * holds the present, less 1 ms. A sliding window is one that begins every millisecond.
 */
export type Horizon = { readonly sizeMs: number; readonly everyMs: number; readonly boundary: number };

/** A list of rows of two slots that grows: a value and a time, or a key and a count. */
export type RowsLayout = { readonly offset: number; readonly capacity: number; readonly size: number };

/**
 * How often each logarithmic bucket of one numeric field occurs under one selector. `rows` are sorted by key, which is
 * the bucket, and in a run the session's tag times `BUCKETS` more. `folded` tells which of it came from events that are
 * not kept one by one: its keys are the pane times `BUCKETS` and the bucket.
 */
export type SpreadLayout = {
  readonly bit: number;
  readonly column: number;
  readonly rows: RowsLayout;
  readonly folded: RowsLayout | null;
  readonly paneMs: number;
};

/** What windows and runs have in common: a block of groups, about the events after the boundary. */
export type Scope = {
  readonly block: number;
  readonly blockLength: number;
  readonly groups: readonly Group[];
  readonly spreads: readonly SpreadLayout[];
  /** Slot that holds where the block of totals of the panes is, or 0. */
  readonly paneOffset: number;
  /** Slot of the boundary. */
  readonly boundary: number;
};

/** One window whose events are in the ring; its groups make up its block, and the block of each pane. */
export type WindowLayout = Scope & {
  readonly sizeMs: number;
  readonly everyMs: number;
  readonly paneMs: number;
  readonly paneCount: number;
  readonly head: number;
  readonly paneOldest: number;
};

/**
 * Sessions of one selector's events, or its whole life, where the gap is Infinity. The slots at `entries` are those of
 * the current session, which is empty while none is open, and of the closed ones, newest first: start, end, tag (0
 * where the entry is empty), block. `boundary` is just before the start of the current session, Infinity while there is
 * none.
 */
export type RunLayout = Scope & {
  readonly gapMs: number;
  readonly bit: number;
  readonly entries: number;
  readonly entryLength: number;
  readonly entryCount: number;
};

/**
 * Values of one field seen under one selector, newest first. `presentBit` tells that the event is of the source and
 * meets the condition, whatever its outcome will be; `bit` that it counts.
 */
export type TableLayout = {
  readonly bit: number;
  readonly presentBit: number;
  /** Slot of the field's value in the last event. */
  readonly value: number;
  readonly field: number;
  /** Slots of the boundaries that values are counted after. */
  readonly boundaries: readonly number[];
  /** The runs among what values are counted in: their boundaries may also move back. */
  readonly runs: readonly RunLayout[];
  /** How long a value is of use for the windows, ms. */
  readonly retentionMs: number;
  /** True when values outlive the windows, for `first_time`. */
  readonly remembers: boolean;
  readonly rows: RowsLayout;
  readonly fresh: number;
  /** Slot of the first of the distinct counts, in the order of `boundaries`. */
  readonly counts: number;
  /** Slot that holds where the sample of the values beyond those in `rows` is, or 0. */
  readonly sample: number;
};

/**
 * Each value that hashes to 0 in `level` bits; `latest` is the latest time of any value, sampled or not. These slots
 * move with the sample: `sampleOf` tells them.
 */
export type SampleLayout = {
  readonly rows: RowsLayout;
  readonly level: number;
  readonly latest: number;
  readonly counts: number;
};

/** Where one selector's events took place. `home` is -1 when no feature asks how far from home. */
export type TrackLayout = {
  readonly bit: number;
  readonly presentBit: number;
  readonly located: number;
  readonly at: number;
  readonly direction: number;
  readonly distance: number;
  readonly speed: number;
  readonly home: number;
  readonly homeSum: number;
};

/** First and latest time of one selector's events. */
export type LifeLayout = {
  readonly bit: number;
  readonly seen: number;
  readonly first: number;
  readonly latest: number;
  readonly idle: number;
};

/** How one feature is read: from a plain slot, from a life, or from a scope. What is read is divided by `divisor`. */
export type Reading =
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'age'; readonly life: LifeLayout }
  | { readonly kind: 'ratio'; readonly numerator: number; readonly denominator: number }
  | {
      readonly kind: 'distinct';
      readonly count: number;
      readonly sample: number;
      readonly table: TableLayout;
      readonly place: number;
    }
  | GroupReading
  | SpreadReading;

/** A feature of a group. `seconds` is the length of the window, 0 for a run. */
export type GroupReading = {
  readonly kind: 'group';
  readonly aggregate: GroupAggregate;
  readonly scope: Scope;
  readonly group: Group;
  readonly presentBit: number;
  readonly seconds: number;
  readonly divisor: number;
};

/** Aggregates that are read from a group. */
export type GroupAggregate =
  | 'count'
  | 'sum'
  | 'mean'
  | 'max'
  | 'min'
  | 'stddev'
  | 'variance'
  | 'first'
  | 'last'
  | 'rate'
  | 'rate_of_change'
  | 'zscore';

/** A feature of a spread. `tag` is the slot of the tag that its keys have, `NO_PANES` where they have none. */
export type SpreadReading = {
  readonly kind: 'quantile' | 'iqr_position';
  readonly scope: Scope;
  readonly spread: SpreadLayout;
  readonly tag: number;
  readonly share: number;
  readonly presentBit: number;
  readonly divisor: number;
};

/** What is compiled from the features of one kind of entity; see `compileWindowPlan`. */
export type WindowPlan = {
  /** Hash text of everything that decides the layout: a snapshot with another schema has to be ignored. */
  readonly schema: string;
  readonly schemaNumber: number;
  readonly featureNames: readonly string[];
  readonly selectors: readonly Selector[];
  readonly distinctFields: readonly DistinctField[];
  readonly numericFields: readonly NumericField[];
  /** Minor units in a major unit: what feature values in minor units are divided by. */
  readonly minorPerMajor: number;
  readonly rowLength: number;
  readonly lastNumbers: number;
  readonly lastValues: number;
  /** Slots before the first section that grows. */
  readonly fixedSlots: number;
  /** Slots of a new state. */
  readonly initialSlots: number;
  /** Slots that hold the offset of a section that grows. */
  readonly sectionSlots: readonly number[];
  /** Sections of rows that exist from the start, and those that come when they are needed, as samples do too. */
  readonly initialRows: readonly RowsLayout[];
  readonly lateRows: readonly RowsLayout[];
  readonly horizons: readonly Horizon[];
  readonly windows: readonly WindowLayout[];
  readonly runs: readonly RunLayout[];
  readonly tables: readonly TableLayout[];
  /** Sizes of the horizons, whose boundaries lie side by side; true where one of them is not of a sliding window. */
  readonly horizonSizes: Float64Array;
  readonly firstBoundary: number;
  readonly hasHops: boolean;
  /** For each count of each table: the slots of the offset of its rows, of the count and of the boundary. */
  readonly countScan: Int32Array;
  readonly tracks: readonly TrackLayout[];
  readonly lives: readonly LifeLayout[];
  readonly readings: readonly Reading[];
  /** True where a reading is made of two others. */
  readonly hasRatios: boolean;
  /** True where a window counts how often each bucket occurs. */
  readonly hasSpreads: boolean;
  /** Scratch, not state: what of a group has just been invalidated, by group index; place 0 tells of any. */
  readonly stale: Uint8Array;
};
