import { assertNever } from '../domain/assert-never.ts';
import type { RowValue, ViewAggregate } from '../domain/views.ts';
import {
  type Accumulator,
  CountAccumulator,
  DistinctAccumulator,
  EdgeAccumulator,
  type EncodedAccumulator,
  ExtremeAccumulator,
  QuantileAccumulator,
  SumAccumulator,
} from './accumulator.ts';
import { ExactSum } from './exact-sum.ts';
import { QuantileSketch } from './quantile-sketch.ts';

/** An empty accumulator for an aggregate; null for a ratio, which keeps nothing of its own. */
export function createAccumulator(aggregate: ViewAggregate): Accumulator | null {
  switch (aggregate.function) {
    case 'count':
      return new CountAccumulator();
    case 'rate':
      return aggregate.field === null ? new CountAccumulator() : new SumAccumulator(false);
    case 'sum':
    case 'mean':
      return new SumAccumulator(false);
    case 'stddev':
    case 'variance':
      return new SumAccumulator(true);
    case 'min':
      return new ExtremeAccumulator((one, other) => one < other);
    case 'max':
      return new ExtremeAccumulator((one, other) => one > other);
    case 'distinct':
      return new DistinctAccumulator();
    case 'quantile':
      return new QuantileAccumulator(new QuantileSketch());
    case 'first':
    case 'last':
    case 'rate_of_change':
      return new EdgeAccumulator();
    case 'ratio':
      return null;
    default:
      return assertNever(aggregate);
  }
}

/** The accumulator that `encode` wrote for the same aggregate. */
export function decodeAccumulator(aggregate: ViewAggregate, encoded: EncodedAccumulator): Accumulator | null {
  const accumulator = createAccumulator(aggregate);
  if (accumulator instanceof CountAccumulator) accumulator.count = encoded.count ?? 0;
  else if (accumulator instanceof SumAccumulator) {
    accumulator.count = encoded.count ?? 0;
    accumulator.sum.merge(ExactSum.decode(encoded.sum ?? []));
    accumulator.squares?.merge(ExactSum.decode(encoded.squares ?? []));
  } else if (accumulator instanceof ExtremeAccumulator) accumulator.best = encoded.best ?? null;
  else if (accumulator instanceof DistinctAccumulator) {
    return DistinctAccumulator.decode(encoded.distinct ?? { values: [] });
  } else if (accumulator instanceof QuantileAccumulator) {
    const quantiles = encoded.quantiles ?? { positive: [], negative: [], zeros: 0 };
    return new QuantileAccumulator(QuantileSketch.decode(quantiles));
  } else if (accumulator instanceof EdgeAccumulator) {
    accumulator.first = encoded.first ?? null;
    accumulator.last = encoded.last ?? null;
  }
  return accumulator;
}

/**
 * What an aggregate is worth over a window of `windowMs`, `scale` being what the numbers were multiplied by. A ratio is
 * put together by `ratioOf`.
 */
export function aggregateValue(
  aggregate: ViewAggregate,
  accumulator: Accumulator | null,
  windowMs: number,
  scale: number,
): RowValue {
  if (accumulator instanceof CountAccumulator) {
    return aggregate.function === 'rate' ? accumulator.count / (windowMs / 1000) : accumulator.count;
  }
  if (accumulator instanceof SumAccumulator) return valueOfSum(aggregate, accumulator, windowMs, scale);
  if (accumulator instanceof ExtremeAccumulator) return accumulator.best ?? Number.NaN;
  if (accumulator instanceof DistinctAccumulator) return accumulator.value;
  if (accumulator instanceof QuantileAccumulator) {
    return accumulator.sketch.quantile(aggregate.function === 'quantile' ? aggregate.share : Number.NaN);
  }
  if (accumulator instanceof EdgeAccumulator) return valueOfEdge(aggregate, accumulator, scale);
  return Number.NaN;
}

function valueOfSum(
  aggregate: ViewAggregate,
  { sum, count, variance }: SumAccumulator,
  windowMs: number,
  scale: number,
): number {
  switch (aggregate.function) {
    case 'sum':
      return sum.value / scale;
    case 'mean':
      return sum.value / (count * scale);
    case 'rate':
      return sum.value / (scale * (windowMs / 1000));
    case 'variance':
      return variance / (scale * scale);
    default:
      return Math.sqrt(variance) / scale;
  }
}

function valueOfEdge(aggregate: ViewAggregate, { first, last }: EdgeAccumulator, scale: number): RowValue {
  if (first === null || last === null) return Number.NaN;
  if (aggregate.function === 'first') return first.value;
  if (aggregate.function === 'last') return last.value;
  const seconds = (last.atMs - first.atMs) / 1000;
  const rise = Number(last.value) - Number(first.value);
  return seconds === 0 ? Number.NaN : rise / (seconds * scale);
}
