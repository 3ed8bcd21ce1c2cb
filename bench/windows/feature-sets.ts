import type { AggregateSpec, FeatureSpec, WindowSpec } from '../../src/domain/features.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A feature of a card over its transactions. */
export function cardFeature(
  name: string,
  aggregate: AggregateSpec,
  window: WindowSpec,
  outcome: FeatureSpec['outcome'] = 'all',
): FeatureSpec {
  return { by: 'card', name, on: 'transaction', outcome, where: null, window, aggregate };
}

const AGGREGATES: readonly AggregateSpec[] = [
  { function: 'count' },
  { function: 'sum', field: 'amount' },
  { function: 'mean', field: 'amount' },
  { function: 'stddev', field: 'amount' },
  { function: 'max', field: 'amount' },
  { function: 'min', field: 'amount' },
  { function: 'last', field: 'amount' },
  { function: 'zscore', field: 'amount' },
  { function: 'distinct', field: 'merchantId' },
  { function: 'distinct', field: 'country' },
];

const WINDOWS: readonly WindowSpec[] = [
  { kind: 'sliding', sizeMs: HOUR_MS },
  { kind: 'tumbling', sizeMs: 5 * MINUTE_MS },
  { kind: 'hopping', sizeMs: HOUR_MS, everyMs: 5 * MINUTE_MS },
  { kind: 'session', gapMs: 15 * MINUTE_MS },
  { kind: 'sliding', sizeMs: 24 * HOUR_MS },
];

/** So many features as ordinary rules read: every aggregate in a window before the next window begins. */
export function featureSet(count: number): FeatureSpec[] {
  const all = WINDOWS.flatMap((window, place) =>
    AGGREGATES.map((aggregate, index) => cardFeature(`f${place}_${index}`, aggregate, window)),
  );
  return all.slice(0, count);
}

/** What a window is asked in the comparison of two kinds. */
export function comparedFeatures(window: WindowSpec): FeatureSpec[] {
  const compared = AGGREGATES.filter((aggregate) => aggregate.function !== 'zscore');
  return compared.map((aggregate, index) => cardFeature(`f${index}`, aggregate, window));
}

/** One hour that moves on every minute. */
export const HOPPING: WindowSpec = { kind: 'hopping', sizeMs: HOUR_MS, everyMs: MINUTE_MS };
/** One hour that moves on every hour. */
export const TUMBLING: WindowSpec = { kind: 'tumbling', sizeMs: HOUR_MS };
