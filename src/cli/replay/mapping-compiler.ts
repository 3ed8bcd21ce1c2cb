import { PalisadeError } from '../../domain/errors.ts';
import { currencyExponent } from '../../domain/money.ts';
import { type TrafficItem, type Truth, toTrafficItem } from '../traffic/traffic-item.ts';
import type { FieldMapping, FieldMappings, Mapping, PlaneMapping, ValueMapping } from './mapping-schema.ts';

/** A look-up table in memory: its columns, and its rows by key. */
export type LookupTable = {
  readonly columns: readonly string[];
  readonly rows: ReadonlyMap<string, readonly string[]>;
};

type Scalar = string | number | boolean;
type Row = readonly string[];
type Read<Value> = (row: Row) => Value | undefined;

/** Makes an event from a row; `number` is the row's, for messages. Throws INPUT_FILE on a value that does not fit. */
export type RowMapper = (row: Row, number: number) => TrafficItem;

const KM_PER_DEGREE = (Math.PI * 6371) / 180;

class RowProblem extends Error {}

function columnIndex(columns: readonly string[], column: string): number {
  const index = columns.indexOf(column);
  if (index >= 0) return index;
  const known = columns.join(', ');
  throw new PalisadeError(
    'INPUT_FILE',
    `Cannot use the mapping as the input has no column ${column}: it has ${known}. Correct the mapping or the file.`,
  );
}

function toNumber(text: Scalar): number {
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw new RowProblem(`is no number: ${text}`);
  return value;
}

function toInstant(ms: number): string {
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) throw new RowProblem(`is no time: ${ms}`);
  return ms % 1000 === 0 ? `${time.toISOString().slice(0, 19)}Z` : time.toISOString();
}

function toBoolean(text: Scalar): boolean {
  if (text === 'true' || text === '1' || text === true) return true;
  if (text === 'false' || text === '0' || text === false) return false;
  throw new RowProblem(`is neither true nor false: ${text}`);
}

/** Compiles mappings against the columns of one input. */
class MappingCompiler {
  readonly #columns: readonly string[];
  readonly #tables: ReadonlyMap<string, LookupTable>;
  readonly #currency: Read<Scalar>;

  constructor(columns: readonly string[], tables: ReadonlyMap<string, LookupTable>, fields: FieldMappings) {
    this.#columns = columns;
    this.#tables = tables;
    this.#currency = () => undefined;
    const { currency } = fields;
    if (currency !== undefined && !('plane' in currency) && !('latitude' in currency)) {
      this.#currency = this.value(currency);
    }
  }

  /** Reader of one value: source, map, transform, default, prefix, in this order. */
  value(mapping: ValueMapping): Read<Scalar> {
    const source = this.#source(mapping);
    const { map, prefix } = mapping;
    const mapped: Read<Scalar> =
      map === undefined
        ? source
        : (row) => {
            const key = String(source(row) ?? '');
            return Object.hasOwn(map, key) ? map[key] : undefined;
          };
    const transformed = this.#transform(mapped, mapping.transform);
    return (row) => {
      const value = transformed(row) ?? mapping.default;
      return prefix === undefined || value === undefined ? value : `${prefix}${value}`;
    };
  }

  /** Reader of one field, a value or a position. */
  field(mapping: FieldMapping): Read<Scalar | { latitude: number; longitude: number }> {
    if ('plane' in mapping) return this.#plane(mapping);
    if (!('latitude' in mapping)) return this.value(mapping);
    const latitude = this.value(mapping.latitude);
    const longitude = this.value(mapping.longitude);
    return (row) => {
      const north = latitude(row);
      const east = longitude(row);
      return north === undefined || east === undefined
        ? undefined
        : { latitude: toNumber(north), longitude: toNumber(east) };
    };
  }

  #plane({ plane }: PlaneMapping): Read<{ latitude: number; longitude: number }> {
    const readX = this.value(plane.x);
    const readY = this.value(plane.y);
    const { latitude, longitude } = plane.origin;
    const kmPerLongitude = KM_PER_DEGREE * Math.cos((latitude * Math.PI) / 180);
    return (row) => {
      const x = readX(row);
      const y = readY(row);
      if (x === undefined || y === undefined) return undefined;
      const north = latitude + toNumber(y) / KM_PER_DEGREE;
      return { latitude: north, longitude: longitude + toNumber(x) / kmPerLongitude };
    };
  }

  #source(mapping: ValueMapping): Read<Scalar> {
    const { constant, column, columns, lookup } = mapping;
    if (constant !== undefined) return () => constant;
    if (columns !== undefined) {
      const indexes = columns.map((name) => columnIndex(this.#columns, name));
      return (row) => indexes.map((index) => row[index]).join('-');
    }
    if (lookup !== undefined) return this.#lookup(lookup);
    const index = columnIndex(this.#columns, column ?? '');
    return (row) => {
      const text = row[index];
      return text === '' ? undefined : text;
    };
  }

  #lookup({ table: name, by, column }: NonNullable<ValueMapping['lookup']>): Read<Scalar> {
    const table = this.#tables.get(name);
    if (table === undefined) {
      const known = [...this.#tables.keys()].join(', ') || 'none';
      throw new PalisadeError(
        'INPUT_FILE',
        `Cannot use the mapping as it looks up in table ${name}: tables has ${known}. Declare it under tables.`,
      );
    }
    const byIndex = columnIndex(this.#columns, by);
    const valueIndex = columnIndex(table.columns, column);
    return (row) => {
      const text = table.rows.get(row[byIndex] ?? '')?.[valueIndex];
      return text === '' ? undefined : text;
    };
  }

  #transform(read: Read<Scalar>, transform: ValueMapping['transform']): Read<Scalar> {
    if (transform === undefined) return read;
    if (transform === 'minor_units') {
      const readCurrency = this.#currency;
      return (row) => {
        const amount = read(row);
        if (amount === undefined) return undefined;
        const exponent = currencyExponent(String(readCurrency(row)));
        if (exponent === null) throw new RowProblem(`has an unknown currency: ${readCurrency(row)}`);
        return Math.round(toNumber(amount) * 10 ** exponent);
      };
    }
    const convert = {
      epoch_seconds: (value: Scalar) => toInstant(toNumber(value) * 1000),
      epoch_milliseconds: (value: Scalar) => toInstant(toNumber(value)),
      number: toNumber,
      boolean: toBoolean,
    }[transform];
    return (row) => {
      const value = read(row);
      return value === undefined ? undefined : convert(value);
    };
  }
}

function compileTruth(
  label: NonNullable<Mapping['label']>,
  columns: readonly string[],
  compiler: MappingCompiler,
): (row: Row) => Truth {
  const index = columnIndex(columns, label.column);
  const frauds = new Set(label.fraud_values);
  const group: Read<Scalar> = label.group === undefined ? () => undefined : compiler.value(label.group);
  return (row) => ({ fraud: frauds.has(row[index] ?? ''), group: String(group(row) ?? 'fraud') });
}

/**
 * Turns a mapping into a function from a row to an event that is ready to be sent. Columns are resolved once. Throws
 * INPUT_FILE where the mapping names a column or a table that is not there.
 */
export function compileMapping(
  path: string,
  columns: readonly string[],
  tables: ReadonlyMap<string, LookupTable>,
  mapping: { readonly fields: FieldMappings; readonly label?: Mapping['label'] },
): RowMapper {
  const compiler = new MappingCompiler(columns, tables, mapping.fields);
  const fields = Object.entries(mapping.fields).map(([name, field]) => ({ name, read: compiler.field(field) }));
  const { label } = mapping;
  const truthOf = label === undefined ? () => null : compileTruth(label, columns, compiler);
  return (row, number) => {
    const event: Record<string, unknown> = {};
    let current = '';
    try {
      for (const { name, read } of fields) {
        current = name;
        const value = read(row);
        if (value !== undefined) event[name] = value;
      }
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      const where = `Cannot map row ${number} of ${path} as ${current} ${error.message}`;
      throw new PalisadeError('INPUT_FILE', `${where}. Correct the row or the mapping.`, { cause: error });
    }
    return toTrafficItem(event, truthOf(row));
  };
}
