import type { Position } from '../domain/entities.ts';

/** What a query came to. `isTruncated`: there were more rows than asked for, or more bytes than an answer may have. */
export type SqlAnswer = {
  readonly position: Position;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  readonly isTruncated: boolean;
};

/** A table that queries may read. */
export type SqlTable = { readonly name: string; readonly columns: readonly string[] };

/**
 * Queries of analysts in SQL, over the views and nothing else. Rejects with QUERY_REFUSED where a query is not
 * understood or reads or does what it may not, and QUERY_LIMIT where it takes too much time or memory.
 */
export interface SqlQueries {
  /** `gone` ends it where nobody waits for its answer any more. */
  query(sql: string, rowsMax: number, gone?: AbortSignal): Promise<SqlAnswer>;
  tables(): Promise<readonly SqlTable[]>;
}
