import { TABLE_COLUMNS_MAX, TABLE_KEEP_MS_MAX, TABLES_MAX, WINDOW_SIZE_MS_MAX } from '../domain/limits.ts';
import { COLUMN_TYPES, type ColumnSpec, type TableSpec } from '../domain/tables.ts';
import { parseDuration } from './duration.ts';
import { FieldReader, quoted } from './field-reader.ts';

const NAME = /^[a-z][a-z0-9_]{0,63}$/;
/** Names that mean something to JavaScript; no event may have members of these names either. */
const FORBIDDEN: ReadonlySet<string> = new Set(['constructor', 'prototype']);
const NAME_FORM = 'lower case letters, digits and _, the first a letter';

function readColumns(reader: FieldReader): ColumnSpec[] {
  const columns = reader.child('columns');
  if (columns === null) {
    reader.report('columns', 'A table needs columns, as in { score: number, tier: text, sanctioned: boolean }.');
    return [];
  }
  const entries = columns.entries();
  if (entries.length === 0 || entries.length > TABLE_COLUMNS_MAX) {
    reader.report('columns', `A table has 1 to ${TABLE_COLUMNS_MAX} columns, not ${entries.length}.`);
  }
  const specs = entries.map(({ key, offset }): ColumnSpec => {
    const report = (message: string) => reader.source.report(offset, columns.pathOf(key), message);
    if (!NAME.test(key)) report(`The name of a column is ${NAME_FORM}, not ${quoted(key)}.`);
    else if (key === 'known') report('Every row has known already: choose another name.');
    else if (FORBIDDEN.has(key)) report(`No column can be called ${key}: choose another name.`);
    return { name: key, type: columns.choice(key, COLUMN_TYPES) };
  });
  return specs.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function readKeep(reader: FieldReader): number {
  if (!reader.has('keep')) return WINDOW_SIZE_MS_MAX;
  const text = reader.text('keep');
  const keepMs = parseDuration(text);
  if (keepMs !== null && keepMs <= TABLE_KEEP_MS_MAX) return keepMs;
  const days = TABLE_KEEP_MS_MAX / 86_400_000;
  if (text !== '') reader.report('keep', `keep is a duration from 1s to ${days}d (12h, 90d), not ${quoted(text)}.`);
  return WINDOW_SIZE_MS_MAX;
}

/** Reads the tables, ordered by name. */
export function readTables(root: FieldReader): TableSpec[] {
  const { source } = root;
  const tables = root.child('tables');
  if (tables === null) return [];
  const entries = tables.entries();
  if (entries.length > TABLES_MAX) {
    source.report(tables.offset, 'tables', `There are ${entries.length} tables; the limit is ${TABLES_MAX}.`);
    return [];
  }
  const specs = entries.flatMap(({ key, offset }): TableSpec[] => {
    if (!NAME.test(key)) {
      source.report(offset, tables.pathOf(key), `The name of a table is ${NAME_FORM}, not ${quoted(key)}.`);
    }
    if (FORBIDDEN.has(key))
      source.report(offset, tables.pathOf(key), `No table can be called ${key}: choose another name.`);
    const reader = FieldReader.of(source, tables.node(key), tables.pathOf(key), offset);
    if (reader === null) return [];
    const description = reader.text('description', '');
    const columns = readColumns(reader);
    const keepMs = readKeep(reader);
    reader.finish();
    return [{ name: key, description, columns, keepMs }];
  });
  return specs.sort((left, right) => (left.name < right.name ? -1 : 1));
}
