import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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
import { nameOfTable, SqliteTables } from './read-store-tables.ts';
import { createWords, nameOfWords } from './read-store-words.ts';
import { numberIn, type Row, textIn } from './row.ts';

/** "PALV": tells a read store from another SQLite file. */
const APPLICATION_ID = 0x50414c56;
const FORMAT_VERSION = 1;

const SCHEMA = `
CREATE TABLE generations(id INTEGER PRIMARY KEY AUTOINCREMENT, projection TEXT NOT NULL, version TEXT NOT NULL,
  state TEXT NOT NULL, checkpoint INTEGER NOT NULL, specs TEXT NOT NULL) STRICT;
CREATE TABLE settings(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE outbox(sequence INTEGER PRIMARY KEY AUTOINCREMENT, record_id TEXT NOT NULL UNIQUE, stream TEXT NOT NULL,
  type TEXT NOT NULL, body TEXT NOT NULL) STRICT;
`;

/**
 * Opens the read store in a file, or creates it. What is in it can be made again from the log, so that commits do not
 * wait for the disk (WAL, synchronous=NORMAL): after a power cut it stands at an earlier commit, whole. Errors:
 * READ_STORE_FAILED; also where the file is of another program or of another version.
 */
export function openSqliteReadStore(file: string): ReadStore {
  const path = resolve(file);
  let connection: DatabaseSync | null = null;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    connection = new DatabaseSync(path);
    prepare(connection);
    return new SqliteReadStore(connection, path);
  } catch (error) {
    connection?.close();
    throw faultOf(path, error);
  }
}

function prepare(connection: DatabaseSync): void {
  connection.exec('PRAGMA locking_mode=NORMAL; PRAGMA page_size=8192; PRAGMA busy_timeout=2000');
  connection.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=8192',
  );
  connection.exec('PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF');
  const application = connection.prepare('PRAGMA application_id').get()?.application_id;
  const version = connection.prepare('PRAGMA user_version').get()?.user_version;
  if (application === APPLICATION_ID && version === FORMAT_VERSION) return;
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

class SqliteReadStore implements ReadStore, ReadStoreWriter {
  readonly #connection: DatabaseSync;
  readonly #path: string;
  readonly #open = new Map<number, SqliteTables>();

  constructor(connection: DatabaseSync, path: string) {
    this.#connection = connection;
    this.#path = path;
  }

  generations(): readonly Generation[] {
    const rows = this.#connection.prepare('SELECT id, projection, version, state, checkpoint FROM generations').all();
    return rows.map((row) => ({
      id: numberIn(row, 'id'),
      projection: textIn(row, 'projection') ?? '',
      version: textIn(row, 'version') ?? '',
      state: textIn(row, 'state') === 'live' ? 'live' : 'building',
      checkpoint: numberIn(row, 'checkpoint'),
    }));
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
    const row = this.#connection.prepare('SELECT value FROM settings WHERE name = ?').get(name);
    return row === undefined ? null : (textIn(row, 'value') ?? null);
  }

  outbox(maxCount: number): readonly OutboxEntry[] {
    return this.#connection.prepare('SELECT * FROM outbox ORDER BY sequence LIMIT ?').all(maxCount).map(entryOf);
  }

  outboxCount(): number {
    const row = this.#connection.prepare('SELECT count(*) AS count FROM outbox').get();
    return row === undefined ? 0 : numberIn(row, 'count');
  }

  transaction<Result>(work: (writer: ReadStoreWriter) => Result): Result {
    try {
      this.#connection.exec('BEGIN IMMEDIATE');
      const result = work(this);
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      this.#open.clear();
      throw error instanceof PalisadeError ? error : faultOf(this.#path, error);
    }
  }

  createGeneration(projection: string, version: string, state: GenerationState, specs: readonly TableSpec[]): number {
    const { lastInsertRowid } = this.#connection
      .prepare('INSERT INTO generations(projection, version, state, checkpoint, specs) VALUES (?, ?, ?, 0, ?)')
      .run(projection, version, state, JSON.stringify(specs));
    const id = Number(lastInsertRowid);
    for (const spec of specs) createTable(this.#connection, id, spec);
    return id;
  }

  dropGeneration(generation: number): void {
    for (const { name, words } of this.#specsOf(generation)) {
      this.#connection.exec(`DROP TABLE ${nameOfTable(generation, name)}`);
      if (words !== undefined) this.#connection.exec(`DROP TABLE ${nameOfWords(generation, name)}`);
    }
    this.#connection.prepare('DELETE FROM generations WHERE id = ?').run(generation);
    this.#open.delete(generation);
  }

  setCheckpoint(generation: number, position: number): void {
    this.#connection.prepare('UPDATE generations SET checkpoint = ? WHERE id = ?').run(position, generation);
  }

  setState(generation: number, state: GenerationState): void {
    this.#connection.prepare('UPDATE generations SET state = ? WHERE id = ?').run(state, generation);
  }

  setSetting(name: string, value: string): void {
    this.#connection.prepare('INSERT OR REPLACE INTO settings VALUES (?, ?)').run(name, value);
  }

  addToOutbox({ recordId, stream, type, body }: Omit<OutboxEntry, 'sequence'>): void {
    this.#connection
      .prepare('INSERT OR IGNORE INTO outbox(record_id, stream, type, body) VALUES (?, ?, ?, ?)')
      .run(recordId, stream, type, body);
  }

  removeFromOutbox(sequences: readonly number[]): void {
    const statement = this.#connection.prepare('DELETE FROM outbox WHERE sequence = ?');
    for (const sequence of sequences) statement.run(sequence);
  }

  close(): void {
    this.#connection.close();
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
  connection.exec(`CREATE TABLE ${name}(${columns.join(', ')}, PRIMARY KEY(${key})) STRICT, WITHOUT ROWID`);
  for (const [index, indexed] of spec.indexes.entries()) {
    const list = indexed.map((column) => `"${column}"`).join(', ');
    connection.exec(`CREATE INDEX g${generation}_${spec.name}_i${index} ON ${name}(${list})`);
  }
  createWords(connection, generation, spec);
}
