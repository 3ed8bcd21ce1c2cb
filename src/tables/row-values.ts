import type { FieldProblem } from '../domain/errors.ts';
import type { ColumnSpec, ColumnType, ColumnValue, RowValues, TableSpec } from '../domain/tables.ts';

function fits(value: ColumnValue, type: ColumnType): boolean {
  return type === 'text' ? typeof value === 'string' : typeof value === type;
}

/** Whether the table of a declaration holds the same rows in the same way. */
export function sameShape(left: TableSpec, right: TableSpec): boolean {
  const shapeOf = ({ columns, keepMs }: TableSpec) => JSON.stringify([keepMs, columns.map((c) => [c.name, c.type])]);
  return shapeOf(left) === shapeOf(right);
}

/** What is wrong with the columns of a row that is to be recorded: unknown ones, and values of another type. */
export function columnProblems(spec: TableSpec, columns: Readonly<Record<string, ColumnValue>>): FieldProblem[] {
  return Object.entries(columns).flatMap(([name, value]): FieldProblem[] => {
    const column = spec.columns.find((candidate) => candidate.name === name);
    const field = `columns.${name}`;
    if (column === undefined) return [{ field, message: `is no column of ${spec.name}` }];
    return fits(value, column.type) ? [] : [{ field, message: `must be a ${column.type}, not a ${nameOf(value)}` }];
  });
}

function nameOf(value: ColumnValue): ColumnType {
  return typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean';
}

/**
 * Values of a recorded row in the order of the declared columns. What was recorded under another declaration and does
 * not fit this one reads as absent.
 */
export function rowValues(spec: TableSpec, columns: Readonly<Record<string, ColumnValue>>): RowValues {
  return spec.columns.map(({ name, type }: ColumnSpec) => {
    const value = Object.hasOwn(columns, name) ? columns[name] : undefined;
    return value !== undefined && fits(value, type) ? value : null;
  });
}

/** The columns of a row by name; those that it has not are left out. */
export function columnsOf(spec: TableSpec, values: RowValues): Record<string, ColumnValue> {
  const columns: Record<string, ColumnValue> = {};
  for (const [index, { name }] of spec.columns.entries()) {
    const value = values[index] ?? null;
    if (value !== null) columns[name] = value;
  }
  return columns;
}
