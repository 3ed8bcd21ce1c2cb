import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ColumnFold, ColumnSpec, StoreRow, StoreValue, TableSpec } from '../../ports/read-store.ts';
import { numberIn } from './row.ts';

/** Rows that are known without being read, of each table: some 100 bytes each. */
const KNOWN_MAX = 200_000;

/** Takes rows into those that a table has, each column as its specification says. */
export interface RowFold {
  /** Adds the row, or folds it into the one that there is; the number of the row where the table numbers them, or 0. */
  fold(row: StoreRow): number;
  /** Lets go of what is known of rows: they were changed in another way. */
  forget(): void;
}

/** Columns that rows are given with, and the statement that adds one. */
type RowInsert = { readonly names: readonly string[]; readonly add: StatementSync };

/** How a table folds its rows; null where its columns do not say. */
export function rowFoldOf(
  connection: DatabaseSync,
  table: string,
  spec: TableSpec,
  { names, add }: RowInsert,
): RowFold | null {
  const folded = spec.columns.filter(({ fold }) => fold !== undefined);
  if (folded.length === 0) return null;
  if (spec.numbered !== undefined) return new NumberedFold(connection, table, spec, folded, { names, add });
  const hasBoundsOnly = folded.every(({ fold }) => fold === 'min' || fold === 'max');
  const statement = connection.prepare(keyedFoldText(intoText(table, names), spec.key, folded, hasBoundsOnly));
  const keyed = new KeyedFold(names, statement);
  return hasBoundsOnly ? new BoundsFold(keyed, spec.key, folded) : keyed;
}

/** The values of a row in the order of columns. */
export function valuesOf(names: readonly string[], row: StoreRow): StoreValue[] {
  const values: StoreValue[] = [];
  for (const name of names) values.push(row[name] ?? null);
  return values;
}

/** `INTO` a table, with a place for each column. */
export function intoText(table: string, names: readonly string[]): string {
  return `INTO ${table}(${names.map((each) => `"${each}"`).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
}

function foldText(fold: ColumnFold, old: string, given: string): string {
  if (fold === 'sum') return `${old} + ${given}`;
  return fold === 'last' ? `coalesce(${given}, ${old})` : `${fold}(${old}, ${given})`;
}

/**
 * Folds rows of a table that numbers them: finds the number of a row, and changes the row by that, or adds it. Two
 * statements of a kind that needs no journal of its own and gives no rows cost less than one that decides by itself and
 * tells. Columns that a row leaves as they are (0 to add, nothing new) are not named, which halves the cost of most.
 */
class NumberedFold implements RowFold {
  readonly #connection: DatabaseSync;
  readonly #table: string;
  readonly #spec: TableSpec;
  readonly #folded: readonly ColumnSpec[];
  readonly #names: readonly string[];
  readonly #find: StatementSync;
  readonly #add: StatementSync;
  /** Statements by the columns that they change, a bit for each. */
  readonly #updates = new Map<number, StatementSync>();
  readonly #numbers = new Map<string, number>();

  constructor(
    connection: DatabaseSync,
    table: string,
    spec: TableSpec,
    folded: readonly ColumnSpec[],
    { names, add }: RowInsert,
  ) {
    this.#connection = connection;
    this.#table = table;
    this.#spec = spec;
    this.#folded = folded;
    this.#names = names;
    this.#add = add;
    const identity = (spec.numbered ?? []).map((each) => `"${each}" = ?`).join(' AND ');
    this.#find = connection.prepare(`SELECT "${spec.key[0]}" AS number FROM ${table} WHERE ${identity}`);
  }

  fold(row: StoreRow): number {
    const identity = valuesOf(this.#spec.numbered ?? [], row);
    const name = identity.join('\n');
    const known = this.#numbers.get(name);
    if (known !== undefined) {
      this.#change(known, row);
      return known;
    }
    const found = this.#find.get(...identity);
    const number =
      found === undefined
        ? Number(this.#add.run(...valuesOf(this.#names, row)).lastInsertRowid)
        : numberIn(found, 'number');
    forgetOldest(this.#numbers);
    this.#numbers.set(name, number);
    if (found !== undefined) this.#change(number, row);
    return number;
  }

  forget(): void {
    this.#numbers.clear();
  }

  #change(number: number, row: StoreRow): void {
    const values: StoreValue[] = [];
    let mask = 0;
    let bit = 1;
    for (const { name, fold } of this.#folded) {
      const value = row[name] ?? null;
      const isLeftAlone = fold === 'sum' ? value === 0 : fold === 'last' && value === null;
      if (!isLeftAlone) {
        mask += bit;
        values.push(value);
      }
      bit *= 2;
    }
    if (mask === 0) return;
    values.push(number);
    this.#updateOf(mask).run(...values);
  }

  #updateOf(mask: number): StatementSync {
    const known = this.#updates.get(mask);
    if (known !== undefined) return known;
    const changed = this.#folded.filter((_column, index) => Math.floor(mask / 2 ** index) % 2 === 1);
    const by = changed.map(({ name, fold = 'last' }) => `"${name}" = ${foldText(fold, `"${name}"`, '?')}`).join(', ');
    const update = this.#connection.prepare(`UPDATE ${this.#table} SET ${by} WHERE "${this.#spec.key[0]}" = ?`);
    this.#updates.set(mask, update);
    return update;
  }
}

/** Adds a row, or folds it into the one of its key. Where only bounds are folded, a row within them is left alone. */
function keyedFoldText(
  into: string,
  key: readonly string[],
  folded: readonly ColumnSpec[],
  hasBoundsOnly: boolean,
): string {
  const by = folded.map(
    ({ name, fold = 'last' }) => `"${name}" = ${foldText(fold, `"${name}"`, `excluded."${name}"`)}`,
  );
  const outside = folded.map(({ name, fold }) => `excluded."${name}" ${fold === 'min' ? '<' : '>'} "${name}"`);
  const which = hasBoundsOnly ? ` WHERE ${outside.join(' OR ')}` : '';
  const target = key.map((each) => `"${each}"`).join(', ');
  return `INSERT ${into} ON CONFLICT(${target}) DO UPDATE SET ${by.join(', ')}${which}`;
}

/** Folds rows of a table by their key with one statement. */
class KeyedFold implements RowFold {
  readonly #names: readonly string[];
  readonly #statement: StatementSync;

  constructor(names: readonly string[], statement: StatementSync) {
    this.#names = names;
    this.#statement = statement;
  }

  fold(row: StoreRow): number {
    this.#statement.run(...valuesOf(this.#names, row));
    return 0;
  }

  forget(): void {}
}

/** Folds rows of a table that has bounds only: one within those that its row is known to have needs no statement. */
class BoundsFold implements RowFold {
  readonly #keyed: KeyedFold;
  readonly #key: readonly string[];
  readonly #folded: readonly ColumnSpec[];
  /** Bounds that a row of a key has, or wider ones. */
  readonly #known = new Map<string, number[]>();

  constructor(keyed: KeyedFold, key: readonly string[], folded: readonly ColumnSpec[]) {
    this.#keyed = keyed;
    this.#key = key;
    this.#folded = folded;
  }

  fold(row: StoreRow): number {
    const name = valuesOf(this.#key, row).join('\n');
    let bounds = this.#known.get(name);
    if (bounds === undefined) {
      bounds = this.#folded.map(({ fold }) => (fold === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY));
      forgetOldest(this.#known);
      this.#known.set(name, bounds);
    }
    let isWithin = true;
    for (const [index, { name: column, fold }] of this.#folded.entries()) {
      const value = Number(row[column]);
      const bound = bounds[index] ?? Number.NaN;
      if (fold === 'min' ? value >= bound : value <= bound) continue;
      bounds[index] = value;
      isWithin = false;
    }
    return isWithin ? 0 : this.#keyed.fold(row);
  }

  forget(): void {
    this.#known.clear();
  }
}

/** Makes room in a map that is full: drops an eighth of it, what came first. */
function forgetOldest(known: Map<string, unknown>): void {
  if (known.size < KNOWN_MAX) return;
  let left = KNOWN_MAX / 8;
  for (const name of known.keys()) {
    if (left-- <= 0) return;
    known.delete(name);
  }
}
