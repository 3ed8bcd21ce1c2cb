import type { ActorKind } from './entities.ts';
import type { DistinctField, NumericField } from './event-view.ts';
import type { EventSource } from './events.ts';

/** Which attempts a feature counts: all of them, or those that were answered with approve, or with decline. */
export const FEATURE_OUTCOMES = ['all', 'approved', 'declined'] as const;
export type FeatureOutcome = (typeof FEATURE_OUTCOMES)[number];

/** Names of the kinds of window, as a ruleset writes them. */
export const WINDOW_KINDS = ['sliding', 'tumbling', 'hopping', 'session', 'unbounded'] as const;
export type WindowKind = (typeof WINDOW_KINDS)[number];

/**
 * A window over event time. T is the largest event time that the entity has seen; times are integer ms since 1970 UTC.
 * Every kind ends at T, so that no window is ever read that still waits for its end.
 */
export type WindowSpec =
  /** (T - sizeMs, T]. */
  | { readonly kind: 'sliding'; readonly sizeMs: number }
  /** [k * sizeMs, (k + 1) * sizeMs), the one that T is in. */
  | { readonly kind: 'tumbling'; readonly sizeMs: number }
  /**
   * [k * everyMs, k * everyMs + sizeMs). Several of them hold T; the one with the earliest start is read, as it has
   * seen the most: what holds of any of them from here on has held of it first.
   */
  | { readonly kind: 'hopping'; readonly sizeMs: number; readonly everyMs: number }
  /**
   * The latest run of selected events none of which is more than gapMs after the one before it. A run that ended more
   * than gapMs before T is closed, and nothing is read until the next begins.
   */
  | { readonly kind: 'session'; readonly gapMs: number }
  /** The entity's whole life. */
  | { readonly kind: 'unbounded' };

/**
 * What is computed. Windowed aggregates need a window; the geographic ones, and those about the entity's life,
 * need none, and a ratio has the windows of its two features.
 */
export type AggregateSpec =
  | { readonly function: 'count' }
  | { readonly function: 'sum' | 'mean' | 'min' | 'max'; readonly field: NumericField }
  /** Of the window as a whole population, divided by n. */
  | { readonly function: 'stddev' | 'variance'; readonly field: NumericField }
  /** Of the earliest, and of the latest, event in the window. */
  | { readonly function: 'first' | 'last'; readonly field: NumericField }
  /** (last - first) / seconds between them: how fast the value itself rises or falls. */
  | { readonly function: 'rate_of_change'; readonly field: NumericField }
  /** Events a second, or the sum of a field a second. */
  | { readonly function: 'rate'; readonly field: NumericField | null }
  /** Value below which a share (above 0, below 1) of the window lies, within a relative error of 1 %. */
  | { readonly function: 'quantile'; readonly field: NumericField; readonly share: number }
  /** How many standard deviations the current event is above the mean of the others in the window. */
  | { readonly function: 'zscore'; readonly field: NumericField }
  /** How many interquartile ranges the current event is outside the quartiles of the others in the window. */
  | { readonly function: 'iqr_position'; readonly field: NumericField }
  | { readonly function: 'distinct'; readonly field: DistinctField }
  /** Of two other features of the same entity, by their names without the kind; 0 where the second is 0. */
  | { readonly function: 'ratio'; readonly numerator: string; readonly denominator: string }
  /** Kilometres, and km/h, from the last located event to this one; 0 where either is not located. */
  | { readonly function: 'distance_km' | 'speed_kmh' }
  /** Kilometres from the stated home, or else from the mean of the located events; 0 before there is one. */
  | { readonly function: 'home_distance_km' }
  /** 1 when the event's value of the field was never seen before by this entity (and others were), else 0. */
  | { readonly function: 'first_time'; readonly field: DistinctField }
  /** Seconds since the first, and since the previous, event of the selected source. */
  | { readonly function: 'age_s' | 'idle_s' };

/** A declared feature of one kind of entity. `name` is what follows the dot: `card.count_1h` has name `count_1h`. */
export type FeatureSpec = {
  readonly by: ActorKind;
  readonly name: string;
  readonly on: EventSource;
  readonly outcome: FeatureOutcome;
  /** CEL over `event`; null when every event of the source counts. */
  readonly where: string | null;
  readonly window: WindowSpec | null;
  readonly aggregate: AggregateSpec;
};
