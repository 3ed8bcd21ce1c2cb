import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { epochMsOf } from '../../codec/mod.ts';
import type { TableRow } from '../../domain/events.ts';
import type { ColumnType, ColumnValue } from '../../domain/tables.ts';
import type { TableReport } from '../../ports/engine.ts';
import { inputError } from '../replay/input-bytes.ts';
import { readCsvRows, readNdjson } from '../replay/input-rows.ts';
import type { EventRecord } from '../traffic/traffic-item.ts';

/** How the rows of a file become rows of a table. */
export type RowMapping = {
  readonly path: string;
  readonly table: TableReport;
  readonly keyColumn: string;
  /** Column with the time from which on a row holds; null where `asOf` holds for all. */
  readonly timeColumn: string | null;
  readonly asOf: string;
  /** Whether each row removes its key. */
  readonly removes: boolean;
};

/** A row of the file, by the names of its columns. A cell of a CSV file is a text; '' is an absent value. */
type Cells = { readonly number: number; readonly values: EventRecord };

async function* cellsOfCsv(path: string, bytes: Readable): AsyncGenerator<Cells> {
  let heading: readonly string[] | null = null;
  let number = 0;
  for await (const row of readCsvRows(path, bytes)) {
    number++;
    if (heading === null) heading = row;
    else yield { number, values: Object.fromEntries(heading.map((name, index) => [name, row[index]])) };
  }
}

async function* cellsOfNdjson(path: string, bytes: Readable): AsyncGenerator<Cells> {
  let number = 0;
  for await (const values of readNdjson(path, bytes)) {
    number++;
    yield { number, values };
  }
}

/** Time of a cell as RFC 3339: a date alone is its first moment, UTC. */
function timeOf(text: string): string | null {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  return epochMsOf(time) >= 0 ? time : null;
}

/** A cell as a value of a column; undefined where it is absent, null where it does not fit. */
function columnValueOf(cell: unknown, type: ColumnType): ColumnValue | undefined | null {
  if (cell === undefined || cell === null) return undefined;
  if (typeof cell !== 'string') {
    const isFitting = type === 'text' ? false : typeof cell === type;
    return isFitting && (typeof cell === 'number' || typeof cell === 'boolean') ? cell : null;
  }
  if (type === 'text') return cell === '' ? undefined : cell;
  const text = cell.trim();
  if (text === '') return undefined;
  if (type === 'boolean') {
    if (text === 'true' || text === '1') return true;
    return text === 'false' || text === '0' ? false : null;
  }
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}

/**
 * An id that the same row always has, so that a file that is loaded again is recorded once. Letters alone: an id with
 * many digits might look like a card number.
 */
function eventIdOf(row: Omit<TableRow, 'eventId'>): string {
  const columns = Object.entries(row.columns ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
  const meaning = JSON.stringify([row.table, row.key, row.occurredAt, row.removed ?? false, columns]);
  const digest = createHash('sha256').update(meaning).digest('hex').slice(0, 32);
  return `row-${digest.replace(/\d/g, (digit) => String.fromCharCode(103 + Number(digit)))}`;
}

function rowOf(mapping: RowMapping, { number, values }: Cells): TableRow {
  const { path, table, keyColumn, timeColumn, removes } = mapping;
  const fail = (what: string) => inputError(path, `row ${number} ${what}`);
  const key = values[keyColumn];
  if ((typeof key !== 'string' && typeof key !== 'number') || key === '') {
    throw fail(`has no key in column ${keyColumn}`);
  }
  const occurredAt = timeColumn === null ? mapping.asOf : timeOf(String(values[timeColumn] ?? ''));
  if (occurredAt === null) throw fail(`has no RFC 3339 time in column ${timeColumn}`);
  const head = { type: 'table_row', table: table.name, key: String(key), occurredAt } as const;
  if (removes) {
    const row = { ...head, removed: true } as const;
    return { ...row, eventId: eventIdOf(row) };
  }
  const columns: Record<string, ColumnValue> = {};
  for (const [name, type] of Object.entries(table.columns)) {
    const value = columnValueOf(values[name], type);
    if (value === null) throw fail(`has no ${type} in column ${name}`);
    if (value !== undefined) columns[name] = value;
  }
  const row = { ...head, columns };
  return { ...row, eventId: eventIdOf(row) };
}

/** A heading with columns, none of them of the table, is a mistake: its rows would empty those that are there. */
function requireColumns(mapping: RowMapping, names: readonly string[]): void {
  const { path, table, keyColumn, timeColumn, removes } = mapping;
  const own = Object.keys(table.columns);
  const isKeysAlone = names.every((name) => name === keyColumn || name === timeColumn);
  if (removes || isKeysAlone || own.some((name) => names.includes(name))) return;
  const heading = names.join(', ');
  throw inputError(path, `its heading has none of the columns of ${table.name} (${own.join(', ')}): ${heading}`);
}

/**
 * Rows of a table from a CSV or NDJSON file, in its order. Columns of the file that the table has not are left out;
 * `onHeading` is told the names of the first row. Rejects with INPUT_FILE, naming the row, also for a CSV file whose
 * columns are none of the table's.
 */
export async function* readRowEvents(
  mapping: RowMapping,
  bytes: Readable,
  onHeading: (names: readonly string[]) => void,
): AsyncGenerator<TableRow> {
  const { path } = mapping;
  const isCsv = /\.csv(\.gz)?$/i.test(path);
  let isFirst = true;
  for await (const cells of isCsv ? cellsOfCsv(path, bytes) : cellsOfNdjson(path, bytes)) {
    if (isFirst) {
      const names = Object.keys(cells.values);
      onHeading(names);
      if (isCsv) requireColumns(mapping, names);
    }
    isFirst = false;
    yield rowOf(mapping, cells);
  }
}
