import type { Position } from '../domain/entities.ts';

export type StoreValue = string | number | null;

/** One row of a table, by column. Columns that are not given are null. */
export type StoreRow = Readonly<Record<string, StoreValue>>;

/** How a column takes a value in: added up, the lower or the higher one, or the newest that is not null. */
export type ColumnFold = 'sum' | 'min' | 'max' | 'last';

export type ColumnSpec = {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'real';
  /** Given for every column beside the key, and what stands for it, where rows are folded. */
  readonly fold?: ColumnFold;
};

/** A table of a projection. Names are lower case letters, digits and `_`. */
export type TableSpec = {
  readonly name: string;
  readonly columns: readonly ColumnSpec[];
  /** Columns that tell one row from another. */
  readonly key: readonly string[];
  /** What tells one row from another where the key is a number: the rows are then numbered as they come, from 1. */
  readonly numbered?: readonly string[];
  /** Columns that rows are looked up or ordered by, beside the key. */
  readonly indexes: readonly (readonly string[])[];
  /**
   * Columns that lists are ordered by and bounded in, kept once more by the key, one integer column: rows are sorted
   * without being read.
   */
  readonly orders?: readonly string[];
  /** Text columns whose words can be looked up. The key is then one integer column. */
  readonly words?: readonly string[];
  /** SELECT that is read in place of the table in SQL; a name in braces stands for a table of the projection. */
  readonly shownAs?: string;
};

export type Comparison = '=' | '<' | '<=' | '>' | '>=';

/** Rows that meet all conditions, in an order (the key decides between equal ones), at most so many. */
export type StoreQuery = {
  readonly where: readonly { readonly column: string; readonly comparison: Comparison; readonly value: StoreValue }[];
  readonly orderBy: readonly { readonly column: string; readonly descending: boolean }[];
  readonly limit: number;
};

/** The tables of one generation of a projection. Null compares equal to null, and is never more or less. */
export interface StoreTables {
  get(table: string, key: readonly StoreValue[]): StoreRow | null;
  /** Replaces the row with the same key. Inside a transaction only. */
  put(table: string, row: StoreRow): void;
  /** Adds a row whose key no row has, which costs less than to replace one. Inside a transaction only. */
  add(table: string, row: StoreRow): void;
  /**
   * Adds the row, or folds it into the one that there is, column by column; a column that is summed, or of which the
   * lower or higher value counts, has one. Answers the number of the row in a table that numbers its rows, or else 0.
   * Inside a transaction only.
   */
  fold(table: string, row: StoreRow): number;
  /** Inside a transaction only. */
  remove(table: string, key: readonly StoreValue[]): void;
  /** Removes every row that meets the conditions and answers how many. Inside a transaction only. */
  removeWhere(table: string, where: StoreQuery['where']): number;
  select(table: string, query: StoreQuery): readonly StoreRow[];
  count(table: string, where: StoreQuery['where']): number;
}

/** `live` is what readers see; `building` follows the log until it may take its place. */
export type GenerationState = 'live' | 'building';

/** One build of one version of a projection, and how far in the log it is. */
export type Generation = {
  readonly id: number;
  readonly projection: string;
  readonly version: string;
  readonly state: GenerationState;
  readonly checkpoint: Position;
};

/** A fact that a projection asks for, kept with the checkpoint until the log has it. */
export type OutboxEntry = {
  readonly sequence: number;
  readonly recordId: string;
  readonly stream: string;
  readonly type: string;
  readonly body: string;
};

/**
 * Tables that projections write and readers read. Synchronous: it lives on the projections' own thread. One transaction
 * carries rows, checkpoints and the outbox, so that a crash leaves all of them or none. Errors: READ_STORE_FAILED.
 */
export interface ReadStore {
  generations(): readonly Generation[];
  tables(generation: number): StoreTables;
  setting(name: string): string | null;
  /** The first entries of the outbox, oldest first. */
  outbox(maxCount: number): readonly OutboxEntry[];
  outboxCount(): number;
  /** Runs the work and commits; where it throws, nothing has happened. */
  transaction<Result>(work: (writer: ReadStoreWriter) => Result): Result;
  close(): void;
}

/** What changes the store; valid while its transaction runs. */
export interface ReadStoreWriter {
  /** Makes empty tables for a version of a projection, at checkpoint 0; answers the id of the generation. */
  createGeneration(projection: string, version: string, state: GenerationState, tables: readonly TableSpec[]): number;
  dropGeneration(generation: number): void;
  setCheckpoint(generation: number, position: Position): void;
  setState(generation: number, state: GenerationState): void;
  setSetting(name: string, value: string): void;
  /** Keeps a fact for the log; one with a record id that waits already is kept once. */
  addToOutbox(entry: Omit<OutboxEntry, 'sequence'>): void;
  removeFromOutbox(sequences: readonly number[]): void;
}
