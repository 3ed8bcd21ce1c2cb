import type { ColumnType, Row, RowSchema, RowValue } from '../../domain/views.ts';
import type { StoreRow, StoreValue, TableSpec } from '../../ports/read-store.ts';

const STORE_TYPES: Readonly<Record<ColumnType, 'text' | 'integer' | 'real'>> = {
  number: 'real',
  text: 'text',
  flag: 'integer',
};

/** Tables of a view: its rows, what changed in them, and what the operators go on from. */
export function viewTables(output: RowSchema): readonly TableSpec[] {
  const columns = Object.entries(output).map(([name, type]) => ({ name, type: STORE_TYPES[type] }));
  const hasWindow = Object.hasOwn(output, 'window_start');
  return [
    {
      name: 'rows',
      columns: [
        { name: '_id', type: 'text' },
        ...columns,
        { name: '_at', type: 'integer' },
        { name: '_closes', type: 'integer' },
        { name: '_change', type: 'integer' },
        { name: '_position', type: 'integer' },
      ],
      key: ['_id'],
      indexes: [['_closes'], ...(hasWindow ? [['window_start', '_id']] : [])],
    },
    {
      name: 'changes',
      columns: [
        { name: 'sequence', type: 'integer' },
        { name: 'position', type: 'integer' },
        { name: 'row_id', type: 'text' },
        { name: 'kind', type: 'text' },
        { name: 'corrects', type: 'integer' },
        { name: 'before', type: 'text' },
        { name: 'after', type: 'text' },
      ],
      key: ['sequence'],
      indexes: [],
    },
    {
      name: 'panes',
      columns: [
        { name: 'level', type: 'integer' },
        { name: 'group_key', type: 'text' },
        { name: 'start', type: 'integer' },
        { name: 'last', type: 'integer' },
        { name: 'events', type: 'integer' },
        { name: 'cells', type: 'text' },
      ],
      key: ['level', 'group_key', 'start'],
      indexes: [],
    },
    {
      name: 'shown',
      columns: [
        { name: 'level', type: 'integer' },
        { name: 'row_id', type: 'text' },
        { name: 'values', type: 'text' },
        { name: 'at', type: 'integer' },
        { name: 'closes', type: 'integer' },
      ],
      key: ['level', 'row_id'],
      indexes: [['closes']],
    },
    {
      name: 'late_events',
      columns: [
        { name: 'position', type: 'integer' },
        { name: 'record_id', type: 'text' },
        { name: 'at', type: 'integer' },
        { name: 'watermark', type: 'integer' },
        { name: 'closed_windows', type: 'integer' },
        { name: 'policy', type: 'text' },
      ],
      key: ['position'],
      indexes: [],
    },
    {
      name: 'raised',
      columns: [
        { name: 'rule_id', type: 'text' },
        { name: 'row_id', type: 'text' },
        { name: 'closes', type: 'integer' },
      ],
      key: ['rule_id', 'row_id'],
      indexes: [['closes']],
    },
    {
      name: 'progress',
      columns: [
        { name: 'name', type: 'text' },
        { name: 'value', type: 'text' },
      ],
      key: ['name'],
      indexes: [],
    },
  ];
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
