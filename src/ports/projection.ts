import type { Fact } from '../domain/records.ts';
import type { StoredRecord } from './event-log.ts';
import type { StoreTables, TableSpec } from './read-store.ts';

/** A record of the log as a projection sees it: its fact is decoded once for all of them, when it is asked for. */
export type ProjectedRecord = StoredRecord & { readonly fact: Fact };

/** What a projection may do while it takes a record in. */
export type ProjectionTransaction = {
  readonly tables: StoreTables;
  /** Has a fact appended to the log once the transaction is durable, once for each record id whatever happens. */
  append(recordId: string, stream: string, fact: Fact): void;
};

/** A projection at work on one generation. It may keep state in memory: it is made anew after every failure. */
export type ProjectionSession = {
  /** Takes one record in. Records come in the order of the log, each once. */
  project(record: ProjectedRecord, transaction: ProjectionTransaction): void;
  /** Writes what is still in memory; called before every commit. */
  flush?(transaction: ProjectionTransaction): void;
};

/**
 * Tables made from the log. The rows depend on nothing but the records and the version: a rebuild gives the same rows.
 * `version` has to change whenever the meaning of the rows does.
 */
export type Projection = {
  readonly name: string;
  readonly version: string;
  readonly tables: readonly TableSpec[];
  /** Begins, or goes on with what is in the tables. Inside a transaction. */
  open(tables: StoreTables): ProjectionSession;
};
