import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StoreRow, TableSpec } from '../../ports/read-store.ts';
import { nameOfVocabulary, nameOfWords } from './read-store-names.ts';

/**
 * Makes the index of words of a table: FTS5 without the texts themselves, which stand in the table. What ids are made
 * of does not part words. Nothing for a table without words.
 */
export function createWords(connection: DatabaseSync, generation: number, spec: TableSpec): void {
  if (spec.words === undefined) return;
  const index = nameOfWords(generation, spec.name);
  connection.exec(`CREATE VIRTUAL TABLE ${index} USING fts5(words, content='', contentless_delete=1, detail=none,
    tokenize="unicode61 tokenchars '-_.:@'")`);
  connection.exec(`CREATE VIRTUAL TABLE ${nameOfVocabulary(generation, spec.name)} USING fts5vocab('${index}', 'row')`);
}

/** Drops the index of words of a table. Nothing for a table without words. */
export function dropWords(connection: DatabaseSync, generation: number, { name, words }: TableSpec): void {
  if (words === undefined) return;
  connection.exec(`DROP TABLE ${nameOfVocabulary(generation, name)}`);
  connection.exec(`DROP TABLE ${nameOfWords(generation, name)}`);
}

/**
 * Keeps the index of words of a table. What changes is kept until the commit and written then, each row once and in
 * the order of their ids: FTS5 closes a segment of its index at each statement of a trigger and at each id that is not
 * after the one before, which costs three times the words themselves.
 */
export class WordWriter {
  readonly #id: string;
  readonly #words: readonly string[];
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  /** Rows as they are to be found; null for those that are gone. */
  readonly #changed = new Map<number, StoreRow | null>();
  /** Ids that the index does not have yet. */
  readonly #added = new Set<number>();

  constructor(connection: DatabaseSync, generation: number, { name, key, words = [] }: TableSpec) {
    const index = nameOfWords(generation, name);
    this.#id = key[0] ?? '';
    this.#words = words;
    this.#insert = connection.prepare(`INSERT INTO ${index}(rowid, words) VALUES (?, ?)`);
    this.#delete = connection.prepare(`DELETE FROM ${index} WHERE rowid = ?`);
  }

  /** A row whose id was not there before. */
  add(row: StoreRow): void {
    const id = Number(row[this.#id]);
    if (!this.#changed.has(id)) this.#added.add(id);
    this.#changed.set(id, row);
  }

  put(row: StoreRow): void {
    this.#changed.set(Number(row[this.#id]), row);
  }

  remove(id: number): void {
    this.#changed.set(id, null);
  }

  /** Writes what has changed. */
  flush(): void {
    if (this.#changed.size === 0) return;
    const changed = [...this.#changed].sort(([left], [right]) => left - right);
    for (const [id] of changed) if (!this.#added.has(id)) this.#delete.run(id);
    for (const [id, row] of changed) if (row !== null) this.#insert.run(id, this.#textOf(row));
    this.forget();
  }

  /** Lets go of what has changed: the transaction did not come to its end. */
  forget(): void {
    this.#changed.clear();
    this.#added.clear();
  }

  #textOf(row: StoreRow): string {
    let text = '';
    for (const column of this.#words) {
      const value = row[column];
      if (typeof value === 'string' && value !== '') text += ` ${value}`;
    }
    return text;
  }
}
