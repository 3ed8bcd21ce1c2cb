import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { SagaQuery, SagaRow } from '../../ports/saga-index.ts';
import type { StoreReply, StoreRequest } from './saga-store-messages.ts';
import { currentBootId, isWhole, markSynced, markUnsynced, removeDatabase } from './unsynced-files.ts';

/*
 * The rows as JSON, beside the columns that are asked for. Never synced: the log shares the disk and would wait for
 * it. What a power cut takes away is made again from the log.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS saga (
    kind TEXT NOT NULL, id TEXT NOT NULL, status TEXT NOT NULL, is_open INTEGER NOT NULL, opened_at INTEGER NOT NULL,
    row TEXT NOT NULL, PRIMARY KEY (kind, id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS saga_open ON saga (is_open, opened_at);
  CREATE TABLE IF NOT EXISTS followed (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL);
`;

class SagaStore {
  readonly #path: string;
  readonly #bootId = currentBootId();
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#path = path;
    if (!isWhole(path, this.#bootId)) removeDatabase(path);
    if (this.#bootId !== null) markUnsynced(path, this.#bootId);
    this.#database = new DatabaseSync(path);
    const synchronous = this.#bootId === null ? 'NORMAL' : 'OFF';
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};`);
    this.#database.exec(SCHEMA);
  }

  answer(request: StoreRequest): StoreReply {
    switch (request.kind) {
      case 'load':
        return this.#load();
      case 'save':
        this.#save(request.position, request.rows);
        return { kind: 'done' };
      case 'find':
        return this.#find(request.query);
      case 'close':
        this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
        this.#database.close();
        if (this.#bootId !== null) markSynced(this.#path);
        return { kind: 'done' };
    }
  }

  #load(): StoreReply {
    const found = this.#database.prepare('SELECT position FROM followed').get();
    const rows = this.#database.prepare('SELECT row FROM saga WHERE is_open = 1').all();
    return { kind: 'image', position: Number(found?.position ?? 0), texts: rows.map(({ row }) => String(row)) };
  }

  #save(position: number, rows: readonly SagaRow[]): void {
    this.#database.exec('BEGIN');
    try {
      const put = this.#database.prepare(
        'INSERT OR REPLACE INTO saga (kind, id, status, is_open, opened_at, row) VALUES (?, ?, ?, ?, ?, ?)',
      );
      for (const row of rows) {
        put.run(row.kind, row.id, row.status, row.isOpen ? 1 : 0, row.openedAtMs, JSON.stringify(row));
      }
      this.#database.prepare('INSERT OR REPLACE INTO followed (one, position) VALUES (1, ?)').run(position);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #find({ kind, status, id, isOpen, openedBeforeMs, offset, limit }: SagaQuery): StoreReply {
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    const add = (condition: string, value: string | number | null): void => {
      if (value === null) return;
      conditions.push(condition);
      values.push(value);
    };
    add('kind = ?', kind);
    add('status = ?', status);
    add('id = ?', id);
    add('is_open = ?', isOpen === null ? null : Number(isOpen));
    add('opened_at <= ?', openedBeforeMs);
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const counted = this.#database.prepare(`SELECT count(*) AS total FROM saga ${where}`).get(...values);
    const rows = this.#database
      .prepare(`SELECT row FROM saga ${where} ORDER BY opened_at, id LIMIT ? OFFSET ?`)
      .all(...values, limit, offset);
    return { kind: 'page', total: Number(counted?.total ?? 0), texts: rows.map(({ row }) => String(row)) };
  }
}

function serve(port: NonNullable<typeof parentPort>): void {
  let store: SagaStore | null = null;
  port.on('message', (request: StoreRequest) => {
    try {
      store ??= new SagaStore(String(workerData.path));
      port.postMessage(store.answer(request));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      port.postMessage({ kind: 'failed', message } satisfies StoreReply);
    }
  });
}

if (parentPort !== null) serve(parentPort);
