import { tableFromIPC } from 'apache-arrow';
import { readParquet } from 'parquet-wasm';

/** Rows of a Parquet file, read by the Rust implementation: times in ms, as numbers. */
export function readParquetRows(bytes: Uint8Array): readonly Readonly<Record<string, unknown>>[] {
  const table = tableFromIPC(readParquet(bytes).intoIPCStream());
  return table.toArray().map((row) => Object.fromEntries(Object.entries(row.toJSON()).map(plain)));
}

/** Names and types of the columns of a Parquet file. */
export function readParquetColumns(bytes: Uint8Array): readonly string[] {
  const { schema } = tableFromIPC(readParquet(bytes).intoIPCStream());
  return schema.fields.map(({ name, type }) => `${name} ${type}`);
}

function plain([name, value]: [string, unknown]): [string, unknown] {
  if (typeof value === 'bigint') return [name, Number(value)];
  return [name, value instanceof Date ? value.getTime() : value];
}
