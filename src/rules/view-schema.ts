import { assertNever } from '../domain/assert-never.ts';
import type { TableSpec } from '../domain/tables.ts';
import type { ColumnType, RowSchema, ViewAggregate, ViewSpec } from '../domain/views.ts';
import { streamSchema, tableSchema } from './stream-columns.ts';

/** What the views of a ruleset may read beside streams: each other, and its tables. */
export type ViewSources = { readonly views: ReadonlyMap<string, ViewSpec>; readonly tables: readonly TableSpec[] };

/** Every expression of a view over `event`, as a ruleset writes it. */
export function eventExpressions(spec: ViewSpec): readonly string[] {
  const fields = spec.aggregates.map((aggregate) => ('field' in aggregate ? `event.${aggregate.field}` : ''));
  const filters = spec.aggregates.map(({ where }) => where ?? '');
  const groups = spec.groupBy.map((column) => `event.${column}`);
  return [spec.where ?? '', ...fields, ...filters, ...groups];
}

/** What `event` has in the conditions of a view; null where it reads a view or a table that is not there. */
export function inputSchema(spec: ViewSpec, sources: ViewSources): RowSchema | null {
  const { from } = spec;
  if ('view' in from) {
    const source = sources.views.get(from.view);
    return source === undefined ? null : outputSchema(source, sources);
  }
  if (from.table === undefined) return streamSchema(from.stream, eventExpressions(spec));
  const table = sources.tables.find(({ name }) => name === from.table);
  return table === undefined ? null : tableSchema(table);
}

const TABLE_READ = /\btable\s*\.\s*([a-z][a-z0-9_]*)/g;

/** The tables that the conditions of a view read, in their order. */
export function tablesOfView({ where, having, tags, aggregates }: ViewSpec, tables: readonly TableSpec[]): TableSpec[] {
  const conditions = [where, having, ...tags.map(({ when }) => when), ...aggregates.map((one) => one.where)];
  const names = new Set(
    conditions.flatMap((condition) => [...(condition ?? '').matchAll(TABLE_READ)].map(([, name]) => name)),
  );
  return tables.filter(({ name }) => names.has(name));
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
export function untaggedSchema(spec: ViewSpec, sources: ViewSources): RowSchema | null {
  const input = inputSchema(spec, sources);
  if (input === null) return null;
  if (spec.window === null) return input;
  return {
    ...Object.fromEntries(spec.groupBy.map((column) => [column, input[column] ?? 'text'])),
    ...(spec.window.kind === 'unbounded' ? {} : { window_start: 'number', window_end: 'number' }),
    ...Object.fromEntries(spec.aggregates.map((aggregate) => [aggregate.name, typeOf(aggregate, input)])),
  };
}

/** Columns of a view's rows in their order; null where it reads a view that is not there. */
export function outputSchema(spec: ViewSpec, sources: ViewSources): RowSchema | null {
  const untagged = untaggedSchema(spec, sources);
  if (untagged === null) return null;
  return { ...untagged, ...Object.fromEntries(spec.tags.map(({ name }) => [name, 'flag' as const])) };
}

/** The views by name. */
export function viewsByName(specs: readonly ViewSpec[]): ReadonlyMap<string, ViewSpec> {
  return new Map(specs.map((spec) => [spec.name, spec]));
}
