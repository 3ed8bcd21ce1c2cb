import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { PalisadeError } from '../../domain/errors.ts';
import type { StoreQuery, StoreRow, StoreTables, StoreValue, TableSpec } from '../../ports/read-store.ts';
import { numberIn, type Row } from './row.ts';

/** Name of a projection's table in the file. */
export function nameOfTable(generation: number, table: string): string {
  return `g${generation}_${table}`;
}

/** Statements of one table that every write needs, and those of the queries asked so far, by their text. */
type Prepared = {
  readonly spec: TableSpec;
  readonly get: StatementSync;
  readonly put: StatementSync;
  readonly remove: StatementSync;
  readonly byText: Map<string, StatementSync>;
};

/** The tables of one generation in SQLite. Statements are prepared once; names come from specs, values are bound. */
export class SqliteTables implements StoreTables {
  readonly #connection: DatabaseSync;
  readonly #generation: number;
  readonly #prepared = new Map<string, Prepared>();
  readonly #specs: ReadonlyMap<string, TableSpec>;
  readonly #faultOf: (error: unknown) => PalisadeError;

  constructor(
    connection: DatabaseSync,
    generation: number,
    specs: readonly TableSpec[],
    faultOf: (error: unknown) => PalisadeError,
  ) {
    this.#connection = connection;
    this.#generation = generation;
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    this.#faultOf = faultOf;
  }

  get(table: string, key: readonly StoreValue[]): StoreRow | null {
    return this.#guarded(() => {
      const row = this.#of(table).get.get(...key);
      return row === undefined ? null : rowOf(row);
    });
  }

  put(table: string, row: StoreRow): void {
    this.#guarded(() => {
      const { spec, put } = this.#of(table);
      const values: StoreValue[] = [];
      for (const { name } of spec.columns) values.push(row[name] ?? null);
      put.run(...values);
    });
  }

  remove(table: string, key: readonly StoreValue[]): void {
    this.#guarded(() => this.#of(table).remove.run(...key));
  }

  removeWhere(table: string, where: StoreQuery['where']): number {
    const text = `DELETE FROM ${nameOfTable(this.#generation, table)}${whereText(where)}`;
    return this.#guarded(() => Number(this.#statement(table, text).run(...where.map(({ value }) => value)).changes));
  }

  select(table: string, { where, orderBy, limit }: StoreQuery): readonly StoreRow[] {
    return this.#guarded(() => {
      const { spec } = this.#of(table);
      const order = [...orderBy, ...spec.key.map((column) => ({ column, descending: false }))]
        .map(({ column, descending }) => `"${column}"${descending ? ' DESC' : ''}`)
        .join(', ');
      const name = nameOfTable(this.#generation, table);
      const text = `SELECT * FROM ${name}${whereText(where)} ORDER BY ${order} LIMIT ?`;
      return this.#statement(table, text)
        .all(...where.map(({ value }) => value), limit)
        .map(rowOf);
    });
  }

  count(table: string, where: StoreQuery['where']): number {
    const text = `SELECT count(*) AS count FROM ${nameOfTable(this.#generation, table)}${whereText(where)}`;
    return this.#guarded(() => {
      const row = this.#statement(table, text).get(...where.map(({ value }) => value));
      return row === undefined ? 0 : numberIn(row, 'count');
    });
  }

  #guarded<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw error instanceof PalisadeError ? error : this.#faultOf(error);
    }
  }

  #statement(table: string, text: string): StatementSync {
    const { byText } = this.#of(table);
    const known = byText.get(text);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(text);
    byText.set(text, statement);
    return statement;
  }

  #of(table: string): Prepared {
    const known = this.#prepared.get(table);
    if (known !== undefined) return known;
    const spec = this.#specs.get(table);
    if (spec === undefined) throw new Error(`no such table: ${table} of generation ${this.#generation}`);
    const name = nameOfTable(this.#generation, table);
    const byKey = spec.key.map((column) => `"${column}" IS ?`).join(' AND ');
    const columns = spec.columns.map((column) => `"${column.name}"`).join(', ');
    const prepared: Prepared = {
      spec,
      get: this.#connection.prepare(`SELECT * FROM ${name} WHERE ${byKey}`),
      put: this.#connection.prepare(
        `INSERT OR REPLACE INTO ${name}(${columns}) VALUES (${spec.columns.map(() => '?').join(', ')})`,
      ),
      remove: this.#connection.prepare(`DELETE FROM ${name} WHERE ${byKey}`),
      byText: new Map(),
    };
    this.#prepared.set(table, prepared);
    return prepared;
  }
}

function whereText(where: StoreQuery['where']): string {
  if (where.length === 0) return '';
  const parts = where.map(({ column, comparison }) => `"${column}" ${comparison === '=' ? 'IS' : comparison} ?`);
  return ` WHERE ${parts.join(' AND ')}`;
}

function rowOf(row: Row): StoreRow {
  const values: Record<string, StoreValue> = {};
  for (const [name, value] of Object.entries(row)) {
    values[name] = typeof value === 'number' || typeof value === 'string' ? value : null;
  }
  return values;
}
