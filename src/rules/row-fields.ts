import type { ColumnType, Row, RowSchema, RowValue } from '../domain/views.ts';
import type { Reader, Resolver } from './condition-paths.ts';
import type { ConditionType } from './condition-views.ts';

/** What holds the row that a condition is evaluated for. */
export interface RowHolder {
  readonly row: Row;
}

/** A class of objects that conditions read columns of; an inner one is a member of the row, as in `event.metrics.x`. */
export type RowClass = {
  /** Where conditions find it, as in `event.metrics`. */
  readonly path: string;
  readonly type: string;
  readonly ctor: new (holder: RowHolder) => object;
  /** By name in a condition: the type of a column, or the CEL type of an inner class. */
  readonly columns: Readonly<Record<string, ColumnType | { readonly inner: string }>>;
};

/** A variable whose members are the columns of a row; inner classes come first. */
export type RowDeclaration = { readonly classes: readonly RowClass[] };

const CEL_TYPES: Readonly<Record<ColumnType, ConditionType>> = { number: 'double', text: 'string', flag: 'bool' };

/** CEL types of the members of a row class. */
export function celTypesOf(columns: RowClass['columns']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, type]) => [name, typeof type === 'string' ? CEL_TYPES[type] : type.inner]),
  );
}

/** What a column holds where a row does not have it: NaN, '' or false. */
export function absentValue(type: ColumnType): RowValue {
  if (type === 'number') return Number.NaN;
  return type === 'text' ? '' : false;
}

/** Declares a variable for rows of a schema. A column named `a.b` is the member `b` of the member `a`. */
export function declareRow(variable: string, schema: RowSchema): RowDeclaration {
  const outer: Record<string, ColumnType | { readonly inner: string }> = {};
  const inner = new Map<string, Record<string, ColumnType>>();
  for (const [name, type] of Object.entries(schema)) {
    const [owner = '', member] = name.split('.');
    if (member === undefined) {
      outer[name] = type;
      continue;
    }
    const members = inner.get(owner) ?? {};
    members[member] = type;
    inner.set(owner, members);
    outer[owner] = { inner: `Columns_${owner}` };
  }
  const inners = [...inner].map(([name, columns]) => {
    const ctor = defineRowView(columns, (column) => `${name}.${column}`, new Map());
    return { name, own: { path: `${variable}.${name}`, type: `Columns_${name}`, ctor, columns } };
  });
  const views = new Map(inners.map(({ name, own }) => [name, own.ctor]));
  const ctor = defineRowView(outer, (column) => column, views);
  return { classes: [...inners.map(({ own }) => own), { path: variable, type: 'Row', ctor, columns: outer }] };
}

function defineRowView(
  columns: RowClass['columns'],
  keyOf: (column: string) => string,
  views: ReadonlyMap<string, new (holder: RowHolder) => object>,
): new (
  holder: RowHolder,
) => object {
  class RowFields {
    readonly holder: RowHolder;

    constructor(holder: RowHolder) {
      this.holder = holder;
      for (const [name, View] of views) Object.defineProperty(this, name, { value: new View(holder) });
    }
  }
  for (const [name, type] of Object.entries(columns)) {
    if (typeof type !== 'string') continue;
    const key = keyOf(name);
    const absent = absentValue(type);
    Object.defineProperty(RowFields.prototype, name, {
      get(this: RowFields) {
        return this.holder.row[key] ?? absent;
      },
    });
  }
  return RowFields;
}

/** Resolves the names of a row's columns, for what can be tested without the CEL evaluator. */
export function rowResolver<Holder extends RowHolder>(variable: string, schema: RowSchema): Resolver<Holder> {
  return (path): Reader<Holder> | null => {
    const [owner, ...rest] = path;
    const column = rest.join('.');
    if (owner !== variable || !Object.hasOwn(schema, column)) return null;
    switch (schema[column]) {
      case 'number':
        return { type: 'number', read: ({ row }) => numberIn(row, column) };
      case 'text':
        return { type: 'text', read: ({ row }) => textIn(row, column) };
      default:
        return { type: 'flag', read: ({ row }) => row[column] === true };
    }
  };
}

function numberIn(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : Number.NaN;
}

function textIn(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}
