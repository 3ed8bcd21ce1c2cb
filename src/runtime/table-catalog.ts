import { PalisadeError } from '../domain/errors.ts';
import type { TableRow } from '../domain/events.ts';
import { TABLE_VERSIONS_MAX } from '../domain/limits.ts';
import type { TableSpec } from '../domain/tables.ts';
import type { TableChange, TableReport, TableRowReport } from '../ports/engine.ts';
import type { EventLog } from '../ports/event-log.ts';
import { AsOfTable, columnProblems, columnsOf, sameShape } from '../tables/mod.ts';
import { TableStream } from './table-stream.ts';

/** A declared table with its rows. */
export type OpenTable = { readonly spec: TableSpec; readonly rows: AsOfTable; readonly stream: TableStream };

/** The tables of the ruleset in force, in memory, and the way into them: each is a stream of the log. */
export class TableCatalog {
  readonly #log: EventLog;
  readonly #versionsMax: number;
  readonly #streams = new Map<string, TableStream>();
  #tables: ReadonlyMap<string, OpenTable> = new Map();

  /** `versionsMax` is the bound on the versions of rows of all tables together. */
  constructor(log: EventLog, versionsMax: number = TABLE_VERSIONS_MAX) {
    this.#log = log;
    this.#versionsMax = versionsMax;
  }

  /**
   * The tables of a ruleset, in its order, each with every row that counts: those in force where the declaration is as
   * before, else read from the log. They follow their streams from here on; call `install` or `abandon` with them.
   * Rejects with TABLE_FULL or a LOG_ error.
   */
  async open(specs: readonly TableSpec[]): Promise<readonly OpenTable[]> {
    const opened: OpenTable[] = [];
    try {
      for (const spec of specs) opened.push(await this.#open(spec));
      this.#requireRoom(opened, 0);
      return opened;
    } catch (error) {
      this.abandon(opened);
      throw error;
    }
  }

  /** Puts opened tables in force, in place of those before. */
  install(opened: readonly OpenTable[]): void {
    const before = [...this.#tables.values()];
    this.#tables = new Map(opened.map((table) => [table.spec.name, table]));
    this.abandon(before);
  }

  /** Lets go of opened tables that are not in force. */
  abandon(opened: readonly OpenTable[]): void {
    for (const { spec, rows, stream } of opened) {
      if (this.#tables.get(spec.name)?.rows !== rows) stream.leave(rows);
    }
  }

  /**
   * Makes a row durable; it counts when this resolves. Rejects with REQUEST_INVALID where the ruleset in force declares
   * no such table or column, TABLE_FULL, LOG_RECORD_EXISTS or another LOG_ error.
   */
  async record(recordId: string, row: TableRow, recordedAt: string): Promise<void> {
    const table = this.#tables.get(row.table);
    if (table === undefined) throw refusalOf([{ field: 'table', message: 'is no table of the ruleset in force' }]);
    const problems = columnProblems(table.spec, row.columns ?? {});
    if (problems.length > 0) throw refusalOf(problems);
    this.#requireRoom([...this.#tables.values()], 1);
    await table.stream.append(recordId, row, recordedAt);
  }

  /** The rows of tables in force, in the order asked for; null where one is not there, or declared otherwise. */
  rowsOf(specs: readonly TableSpec[]): readonly AsOfTable[] | null {
    const rows = specs.flatMap((spec) => {
      const table = this.#tables.get(spec.name);
      return table !== undefined && sameShape(table.spec, spec) ? [table.rows] : [];
    });
    return rows.length === specs.length ? rows : null;
  }

  reports(): readonly TableReport[] {
    return [...this.#tables.values()].map(({ spec, rows }) => ({
      name: spec.name,
      description: spec.description,
      columns: Object.fromEntries(spec.columns.map(({ name, type }) => [name, type])),
      keepMs: spec.keepMs,
      rowCount: rows.rowCount,
      versionCount: rows.versionCount,
      revision: rows.revision,
      newestAt: rows.revision < 0 ? '' : new Date(rows.newestMs).toISOString(),
    }));
  }

  /** The row of a key as of an event time, or null where there was none or the ruleset has no such table. */
  readRow(name: string, key: string, atMs: number): TableRowReport | null {
    const table = this.#tables.get(name);
    const version = table?.rows.versionAt(key, atMs) ?? null;
    if (table === undefined || version === null || version.values === null) return null;
    return {
      table: name,
      key,
      asOf: new Date(atMs).toISOString(),
      since: new Date(version.atMs).toISOString(),
      revision: version.revision,
      columns: columnsOf(table.spec, version.values),
    };
  }

  /** Rows of the changelog after a revision, oldest first; null where the ruleset has no such table. */
  async readChanges(name: string, afterRevision: number, maxCount: number): Promise<readonly TableChange[] | null> {
    const table = this.#tables.get(name);
    if (table === undefined) return null;
    const changes = await table.stream.read(afterRevision + 1, maxCount);
    return changes.map(([revision, { row, recordedAt }]) => ({
      revision,
      eventId: row.eventId,
      key: row.key,
      occurredAt: row.occurredAt,
      recordedAt,
      columns: row.columns ?? null,
    }));
  }

  async #open(spec: TableSpec): Promise<OpenTable> {
    const current = this.#tables.get(spec.name);
    if (current !== undefined && sameShape(current.spec, spec)) return { ...current, spec };
    const stream = this.#streams.get(spec.name) ?? new TableStream(this.#log, spec.name);
    this.#streams.set(spec.name, stream);
    const rows = new AsOfTable(spec);
    await stream.follow(rows);
    return { spec, rows, stream };
  }

  #requireRoom(tables: readonly OpenTable[], more: number): void {
    const count = () => tables.reduce((sum, { rows, stream }) => sum + rows.versionCount + stream.underWayCount, more);
    if (count() <= this.#versionsMax) return;
    for (const { rows } of tables) rows.sweep();
    if (count() <= this.#versionsMax) return;
    throw new PalisadeError(
      'TABLE_FULL',
      `Cannot hold the row as the tables have too many versions of rows: ${count() - more}. ` +
        'Shorten keep in the ruleset, or leave out a table.',
    );
  }
}

function refusalOf(fields: readonly { readonly field: string; readonly message: string }[]): PalisadeError {
  const names = fields.map(({ field }) => field).join(', ');
  const count = fields.length === 1 ? '1 field is refused' : `${fields.length} fields are refused`;
  return new PalisadeError(
    'REQUEST_INVALID',
    `Cannot accept the event as ${count}: ${names}. Correct what errors names.`,
    { fields },
  );
}
