import type { EntityKind } from './entities.ts';
import type { DistinctField, NumericField } from './event-view.ts';
import type { EventSource } from './events.ts';

/** Which attempts a feature counts: all of them, or those that were answered with approve, or with decline. */
export const FEATURE_OUTCOMES = ['all', 'approved', 'declined'] as const;
export type FeatureOutcome = (typeof FEATURE_OUTCOMES)[number];

/** A window over event time: (T - sizeMs, T], T being the largest event time that the actor has seen. */
export type WindowSpec = { readonly kind: 'sliding'; readonly sizeMs: number };

/**
 * What is computed. Windowed aggregates need a window; the geographic ones, and those about the entity's life,
 * need none.
 */
export type AggregateSpec =
  | { readonly function: 'count' }
  | { readonly function: 'sum' | 'mean' | 'max' | 'stddev'; readonly field: NumericField }
  | { readonly function: 'distinct'; readonly field: DistinctField }
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
  readonly by: EntityKind;
  readonly name: string;
  readonly on: EventSource;
  readonly outcome: FeatureOutcome;
  /** CEL over `event`; null when every event of the source counts. */
  readonly where: string | null;
  readonly window: WindowSpec | null;
  readonly aggregate: AggregateSpec;
};
