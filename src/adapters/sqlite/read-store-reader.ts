import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { PalisadeError } from '../../domain/errors.ts';
import type { ProjectionReader } from '../../ports/projection-reader.ts';
import type { Generation, StoreRow, StoreValue } from '../../ports/read-store.ts';
import { BUSY_MS } from './busy-time.ts';
import { generationsIn } from './read-store-generations.ts';
import { nameOfOrders, nameOfTable, nameOfVocabulary, nameOfWords } from './read-store-names.ts';
import { numberIn, type Row, textIn } from './row.ts';

/** Texts of statements that are kept prepared. */
const STATEMENTS_MAX = 256;

/** Reads the projections beside the one who writes them: another connection, which cannot write. */
export interface ReadStoreReader {
  /**
   * Runs a query on one commit of the store. `readerOf` gives the tables of a projection as its readers see them.
   * Errors: READ_STORE_FAILED; also where a projection is not there yet.
   */
  read<Result>(query: (readerOf: (projection: string) => ProjectionReader) => Result): Result;
  /** Every build of every projection, as the file says now. */
  generations(): readonly Generation[];
  close(): void;
}

/** Opens a read store to read it only. Errors: READ_STORE_FAILED. */
export function openReadStoreReader(file: string): ReadStoreReader {
  try {
    const connection = new DatabaseSync(file, { readOnly: true });
    connection.exec(
      `PRAGMA busy_timeout=${BUSY_MS}; PRAGMA query_only=ON; PRAGMA cache_size=-65536; PRAGMA mmap_size=0`,
    );
    connection.exec('PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF');
    return new SqliteReader(connection);
  } catch (error) {
    throw faultOf(error);
  }
}

class SqliteReader implements ReadStoreReader {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync) {
    this.#connection = connection;
  }

  read<Result>(query: (readerOf: (projection: string) => ProjectionReader) => Result): Result {
    try {
      this.#connection.exec('BEGIN');
      return query((projection) => this.#readerOf(projection));
    } catch (error) {
      throw error instanceof PalisadeError ? error : faultOf(error);
    } finally {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
    }
  }

  generations(): readonly Generation[] {
    try {
      return generationsIn(this.#connection);
    } catch (error) {
      throw faultOf(error);
    }
  }

  close(): void {
    this.#connection.close();
  }

  /** Live before building: a projection that has never been live is read while it is built. */
  #readerOf(projection: string): ProjectionReader {
    const sql = "SELECT id, checkpoint FROM generations WHERE projection = ? ORDER BY state = 'live' DESC, id LIMIT 1";
    const row = this.#statement(sql).get(projection);
    if (row === undefined) throw notThere(projection);
    const id = numberIn(row, 'id');
    return {
      position: numberIn(row, 'checkpoint'),
      table: (name) => nameOfTable(id, name),
      words: (name) => nameOfWords(id, name),
      vocabulary: (name) => nameOfVocabulary(id, name),
      orders: (name) => nameOfOrders(id, name),
      all: (text, values) => this.#all(text, values),
    };
  }

  #all(sql: string, values: readonly StoreValue[]): readonly StoreRow[] {
    return this.#statement(sql)
      .all(...values)
      .map(rowOf);
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function rowOf(row: Row): StoreRow {
  const values: Record<string, StoreValue> = {};
  for (const name in row) {
    const value = row[name];
    values[name] = typeof value === 'number' ? value : (textIn(row, name) ?? null);
  }
  return values;
}

function notThere(projection: string): PalisadeError {
  const message = `Cannot read the projection as it is not there yet: ${projection}. Try again shortly.`;
  return new PalisadeError('READ_STORE_FAILED', message);
}

function faultOf(error: unknown): PalisadeError {
  const words = error instanceof Error ? error.message : String(error);
  const message = `Cannot read the read store as SQLite reports "${words}". Try again, or rebuild the projections.`;
  return new PalisadeError('READ_STORE_FAILED', message, { cause: error });
}
