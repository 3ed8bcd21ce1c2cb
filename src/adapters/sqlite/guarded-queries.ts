import { constants, DatabaseSync } from 'node:sqlite';
import { PalisadeError } from '../../domain/errors.ts';
import type { TableSpec } from '../../ports/read-store.ts';
import type { SqlAnswer, SqlTable } from '../../ports/sql-queries.ts';
import { BUSY_MS } from './busy-time.ts';
import { nameOfTable } from './read-store-names.ts';
import { numberIn, textIn } from './row.ts';

/** Tables that are for the projections themselves. */
const INNER: ReadonlySet<string> = new Set(['currency', 'open_cases', 'hits', 'saga_entities']);

/** Names in the answer beyond which it is cut: what a page can still show. */
const ANSWER_CHARACTERS_MAX = 8 * 1024 * 1024;

/** Functions that reach beyond the values that they are given. */
const REFUSED_FUNCTIONS: ReadonlySet<string> = new Set(['load_extension', 'readfile', 'writefile', 'edit', 'fts5']);

/**
 * Runs queries that nobody has read before over the views of a read store. The connection cannot write; an authorizer
 * lets SELECT through, and reading of the views and what they stand for, and refuses all else before it runs: schema,
 * other tables, ATTACH, PRAGMA. Time and memory are bounded by whoever ends the process that it runs in.
 */
export class GuardedQueries {
  readonly #connection: DatabaseSync;
  readonly #views = new Map<string, string>();
  /** Every table, view and module that there is, in lower case. */
  readonly #names = new Set<string>();
  #generations = '';

  constructor(file: string) {
    this.#connection = new DatabaseSync(file, { readOnly: true });
    this.#connection.exec(`PRAGMA busy_timeout=${BUSY_MS}; PRAGMA cache_size=-32768`);
    this.#connection.exec('PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF');
  }

  /** Runs one SELECT on one commit of the store. Throws QUERY_REFUSED, or QUERY_LIMIT for memory. */
  query(sql: string, rowsMax: number): SqlAnswer {
    return this.#guarded((position) => {
      const statement = this.#connection.prepare(sql);
      statement.setReturnArrays(true);
      const columns = statement.columns().map(({ name }) => name);
      if (columns.length === 0) throw refusal('it gives no rows: only SELECT is answered');
      const rows: (string | number | null)[][] = [];
      let characters = 0;
      for (const row of statement.iterate()) {
        const values = Object.values(row).map(shown);
        characters += values.reduce<number>((sum, value) => sum + String(value).length + 3, 0);
        if (rows.length >= rowsMax || characters > ANSWER_CHARACTERS_MAX) {
          return { position, columns, rows, isTruncated: true };
        }
        rows.push(values);
      }
      return { position, columns, rows, isTruncated: false };
    });
  }

  /** The views, with their columns. */
  tables(): readonly SqlTable[] {
    return this.#guarded(() =>
      [...this.#views.keys()].sort().map((name) => ({
        name,
        columns: this.#connection
          .prepare(`SELECT * FROM "${name}" LIMIT 0`)
          .columns()
          .map((column) => column.name),
      })),
    );
  }

  #guarded<Result>(work: (position: number) => Result): Result {
    try {
      this.#connection.exec('BEGIN');
      const position = this.#refresh();
      this.#connection.setAuthorizer((action, first, second) => this.#authorize(action, first, second));
      return work(position);
    } catch (error) {
      throw error instanceof PalisadeError ? error : faultOf(error);
    } finally {
      this.#connection.setAuthorizer(null);
      if (this.#connection.isTransaction) this.#connection.exec('COMMIT');
    }
  }

  #authorize(action: number, first: string | null, second: string | null): number {
    switch (action) {
      case constants.SQLITE_SELECT:
      case constants.SQLITE_RECURSIVE:
        return constants.SQLITE_OK;
      case constants.SQLITE_READ:
        return this.#isReadable(first ?? '', second ?? '') ? constants.SQLITE_OK : constants.SQLITE_DENY;
      case constants.SQLITE_FUNCTION:
        return REFUSED_FUNCTIONS.has((second ?? '').toLowerCase()) ? constants.SQLITE_DENY : constants.SQLITE_OK;
      default:
        return constants.SQLITE_DENY;
    }
  }

  /** A name without a column is what a query counts the rows of: one that it made itself (WITH) is nobody else's. */
  #isReadable(table: string, column: string): boolean {
    if (this.#views.has(table)) return true;
    for (const physical of this.#views.values()) if (physical === table) return true;
    return column === '' && !this.#names.has(table.toLowerCase()) && !/^(?:sqlite|pragma)_/i.test(table);
  }

  /** Lets the names stand for the tables that are live now; answers the position that all of them have reached. */
  #refresh(): number {
    const rows = this.#connection
      .prepare("SELECT id, projection, checkpoint, specs FROM generations WHERE state = 'live' ORDER BY id")
      .all();
    const position = Math.min(...rows.map((row) => numberIn(row, 'checkpoint')));
    const generations = rows.map((row) => numberIn(row, 'id')).join();
    if (generations === this.#generations) return Number.isFinite(position) ? position : 0;
    for (const name of this.#views.keys()) this.#connection.exec(`DROP VIEW IF EXISTS temp."${name}"`);
    this.#views.clear();
    for (const row of rows) {
      const projection = textIn(row, 'projection') ?? '';
      const specs: Pick<TableSpec, 'name' | 'shownAs'>[] = JSON.parse(textIn(row, 'specs') ?? '[]');
      const id = numberIn(row, 'id');
      for (const { name, shownAs = `SELECT * FROM {${name}}` } of specs) {
        const isConsole = projection.startsWith('console.');
        if (isConsole ? INNER.has(name) : name !== 'rows') continue;
        const select = shownAs.replace(/\{(\w+)\}/g, (_all, table: string) => `main."${nameOfTable(id, table)}"`);
        this.#show(isConsole ? name : `view_${projection}`, nameOfTable(id, name), select);
      }
    }
    this.#names.clear();
    const sql = 'SELECT name FROM sqlite_schema UNION SELECT name FROM pragma_module_list';
    for (const row of this.#connection.prepare(sql).all()) this.#names.add((textIn(row, 'name') ?? '').toLowerCase());
    this.#generations = generations;
    return Number.isFinite(position) ? position : 0;
  }

  #show(name: string, physical: string, select: string): void {
    this.#connection.exec(`CREATE TEMP VIEW "${name.replaceAll('"', '')}" AS ${select}`);
    this.#views.set(name, physical);
  }
}

function shown(value: unknown): string | number | null {
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Uint8Array ? `${value.length} bytes` : null;
}

function refusal(reason: string): PalisadeError {
  return new PalisadeError('QUERY_REFUSED', `Cannot run the query as ${reason}. GET /v1/query lists the tables.`);
}

function faultOf(error: unknown): PalisadeError {
  const words = error instanceof Error ? error.message : String(error);
  if (/out of memory|string or blob too big/i.test(words)) {
    return new PalisadeError('QUERY_LIMIT', 'Cannot run the query as it takes too much memory. Ask for less.');
  }
  return refusal(`SQLite says "${words}"`);
}
