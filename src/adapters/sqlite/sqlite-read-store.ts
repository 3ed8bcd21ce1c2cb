import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { PalisadeError } from '../../domain/errors.ts';
import type {
  Generation,
  GenerationState,
  OutboxEntry,
  ReadStore,
  ReadStoreWriter,
  StoreTables,
  TableSpec,
} from '../../ports/read-store.ts';
import { BUSY_MS } from './busy-time.ts';
import { generationsIn } from './read-store-generations.ts';
import { nameOfOrders, nameOfTable } from './read-store-names.ts';
import { SqliteTables } from './read-store-tables.ts';
import { createWords, dropWords } from './read-store-words.ts';
import { numberIn, type Row, textIn } from './row.ts';
import { currentBootId, isWhole, markSynced, markUnsynced, removeDatabase } from './unsynced-files.ts';

/** "PALV": tells a read store from another SQLite file. */
const APPLICATION_ID = 0x50414c56;
const FORMAT_VERSION = 4;
/**
 * What a commit beyond so many pages (64 MB) writes back, which takes tens of milliseconds on the projections' thread.
 * While a reader holds an old state the log of writes grows on; twice that size is kept of it afterwards.
 */
const WAL_PAGES = 16_384;
const WAL_BYTES_KEPT = 2 * WAL_PAGES * 4096;

const SCHEMA = `
CREATE TABLE generations(id INTEGER PRIMARY KEY AUTOINCREMENT, projection TEXT NOT NULL, version TEXT NOT NULL,
  state TEXT NOT NULL, checkpoint INTEGER NOT NULL, specs TEXT NOT NULL) STRICT;
CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE outbox(sequence INTEGER PRIMARY KEY AUTOINCREMENT, record_id TEXT NOT NULL UNIQUE, stream TEXT NOT NULL,
  type TEXT NOT NULL, body TEXT NOT NULL) STRICT;
`;

/** A read store in a file. */
export type SqliteReadStoreFile = ReadStore & {
  /** Why what was in the file was let go of; null where it was not. */
  readonly discarded: string | null;
};

/**
 * Opens the read store in a file, or creates it. What is in it can be made again from the log, so that it never waits
 * for the disk: a commit outlives the process, however it ends, and where the system went down with the store open
 * the file is removed and begun anew, as is one of an earlier format. Where the system does not tell its runs apart
 * (`bootId` null), the file is synced at its checkpoints. Errors: READ_STORE_FAILED; also where the file is of another
 * program.
 */
export function openSqliteReadStore(file: string, bootId: string | null = currentBootId()): SqliteReadStoreFile {
  const path = resolve(file);
  let connection: DatabaseSync | null = null;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const discarded = isWhole(path, bootId) ? formatFault(path) : 'the system went down while it was open';
    if (discarded !== null) removeDatabase(path);
    if (bootId !== null) markUnsynced(path, bootId);
    connection = new DatabaseSync(path);
    prepare(connection, bootId === null ? 'NORMAL' : 'OFF');
    return new SqliteReadStore(connection, path, discarded, bootId !== null);
  } catch (error) {
    connection?.close();
    throw faultOf(path, error);
  }
}

/** Why a store cannot be gone on with; null where it can, and where it is none of ours, which is refused later. */
function formatFault(path: string): string | null {
  if (!existsSync(path)) return null;
  const connection = new DatabaseSync(path);
  try {
    const application = connection.prepare('PRAGMA application_id').get()?.application_id;
    const version = connection.prepare('PRAGMA user_version').get()?.user_version;
    return application === APPLICATION_ID && version !== FORMAT_VERSION ? `its format is ${String(version)}` : null;
  } finally {
    connection.close();
  }
}

function prepare(connection: DatabaseSync, synchronous: 'OFF' | 'NORMAL'): void {
  connection.exec(`PRAGMA locking_mode=NORMAL; PRAGMA page_size=4096; PRAGMA busy_timeout=${BUSY_MS}`);
  connection.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=${synchronous}`);
  connection.exec(`PRAGMA wal_autocheckpoint=${WAL_PAGES}; PRAGMA journal_size_limit=${WAL_BYTES_KEPT}`);
  connection.exec('PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF');
  const application = connection.prepare('PRAGMA application_id').get()?.application_id;
  if (application === APPLICATION_ID) return;
  const tables = connection.prepare('SELECT count(*) AS count FROM sqlite_schema').get();
  if (tables === undefined || numberIn(tables, 'count') !== 0) {
    throw new Error(`file is not a read store of format ${FORMAT_VERSION}`);
  }
  connection.exec(
    `BEGIN; PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${FORMAT_VERSION}; ${SCHEMA} COMMIT`,
  );
}

function faultOf(path: string, error: unknown): PalisadeError {
  if (error instanceof PalisadeError) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new PalisadeError(
    'READ_STORE_FAILED',
    `Cannot use the read store as SQLite reports "${words}": ${path}. ` +
      'Free space on the volume, or remove the file and start again: it is rebuilt from the log.',
    { cause: error },
  );
}

class SqliteReadStore implements SqliteReadStoreFile, ReadStoreWriter {
  readonly discarded: string | null;
  readonly #connection: DatabaseSync;
  readonly #path: string;
  /** Whether the file is synced when it is closed, and not before. */
  readonly #isUnsynced: boolean;
  readonly #open = new Map<number, SqliteTables>();
  readonly #statements = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync, path: string, discarded: string | null, isUnsynced: boolean) {
    this.#connection = connection;
    this.#path = path;
    this.discarded = discarded;
    this.#isUnsynced = isUnsynced;
  }

  generations(): readonly Generation[] {
    return generationsIn(this.#connection);
  }

  tables(generation: number): StoreTables {
    const known = this.#open.get(generation);
    if (known !== undefined) return known;
    const tables = new SqliteTables(this.#connection, generation, this.#specsOf(generation), (error) =>
      faultOf(this.#path, error),
    );
    this.#open.set(generation, tables);
    return tables;
  }

  setting(name: string): string | null {
    const row = this.#statement('SELECT value FROM settings WHERE name = ?').get(name);
    return row === undefined ? null : (textIn(row, 'value') ?? null);
  }

  outbox(maxCount: number): readonly OutboxEntry[] {
    return this.#statement('SELECT * FROM outbox ORDER BY sequence LIMIT ?').all(maxCount).map(entryOf);
  }

  outboxCount(): number {
    const row = this.#statement('SELECT count(*) AS count FROM outbox').get();
    return row === undefined ? 0 : numberIn(row, 'count');
  }

  transaction<Result>(work: (writer: ReadStoreWriter) => Result): Result {
    try {
      this.#connection.exec('BEGIN IMMEDIATE');
      const result = work(this);
      for (const tables of this.#open.values()) tables.flush();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      this.#open.clear();
      throw error instanceof PalisadeError ? error : faultOf(this.#path, error);
    }
  }

  createGeneration(projection: string, version: string, state: GenerationState, specs: readonly TableSpec[]): number {
    const { lastInsertRowid } = this.#statement(
      'INSERT INTO generations(projection, version, state, checkpoint, specs) VALUES (?, ?, ?, 0, ?)',
    ).run(projection, version, state, JSON.stringify(specs));
    const id = Number(lastInsertRowid);
    for (const spec of specs) createTable(this.#connection, id, spec);
    return id;
  }

  dropGeneration(generation: number): void {
    for (const spec of this.#specsOf(generation)) {
      dropWords(this.#connection, generation, spec);
      this.#connection.exec(`DROP TABLE ${nameOfTable(generation, spec.name)}`);
    }
    this.#statement('DELETE FROM generations WHERE id = ?').run(generation);
    this.#open.delete(generation);
  }

  setCheckpoint(generation: number, position: number): void {
    this.#statement('UPDATE generations SET checkpoint = ? WHERE id = ?').run(position, generation);
  }

  setState(generation: number, state: GenerationState): void {
    this.#statement('UPDATE generations SET state = ? WHERE id = ?').run(state, generation);
  }

  setSetting(name: string, value: string): void {
    this.#statement('INSERT OR REPLACE INTO settings VALUES (?, ?)').run(name, value);
  }

  addToOutbox({ recordId, stream, type, body }: Omit<OutboxEntry, 'sequence'>): void {
    this.#statement('INSERT OR IGNORE INTO outbox(record_id, stream, type, body) VALUES (?, ?, ?, ?)').run(
      recordId,
      stream,
      type,
      body,
    );
  }

  removeFromOutbox(sequences: readonly number[]): void {
    const statement = this.#statement('DELETE FROM outbox WHERE sequence = ?');
    for (const sequence of sequences) statement.run(sequence);
  }

  close(): void {
    if (!this.#isUnsynced) {
      this.#connection.close();
      return;
    }
    this.#connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#connection.close();
    // A reader that still reads keeps what was written last in the file beside it: then nothing is said.
    const wal = statSync(`${this.#path}-wal`, { throwIfNoEntry: false });
    if (wal === undefined || wal.size === 0) markSynced(this.#path);
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #specsOf(generation: number): readonly TableSpec[] {
    const row = this.#connection.prepare('SELECT specs FROM generations WHERE id = ?').get(generation);
    return row === undefined ? [] : JSON.parse(textIn(row, 'specs') ?? '[]');
  }
}

function entryOf(row: Row): OutboxEntry {
  return {
    sequence: numberIn(row, 'sequence'),
    recordId: textIn(row, 'record_id') ?? '',
    stream: textIn(row, 'stream') ?? '',
    type: textIn(row, 'type') ?? '',
    body: textIn(row, 'body') ?? '',
  };
}

function createTable(connection: DatabaseSync, generation: number, spec: TableSpec): void {
  const name = nameOfTable(generation, spec.name);
  const columns = spec.columns.map((column) => `"${column.name}" ${column.type.toUpperCase()}`);
  const key = spec.key.map((column) => `"${column}"`).join(', ');
  // A key of one integer is SQLite's own: wide rows are found sooner by it, and added at the end for less.
  const [only] = spec.key.length === 1 ? spec.columns.filter((column) => column.name === spec.key[0]) : [];
  const kind = only?.type === 'integer' ? 'STRICT' : 'STRICT, WITHOUT ROWID';
  const unique = (spec.numbered ?? []).map((column) => `"${column}"`).join(', ');
  const keys = `PRIMARY KEY(${key})${unique === '' ? '' : `, UNIQUE(${unique})`}`;
  connection.exec(`CREATE TABLE ${name}(${columns.join(', ')}, ${keys}) ${kind}`);
  for (const [index, indexed] of spec.indexes.entries()) {
    const list = indexed.map((column) => `"${column}"`).join(', ');
    connection.exec(`CREATE INDEX g${generation}_${spec.name}_i${index} ON ${name}(${list})`);
  }
  if (spec.orders !== undefined) {
    const list = [...spec.key, ...spec.orders].map((column) => `"${column}"`).join(', ');
    connection.exec(`CREATE INDEX ${nameOfOrders(generation, spec.name)} ON ${name}(${list})`);
  }
  createWords(connection, generation, spec);
}
