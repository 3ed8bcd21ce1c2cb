import { assertNever } from '../domain/assert-never.ts';
import type { ViewAggregate, ViewSpec } from '../domain/views.ts';
import type { ViewSources } from '../rules/mod.ts';

/**
 * How many decimal places every value of a column of a view's events has at most; null where that is not known. Known
 * are amounts of money, which are whole minor units of the base currency with `amountDecimals` places, and what another
 * view has added up or chosen of them.
 */
export function decimalsOfInput(
  { from }: ViewSpec,
  column: string,
  sources: ViewSources,
  amountDecimals: number,
): number | null {
  if (!('view' in from)) {
    const hasAmounts = from.stream === 'transaction' || from.stream === 'decision';
    return hasAmounts && column === 'amount' ? amountDecimals : null;
  }
  const source = sources.views.get(from.view);
  if (source === undefined) return null;
  const aggregate = source.aggregates.find(({ name }) => name === column);
  const read = aggregate === undefined ? column : fieldKept(aggregate);
  return read === null ? null : decimalsOfInput(source, read, sources, amountDecimals);
}

/** The field whose decimal places an aggregate keeps; null where it makes others. */
function fieldKept(aggregate: ViewAggregate): string | null {
  switch (aggregate.function) {
    case 'sum':
    case 'min':
    case 'max':
    case 'first':
    case 'last':
      return aggregate.field;
    case 'count':
    case 'mean':
    case 'stddev':
    case 'variance':
    case 'distinct':
    case 'quantile':
    case 'rate':
    case 'rate_of_change':
    case 'ratio':
      return null;
    default:
      return assertNever(aggregate);
  }
}

/** Whether an aggregate adds or subtracts what it reads, which decimal places have to be whole for. */
export function addsUp({ function: name }: ViewAggregate): boolean {
  return ADDING.has(name);
}

const ADDING: ReadonlySet<ViewAggregate['function']> = new Set([
  'sum',
  'mean',
  'stddev',
  'variance',
  'rate',
  'rate_of_change',
]);
