import type { ColumnType, RowValues, TableSpec } from '../domain/tables.ts';
import { KNOWN_COLUMN, type TableHolder } from './table-reads.ts';

const CEL_TYPES = { number: 'double', text: 'string', boolean: 'bool' } as const;
const ABSENT = { number: Number.NaN, text: '', boolean: false } as const satisfies Record<ColumnType, unknown>;

/** Fields of the rows of a table, for the type checker. */
export function tableRowFields({ columns }: TableSpec): Readonly<Record<string, 'double' | 'string' | 'bool'>> {
  return {
    ...Object.fromEntries(columns.map(({ name, type }) => [name, CEL_TYPES[type]])),
    [KNOWN_COLUMN]: 'bool',
  };
}

/** A class whose objects are rows of a table, for the CEL library. What a row has not is NaN, '' or false. */
export function defineTableRow({ columns }: TableSpec) {
  return class Row {
    readonly #values: RowValues | null;

    static {
      for (const [index, { name, type }] of columns.entries()) {
        Object.defineProperty(Row.prototype, name, {
          get(this: Row) {
            return this.#values?.[index] ?? ABSENT[type];
          },
        });
      }
    }

    constructor(values: RowValues | null) {
      this.#values = values;
    }

    get known(): boolean {
      return this.#values !== null;
    }
  };
}

/**
 * A table to the CEL library: a map whose look-up reads the row of a key as of the event of a holder. The library
 * knows maps by their constructor, so that it is a Map with a `get` of its own and no subclass.
 */
function tableView(index: number, Row: ReturnType<typeof defineTableRow>, holder: TableHolder): object {
  const rows = new Map<string, InstanceType<typeof Row>>();
  rows.get = (key) => new Row(holder.rowOf(index, key));
  return rows;
}

/** A class whose objects hold every table of a ruleset, each under its name; `rows` are their classes, in order. */
export function defineTablesView(tables: readonly TableSpec[], rows: readonly ReturnType<typeof defineTableRow>[]) {
  return class Tables {
    readonly #tables: readonly object[];

    static {
      for (const [index, { name }] of tables.entries()) {
        Object.defineProperty(Tables.prototype, name, {
          get(this: Tables) {
            return this.#tables[index];
          },
        });
      }
    }

    constructor(holder: TableHolder) {
      this.#tables = rows.map((Row, index) => tableView(index, Row, holder));
    }
  };
}
