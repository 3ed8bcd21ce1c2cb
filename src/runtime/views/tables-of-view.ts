import { epochMsOf } from '../../codec/mod.ts';
import type { TableRow } from '../../domain/events.ts';
import type { RowValues, TableSpec } from '../../domain/tables.ts';
import type { StoreRow, StoreTables } from '../../ports/read-store.ts';
import type { RowTables } from '../../rules/mod.ts';
import { AsOfTable, rowValues } from '../../tables/mod.ts';

const PAGE_ROWS = 1000;

/**
 * The tables that the conditions of one view read, as the log has them at the position of the view: a rebuild sees at
 * each event what the view saw then. Kept with the rows of the view, and in memory.
 */
export class TablesOfView implements RowTables {
  readonly #tables: StoreTables;
  readonly #open: ReadonlyMap<string, AsOfTable>;

  constructor(specs: readonly TableSpec[], tables: StoreTables) {
    this.#tables = tables;
    this.#open = new Map(specs.map((spec) => [spec.name, new AsOfTable(spec)]));
    if (specs.length === 0) return;
    for (const { table, key, at, position, columns } of this.#stored()) {
      this.#apply(String(table), String(key), Number(at), Number(position), columns === null ? null : String(columns));
    }
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  rowAt(table: string, key: string, atMs: number): RowValues | null {
    return this.#open.get(table)?.rowAt(key, atMs) ?? null;
  }

  /** Takes in a row that the log has at a position. Inside a transaction only. */
  take({ table, key, occurredAt, columns }: TableRow, position: number): void {
    const rows = this.#open.get(table);
    if (rows === undefined) return;
    const at = epochMsOf(occurredAt);
    const text = columns === undefined ? null : JSON.stringify(columns);
    this.#tables.put('table_rows', { position, table, key, at, columns: text });
    this.#apply(table, key, at, position, text);
    const oldest = rows.versionAt(key, rows.horizonMs);
    if (oldest === null) return;
    this.#tables.removeWhere('table_rows', [
      { column: 'table', comparison: '=', value: table },
      { column: 'key', comparison: '=', value: key },
      { column: 'at', comparison: '<', value: oldest.atMs },
    ]);
  }

  #apply(table: string, key: string, atMs: number, revision: number, columns: string | null): void {
    const rows = this.#open.get(table);
    rows?.apply(key, { atMs, revision, values: columns === null ? null : rowValues(rows.spec, JSON.parse(columns)) });
  }

  /** In the order of the log. */
  *#stored(): Generator<StoreRow> {
    let position = 0;
    for (;;) {
      const where = [{ column: 'position', comparison: '>', value: position } as const];
      const page = this.#tables.select('table_rows', { where, orderBy: [], limit: PAGE_ROWS });
      yield* page;
      if (page.length < PAGE_ROWS) return;
      position = Number(page.at(-1)?.position);
    }
  }
}
