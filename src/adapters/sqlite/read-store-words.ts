import type { DatabaseSync } from 'node:sqlite';
import type { TableSpec } from '../../ports/read-store.ts';
import { nameOfTable } from './read-store-tables.ts';

/** Name of the index of words of a projection's table. */
export function nameOfWords(generation: number, table: string): string {
  return `${nameOfTable(generation, table)}_words`;
}

/**
 * Makes the index of words of a table, and the triggers that keep it: FTS5 without the texts themselves, which stand
 * in the table. What ids are made of does not part words. Nothing for a table without words.
 */
export function createWords(connection: DatabaseSync, generation: number, spec: TableSpec): void {
  const { words, key, name } = spec;
  const [id] = key;
  if (words === undefined || id === undefined) return;
  const table = nameOfTable(generation, name);
  const index = nameOfWords(generation, name);
  const text = words.map((column) => `coalesce(new."${column}", '')`).join(` || ' ' || `);
  connection.exec(`
    CREATE VIRTUAL TABLE ${index} USING fts5(words, content='', contentless_delete=1, detail=none,
      tokenize="unicode61 tokenchars '-_.:@'");
    CREATE TRIGGER ${table}_put AFTER INSERT ON ${table} BEGIN
      INSERT OR REPLACE INTO ${index}(rowid, words) VALUES (new."${id}", ${text});
    END;
    CREATE TRIGGER ${table}_remove AFTER DELETE ON ${table} BEGIN
      DELETE FROM ${index} WHERE rowid = old."${id}";
    END;`);
}
