import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../command.ts';
import {
  type EventRecord,
  isEventRecord,
  type TrafficItem,
  type Truth,
  toTrafficItem,
} from '../traffic/traffic-item.ts';
import { type InputBytes, inputError, openInput } from './input-bytes.ts';
import { readCsvRows, readNdjson } from './input-rows.ts';
import { compileMapping, type LookupTable } from './mapping-compiler.ts';
import { type FieldMapping, type Mapping, parseMapping, type ValueMapping } from './mapping-schema.ts';

const SHIPPED_FOLDER = fileURLToPath(new URL('../../../mappings/', import.meta.url));

/** What is replayed: first the events that state facts, then those of the file. */
export type TrafficSource = {
  readonly before: AsyncIterable<TrafficItem>;
  readonly items: AsyncIterable<TrafficItem>;
  /** Share of the file that was read, 0 to 1; 0 where it is not known. */
  readonly share: () => number;
};

/** Loads a mapping: a file, or the name of one that ships. Rejects with INPUT_FILE. */
export async function loadMapping(name: string): Promise<Mapping> {
  const path = /^[\w-]+$/.test(name) ? join(SHIPPED_FOLDER, `${name}.yaml`) : name;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw inputError(path, 'the mapping cannot be opened', error);
  }
  return parseMapping(path, text);
}

function formatOf(path: string, mapping: Mapping | null): 'csv' | 'ndjson' {
  if (mapping?.format !== undefined) return mapping.format;
  return /\.csv(\.gz)?$/i.test(path) ? 'csv' : 'ndjson';
}

async function loadTable(path: string, key: string): Promise<LookupTable> {
  const { bytes } = await openInput(path, emptyInput());
  let columns: readonly string[] | null = null;
  let keyIndex = -1;
  const rows = new Map<string, readonly string[]>();
  for await (const row of readCsvRows(path, bytes)) {
    if (columns === null) {
      columns = row;
      keyIndex = row.indexOf(key);
      if (keyIndex < 0) throw inputError(path, `it has no column ${key} to look up by`);
    } else {
      rows.set(row[keyIndex] ?? '', row);
    }
  }
  return { columns: columns ?? [], rows };
}

async function* emptyInput(): AsyncGenerator<Uint8Array> {}

async function* mappedCsv(
  path: string,
  input: InputBytes,
  tables: ReadonlyMap<string, LookupTable>,
  mapping: Pick<Mapping, 'fields' | 'label'>,
): AsyncGenerator<TrafficItem> {
  let toItem: ReturnType<typeof compileMapping> | null = null;
  let number = 0;
  for await (const row of readCsvRows(path, input.bytes)) {
    number++;
    if (toItem === null) toItem = compileMapping(path, row, tables, mapping);
    else yield toItem(row, number);
  }
}

function columnsOfValue(value: ValueMapping): string[] {
  return [value.column, ...(value.columns ?? []), value.lookup?.by].filter((name) => name !== undefined);
}

function columnsOfField(field: FieldMapping): string[] {
  if ('plane' in field) return [...columnsOfValue(field.plane.x), ...columnsOfValue(field.plane.y)];
  if ('latitude' in field) return [...columnsOfValue(field.latitude), ...columnsOfValue(field.longitude)];
  return columnsOfValue(field);
}

function cellText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

async function* mappedNdjson(
  path: string,
  input: InputBytes,
  tables: ReadonlyMap<string, LookupTable>,
  mapping: Mapping,
): AsyncGenerator<TrafficItem> {
  const { label } = mapping;
  const ofLabel = label === undefined ? [] : [label.column, ...(label.group ? columnsOfValue(label.group) : [])];
  const columns = [...new Set([...Object.values(mapping.fields).flatMap(columnsOfField), ...ofLabel])];
  const toItem = compileMapping(path, columns, tables, mapping);
  let number = 0;
  for await (const record of readNdjson(path, input.bytes)) {
    number++;
    yield toItem(
      columns.map((column) => cellText(record[column])),
      number,
    );
  }
}

function truthOf(label: unknown): Truth | null {
  if (!isEventRecord(label) || typeof label.fraud !== 'boolean') return null;
  return { fraud: label.fraud, group: typeof label.campaign === 'string' ? label.campaign : 'fraud' };
}

/** An event as it stands on a line: bare, or with its label as `palisade simulate` writes it. */
export function itemOfLine(line: EventRecord): TrafficItem {
  return isEventRecord(line.event) ? toTrafficItem(line.event, truthOf(line.label)) : toTrafficItem(line, null);
}

async function* plainNdjson(path: string, input: InputBytes): AsyncGenerator<TrafficItem> {
  for await (const line of readNdjson(path, input.bytes)) yield itemOfLine(line);
}

async function* statedFacts(
  folder: string,
  tables: ReadonlyMap<string, LookupTable>,
  mapping: Mapping | null,
): AsyncGenerator<TrafficItem> {
  for (const { file, fields } of mapping?.before ?? []) {
    const path = join(folder, file);
    yield* mappedCsv(path, await openInput(path, emptyInput()), tables, { fields });
  }
}

/**
 * Opens what is to be replayed. Look-up tables are read into memory, the file itself is streamed. Tables stand in the
 * folder of the file. Rejects with INPUT_FILE, or UsageError where a CSV file comes without a mapping.
 */
export async function openTraffic(
  path: string,
  mapping: Mapping | null,
  stdin: AsyncIterable<Uint8Array>,
): Promise<TrafficSource> {
  const format = formatOf(path, mapping);
  if (format === 'csv' && mapping === null) {
    throw new UsageError(`Cannot replay a CSV file as it has no mapping: ${path}. Pass one by --mapping.`);
  }
  const folder = path === '-' ? '.' : dirname(path);
  const tables = new Map<string, LookupTable>();
  for (const [name, { file, key }] of Object.entries(mapping?.tables ?? {})) {
    tables.set(name, await loadTable(join(folder, file), key));
  }
  const input = await openInput(path, stdin);
  const items =
    mapping === null
      ? plainNdjson(path, input)
      : format === 'csv'
        ? mappedCsv(path, input, tables, mapping)
        : mappedNdjson(path, input, tables, mapping);
  return { before: statedFacts(folder, tables, mapping), items, share: input.share };
}
