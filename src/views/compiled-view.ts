import type { Row, RowSchema, RowValue, ViewAggregate, ViewSpec } from '../domain/views.ts';
import {
  absentValue,
  inputSchema,
  outputSchema,
  type RowCondition,
  RowLanguage,
  type RowTables,
  untaggedSchema,
  type ViewSources,
} from '../rules/mod.ts';
import { addsUp, decimalsOfInput } from './decimal-columns.ts';

export type { Row } from '../domain/views.ts';

/** An aggregate ready to take events: which of them, and what of each. */
export type CompiledAggregate = {
  readonly spec: ViewAggregate;
  readonly where: RowCondition | null;
  readonly read: (event: Row) => RowValue;
  /** What `read` multiplies by, so that decimals are added as whole numbers; 1 where it does not. */
  readonly scale: number;
  /** What it is worth where there is nothing to say. */
  readonly absent: RowValue;
};

/** A view ready to take events of its source. Holds no state but the count of conditions that failed. */
export type CompiledView = {
  readonly spec: ViewSpec;
  readonly input: RowSchema;
  /** Columns of the rows in their order, with the tags. */
  readonly output: RowSchema;
  readonly where: RowCondition | null;
  readonly aggregates: readonly CompiledAggregate[];
  readonly having: RowCondition | null;
  readonly tags: readonly { readonly name: string; readonly when: RowCondition }[];
  /** Conditions that could not be evaluated, since the view was compiled. */
  readonly failures: { count: number };
};

/**
 * Compiles a view that `parseRuleset` accepted; `sources` are all of its ruleset, `tables` what its conditions read. An
 * event for which a condition cannot be evaluated does not count. `amountDecimals` are those of the base currency.
 */
export function compileView(
  spec: ViewSpec,
  sources: ViewSources,
  tables: RowTables,
  amountDecimals: number,
): CompiledView {
  const input = inputSchema(spec, sources) ?? {};
  const output = outputSchema(spec, sources) ?? {};
  const failures = { count: 0 };
  const fail = (): void => {
    failures.count += 1;
  };
  const events = new RowLanguage('event', input, sources.tables);
  const rows = new RowLanguage('row', untaggedSchema(spec, sources) ?? {}, sources.tables);
  const ofEvent = (text: string): RowCondition => events.compile(text, tables, fail);
  const ofRow = (text: string): RowCondition => rows.compile(text, tables, fail);
  return {
    spec,
    input,
    output,
    where: spec.where === null ? null : ofEvent(spec.where),
    aggregates: spec.aggregates.map((aggregate) => {
      const decimals =
        addsUp(aggregate) && 'field' in aggregate && aggregate.field !== null
          ? decimalsOfInput(spec, aggregate.field, sources, amountDecimals)
          : null;
      return compileAggregate(aggregate, ofEvent, input, output, 10 ** (decimals ?? 0));
    }),
    having: spec.having === null ? null : ofRow(spec.having),
    tags: spec.tags.map(({ name, when }) => ({ name, when: ofRow(when) })),
    failures,
  };
}

function compileAggregate(
  spec: ViewAggregate,
  compile: (text: string) => RowCondition,
  input: RowSchema,
  output: RowSchema,
  scale: number,
): CompiledAggregate {
  const where = spec.where === null ? null : compile(spec.where);
  const absent = absentValue(output[spec.name] ?? 'number');
  const field = 'field' in spec ? spec.field : null;
  if (field === null) return { spec, where, read: () => 0, scale, absent };
  const missing = absentValue(input[field] ?? 'number');
  const plain = (event: Row): RowValue => event[field] ?? missing;
  const scaled = (event: Row): RowValue => {
    const value = plain(event);
    return typeof value === 'number' ? Math.round(value * scale) : value;
  };
  return { spec, where, read: scale === 1 ? plain : scaled, scale, absent };
}
