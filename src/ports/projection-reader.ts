import type { Position } from '../domain/entities.ts';
import type { StoreRow, StoreValue } from './read-store.ts';

/**
 * The tables of one projection as its queries read them: SQL over one commit. The names of tables come from here, and
 * values are bound, so that no text of a caller is ever a part of a statement.
 */
export interface ProjectionReader {
  /** Every record up to here is in the tables. */
  readonly position: Position;
  /** Name of a table in the store. */
  table(name: string): string;
  /** Name of the index of words of a table: rows `rowid` that `MATCH` a query. */
  words(name: string): string;
  /** Name of what tells which words the index of a table has: rows with a `term` each, in order. */
  vocabulary(name: string): string;
  /** Name of the index that has, by the key, the columns that lists of a table are ordered by. */
  orders(name: string): string;
  all(sql: string, values: readonly StoreValue[]): readonly StoreRow[];
}
