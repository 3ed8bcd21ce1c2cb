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
export const HEADER_SLOTS = 18;

/** A ring row is the event's time, its selector bits and its numbers, one for each numeric field. */
export const ROW_BITS = 1;
export const ROW_NUMBERS = 2;

/**
 * Aggregates of one selector, and one numeric field, in one window. Slots count from the start of a block; -1 where
 * not kept.
 */
export type Group = {
  readonly index: number;
  readonly bit: number;
  readonly column: number;
  readonly count: number;
  readonly sum: number;
  readonly square: number;
  readonly max: number;
};

/** One window size: its place in the slab, and the groups that make up its block (and the block of each pane). */
export type WindowLayout = {
  readonly sizeMs: number;
  readonly paneMs: number;
  readonly head: number;
  readonly paneOffset: number;
  readonly paneOldest: number;
  readonly block: number;
  readonly blockLength: number;
  readonly groups: readonly Group[];
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
  readonly sizesMs: readonly number[];
  readonly retentionMs: number;
  /** True when values outlive the windows, for `first_time`. */
  readonly remembers: boolean;
  readonly offset: number;
  readonly capacity: number;
  readonly size: number;
  readonly fresh: number;
  /** Slot of the first of the distinct counts, in the order of `sizesMs`. */
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

/** How one feature is read: from a plain slot, from a life, or from a group of a window. */
export type Reading =
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'age'; readonly life: LifeLayout }
  | {
      readonly kind: 'count' | 'sum' | 'mean' | 'max' | 'stddev';
      readonly window: WindowLayout;
      readonly group: Group;
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
  /** By rising size; the last one decides how long the ring keeps an event. */
  readonly windows: readonly WindowLayout[];
  readonly tables: readonly TableLayout[];
  readonly tracks: readonly TrackLayout[];
  readonly lives: readonly LifeLayout[];
  readonly readings: readonly Reading[];
  /** Scratch, not state: 1 where the largest number has just left a group (by group index). */
  readonly staleMaxima: Uint8Array;
};
