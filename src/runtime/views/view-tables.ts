import type { ColumnType, Row, RowSchema, RowValue } from '../../domain/views.ts';
import type { StoreRow, StoreValue, TableSpec } from '../../ports/read-store.ts';

const STORE_TYPES: Readonly<Record<ColumnType, 'text' | 'integer' | 'real'>> = {
  number: 'real',
  text: 'text',
  flag: 'integer',
};

const COLUMN_TYPES = { i: 'integer', t: 'text', r: 'real' } as const;

/** A table by its columns, each with the letter of its type. */
function tableOf(
  name: string,
  columns: Readonly<Record<string, keyof typeof COLUMN_TYPES>>,
  key: readonly string[],
  indexes: readonly (readonly string[])[] = [],
): TableSpec {
  const typed = Object.entries(columns).map(([column, type]) => ({ name: column, type: COLUMN_TYPES[type] }));
  return { name, columns: typed, key, indexes };
}

/** Events that came too late, and how far the stream was. */
export const LATE_EVENTS_TABLE: TableSpec = tableOf(
  'late_events',
  { position: 'i', record_id: 't', at: 'i', watermark: 'i', closed_windows: 'i', policy: 't' },
  ['position', 'record_id'],
  [['at']],
);

/** What the operators go on from, and what came late: the same for every view. */
const INNER_TABLES: readonly TableSpec[] = [
  tableOf('changes', { sequence: 'i', position: 'i', row_id: 't', kind: 't', corrects: 'i', before: 't', after: 't' }, [
    'sequence',
  ]),
  tableOf('panes', { level: 'i', group_key: 't', start: 'i', last: 'i', events: 'i', cells: 't' }, [
    'level',
    'group_key',
    'start',
  ]),
  tableOf('shown', { level: 'i', row_id: 't', values: 't', at: 'i', closes: 'i' }, ['level', 'row_id'], [['closes']]),
  LATE_EVENTS_TABLE,
  tableOf('raised', { rule_id: 't', row_id: 't', closes: 'i' }, ['rule_id', 'row_id'], [['closes']]),
  tableOf(
    'table_rows',
    { position: 'i', table: 't', key: 't', at: 'i', columns: 't' },
    ['position'],
    [['table', 'key', 'at']],
  ),
  tableOf('progress', { name: 't', value: 't' }, ['name']),
];

/** Tables of a view: its rows, what changed in them, and what the operators go on from. */
export function viewTables(output: RowSchema): readonly TableSpec[] {
  const columns = Object.entries(output).map(([name, type]) => ({ name, type: STORE_TYPES[type] }));
  const integers = ['_at', '_closes', '_change', '_position'].map((name) => ({ name, type: 'integer' as const }));
  const hasWindow = Object.hasOwn(output, 'window_start');
  const rows: TableSpec = {
    name: 'rows',
    columns: [{ name: '_id', type: 'text' }, ...columns, ...integers],
    key: ['_id'],
    indexes: [['_closes'], ...(hasWindow ? [['window_start', '_id']] : [])],
  };
  return [rows, ...INNER_TABLES];
}

/** A row as its table holds it. */
export function storedColumns(row: Row, schema: RowSchema): Record<string, StoreValue> {
  const columns: Record<string, StoreValue> = {};
  for (const name of Object.keys(schema)) {
    const value = row[name];
    if (typeof value === 'boolean') columns[name] = value ? 1 : 0;
    else if (typeof value === 'number') columns[name] = Number.isNaN(value) ? null : value;
    else columns[name] = value ?? null;
  }
  return columns;
}

/** The row that a table holds. */
export function rowOfColumns(columns: StoreRow, schema: RowSchema): Row {
  const row: Record<string, RowValue> = {};
  for (const [name, type] of Object.entries(schema)) {
    const value = columns[name] ?? null;
    if (type === 'flag') row[name] = value === 1;
    else if (value === null) row[name] = type === 'number' ? Number.NaN : '';
    else row[name] = value;
  }
  return row;
}

/** JSON of a row, absent numbers as null. */
export function rowText(row: Row): string {
  return JSON.stringify(row);
}

/** The row of a JSON text. */
export function rowOfText(text: string, schema: RowSchema): Row {
  const values: Readonly<Record<string, RowValue | null>> = JSON.parse(text);
  const row: Record<string, RowValue> = {};
  for (const [name, type] of Object.entries(schema)) {
    const value = values[name];
    row[name] = value ?? (type === 'number' ? Number.NaN : '');
  }
  return row;
}
