import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { PalisadeError } from '../../domain/errors.ts';
import type { StoreQuery, StoreRow, StoreTables, StoreValue, TableSpec } from '../../ports/read-store.ts';
import { nameOfTable } from './read-store-names.ts';
import { WordWriter } from './read-store-words.ts';
import { numberIn, type Row } from './row.ts';
import { intoText, type RowFold, rowFoldOf, valuesOf } from './row-folds.ts';

/** Statements of one table that every write needs, and those of the queries asked so far, by their text. */
type Prepared = {
  readonly spec: TableSpec;
  /** Columns that rows are given with. */
  readonly names: readonly string[];
  readonly get: StatementSync;
  readonly put: StatementSync;
  readonly add: StatementSync;
  /** Null where no column says how it is folded. */
  readonly fold: RowFold | null;
  readonly remove: StatementSync;
  readonly words: WordWriter | null;
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
    const prepared = this.#of(table);
    prepared.fold?.forget();
    this.#guarded(() => prepared.put.run(...valuesOf(prepared.names, row)));
    prepared.words?.put(row);
  }

  add(table: string, row: StoreRow): void {
    const prepared = this.#of(table);
    this.#guarded(() => prepared.add.run(...valuesOf(prepared.names, row)));
    prepared.words?.add(row);
  }

  fold(table: string, row: StoreRow): number {
    const { fold } = this.#of(table);
    if (fold === null) throw new Error(`no column of the table is folded: ${table}`);
    return this.#guarded(() => fold.fold(row));
  }

  remove(table: string, key: readonly StoreValue[]): void {
    const { remove, words, fold } = this.#of(table);
    fold?.forget();
    this.#guarded(() => remove.run(...key));
    words?.remove(Number(key[0]));
  }

  removeWhere(table: string, where: StoreQuery['where']): number {
    const { spec, words, fold } = this.#of(table);
    fold?.forget();
    const key = spec.key[0] ?? '';
    const text = `DELETE FROM ${nameOfTable(this.#generation, table)}${whereText(where)} RETURNING "${key}" AS key`;
    const removed = this.#guarded(() => this.#statement(table, text).all(...where.map(({ value }) => value)));
    for (const row of words === null ? [] : removed) words?.remove(numberIn(row, 'key'));
    return removed.length;
  }

  /** Writes what is written once for each transaction: the words of the rows that have changed. */
  flush(): void {
    this.#guarded(() => {
      for (const { words } of this.#prepared.values()) words?.flush();
    });
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
    const prepared = prepareTable(this.#connection, this.#generation, spec);
    this.#prepared.set(table, prepared);
    return prepared;
  }
}

function prepareTable(connection: DatabaseSync, generation: number, spec: TableSpec): Prepared {
  const name = nameOfTable(generation, spec.name);
  const byKey = spec.key.map((column) => `"${column}" IS ?`).join(' AND ');
  const all = spec.columns.map((column) => column.name);
  // The store gives the number itself.
  const names = spec.numbered === undefined ? all : all.filter((each) => !spec.key.includes(each));
  const add = connection.prepare(`INSERT ${intoText(name, names)}`);
  return {
    spec,
    names,
    get: connection.prepare(`SELECT * FROM ${name} WHERE ${byKey}`),
    put: connection.prepare(`INSERT OR REPLACE ${intoText(name, names)}`),
    add,
    fold: rowFoldOf(connection, name, spec, { names, add }),
    remove: connection.prepare(`DELETE FROM ${name} WHERE ${byKey}`),
    words: spec.words === undefined ? null : new WordWriter(connection, generation, spec),
    byText: new Map(),
  };
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
