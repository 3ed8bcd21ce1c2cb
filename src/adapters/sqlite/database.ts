import { randomInt } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PalisadeError } from '../../domain/errors.ts';
import { BUSY_MS } from './busy-time.ts';
import { LOG_FILE } from './log-file.ts';
import { numberIn } from './row.ts';
import { damageFault, openFault } from './sqlite-faults.ts';
import { inspectWal } from './wal-inspection.ts';

/** "PALS": tells a log from another SQLite file. */
const APPLICATION_ID = 0x50414c53;
const FORMAT_VERSION = 1;
const PAGE_BYTES = 8192;
const CACHE_KIBIBYTES = 65536;

const SCHEMA = `
CREATE TABLE records(position INTEGER PRIMARY KEY, record_id TEXT NOT NULL, type TEXT NOT NULL,
  streams TEXT NOT NULL, body TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT;
CREATE TABLE snapshots(key INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL,
  schema TEXT NOT NULL, state BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;
CREATE TABLE index_segments(segment INTEGER PRIMARY KEY, level INTEGER NOT NULL, from_position INTEGER NOT NULL,
  to_position INTEGER NOT NULL, entry_count INTEGER NOT NULL, key_count INTEGER NOT NULL,
  page_count INTEGER NOT NULL, filter_words INTEGER NOT NULL, checksum INTEGER NOT NULL) STRICT;
CREATE TABLE index_summaries(part INTEGER PRIMARY KEY, content BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;
CREATE TABLE index_pages(page INTEGER PRIMARY KEY, content BLOB NOT NULL, checksum INTEGER NOT NULL) STRICT;
CREATE TABLE settings(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
`;

/** An open log file, held by this process alone until it is closed or the process ends, however it ends. */
export type LogDatabase = {
  readonly connection: DatabaseSync;
  readonly path: string;
  /** Seeds the hashes of the index; drawn once per log. */
  readonly hashSeed: number;
  /** Lets go of the file, then of the lock. */
  close(): void;
};

/**
 * Opens the log in a directory, or creates it, and takes its lock: a transaction on an empty file beside it that lasts
 * as long as the process, so that threads of this process may read the log itself beside the one who writes it.
 * Errors: LOG_LOCKED (another process holds it), LOG_UNUSABLE (no directory, no right to write, no log), LOG_VERSION
 * (of a newer program), LOG_CORRUPT.
 */
export function openDatabase(directory: string): LogDatabase {
  const path = join(resolve(directory), LOG_FILE);
  let lock: DatabaseSync | null = null;
  let connection: DatabaseSync | null = null;
  const close = (): void => {
    connection?.close();
    lock?.close();
  };
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    lock = new DatabaseSync(`${path}-lock`);
    lock.exec('BEGIN EXCLUSIVE');
    if (!existsSync(path) && existsSync(`${path}-wal`)) throw damageFault(path, 'the main file', {});
    inspectWal(`${path}-wal`);
    connection = new DatabaseSync(path);
    const hashSeed = prepareDatabase(connection, path);
    return { connection, path, hashSeed, close };
  } catch (error) {
    close();
    throw openFault(path, error);
  }
}

function prepareDatabase(connection: DatabaseSync, path: string): number {
  connection.exec(`PRAGMA busy_timeout=${BUSY_MS}; PRAGMA page_size=${PAGE_BYTES}`);
  const isNew = checkIdentity(connection, path);
  const mode = connection.prepare('PRAGMA journal_mode=WAL').get()?.journal_mode;
  if (mode !== 'wal') throw new Error(`unable to open database file for write-ahead logging, only for ${String(mode)}`);
  connection.exec(`PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-${CACHE_KIBIBYTES}`);
  connection.exec('PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF');
  connection.exec('BEGIN IMMEDIATE');
  if (isNew) createSchema(connection);
  const row = connection.prepare("SELECT value FROM settings WHERE name = 'hash_seed'").get();
  connection.exec('COMMIT');
  if (isNew) syncDirectories(dirname(path));
  if (row === undefined) throw new Error('malformed settings: no hash_seed');
  return numberIn(row, 'value');
}

/** Whether the file is new; refuses one that is not a log, or of a newer version. */
function checkIdentity(connection: DatabaseSync, path: string): boolean {
  const tables = connection.prepare('SELECT count(*) AS count FROM sqlite_schema').get();
  if (tables !== undefined && numberIn(tables, 'count') === 0) return true;
  const application = connection.prepare('PRAGMA application_id').get()?.application_id;
  if (application !== APPLICATION_ID) throw new Error('file is not a database of this program');
  const version = connection.prepare('PRAGMA user_version').get()?.user_version;
  if (version === FORMAT_VERSION) return false;
  throw new PalisadeError(
    'LOG_VERSION',
    `Cannot open the event log as its format is not ${FORMAT_VERSION}: ${String(version)} in ${path}. ` +
      'Start the version of Palisade that wrote it, or a newer one.',
  );
}

function createSchema(connection: DatabaseSync): void {
  connection.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${FORMAT_VERSION}`);
  connection.exec(SCHEMA);
  connection.prepare("INSERT INTO settings VALUES ('hash_seed', ?)").run(randomInt(0, 2 ** 32));
}

/** Makes the new file's name durable: a file without its directory entry is lost with the power. */
function syncDirectories(directory: string): void {
  for (const each of [directory, dirname(directory)]) {
    const handle = openSync(each, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
}
