import type { Revision, StreamName } from './entities.ts';

/** What a column of a table holds. */
export const COLUMN_TYPES = ['number', 'text', 'boolean'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

export type ColumnSpec = { readonly name: string; readonly type: ColumnType };

/** A table of reference data as a ruleset declares it. */
export type TableSpec = {
  readonly name: string;
  readonly description: string;
  /** Ordered by name. */
  readonly columns: readonly ColumnSpec[];
  /** How far back from its newest row a table can be read, ms of event time. */
  readonly keepMs: number;
};

export type ColumnValue = number | string | boolean;

/** Values of one row in the order of the columns; null where the row has none. */
export type RowValues = readonly (ColumnValue | null)[];

/** What a key held from an event time on: a whole row, or null where it was removed. */
export type RowVersion = { readonly atMs: number; readonly revision: Revision; readonly values: RowValues | null };

/** A table as conditions read it. */
export interface TableRows {
  /** Revision of the newest row that counts, -1 before the first. */
  readonly revision: Revision;
  /** The row of a key as of an event time; null where there was none. O(log versions of the key). */
  rowAt(key: string, atMs: number): RowValues | null;
}

/** Stream of the rows of a table: its changelog. */
export function tableStreamOf(name: string): StreamName {
  return `table-${name}`;
}
