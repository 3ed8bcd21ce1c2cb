import { assertNever } from '../domain/assert-never.ts';
import type { ColumnType, RowSchema, ViewAggregate, ViewSpec } from '../domain/views.ts';
import { streamSchema } from './stream-columns.ts';

/** Every expression of a view over `event`, as a ruleset writes it. */
export function eventExpressions(spec: ViewSpec): readonly string[] {
  const fields = spec.aggregates.map((aggregate) => ('field' in aggregate ? `event.${aggregate.field}` : ''));
  const filters = spec.aggregates.map(({ where }) => where ?? '');
  const groups = spec.groupBy.map((column) => `event.${column}`);
  return [spec.where ?? '', ...fields, ...filters, ...groups];
}

/** What `event` has in the conditions of a view; null where it reads a view that is not there. */
export function inputSchema(spec: ViewSpec, views: ReadonlyMap<string, ViewSpec>): RowSchema | null {
  if ('stream' in spec.from) return streamSchema(spec.from.stream, eventExpressions(spec));
  const source = views.get(spec.from.view);
  return source === undefined ? null : outputSchema(source, views);
}

function typeOf(aggregate: ViewAggregate, input: RowSchema): ColumnType {
  switch (aggregate.function) {
    case 'first':
    case 'last':
      return input[aggregate.field] ?? 'number';
    case 'count':
    case 'sum':
    case 'mean':
    case 'min':
    case 'max':
    case 'stddev':
    case 'variance':
    case 'distinct':
    case 'rate_of_change':
    case 'rate':
    case 'quantile':
    case 'ratio':
      return 'number';
    default:
      return assertNever(aggregate);
  }
}

/** Columns of a view's rows in their order, without its tags: what `row` has in `having` and the tags. */
export function untaggedSchema(spec: ViewSpec, views: ReadonlyMap<string, ViewSpec>): RowSchema | null {
  const input = inputSchema(spec, views);
  if (input === null) return null;
  if (spec.window === null) return input;
  return {
    ...Object.fromEntries(spec.groupBy.map((column) => [column, input[column] ?? 'text'])),
    ...(spec.window.kind === 'unbounded' ? {} : { window_start: 'number', window_end: 'number' }),
    ...Object.fromEntries(spec.aggregates.map((aggregate) => [aggregate.name, typeOf(aggregate, input)])),
  };
}

/** Columns of a view's rows in their order; null where it reads a view that is not there. */
export function outputSchema(spec: ViewSpec, views: ReadonlyMap<string, ViewSpec>): RowSchema | null {
  const untagged = untaggedSchema(spec, views);
  if (untagged === null) return null;
  return { ...untagged, ...Object.fromEntries(spec.tags.map(({ name }) => [name, 'flag' as const])) };
}

/** The views by name. */
export function viewsByName(specs: readonly ViewSpec[]): ReadonlyMap<string, ViewSpec> {
  return new Map(specs.map((spec) => [spec.name, spec]));
}
