import { parquetWriteBuffer } from 'hyparquet-writer';
import type { FileColumn, FileColumnType, FileRow, FileValue, TableFormat } from '../../ports/table-files.ts';

const PARQUET_TYPES = { number: 'DOUBLE', text: 'STRING', flag: 'BOOLEAN', time: 'TIMESTAMP' } as const;
const ROWS_IN_GROUP = 100_000;

function cellOf(type: FileColumnType, value: FileValue | undefined): FileValue | Date {
  if (value === undefined || value === null) return null;
  return type === 'time' && typeof value === 'number' ? new Date(value) : value;
}

/**
 * Apache Parquet, compressed by Snappy: numbers as DOUBLE, texts as UTF-8, flags as BOOLEAN, times as milliseconds in
 * UTC. Every column may lack a value, so that all files of a table have one schema.
 */
export const parquetFormat: TableFormat = {
  extension: 'parquet',
  encode(columns: readonly FileColumn[], rows: readonly FileRow[]): Uint8Array {
    const columnData = columns.map(({ name, type }) => ({
      name,
      type: PARQUET_TYPES[type],
      nullable: true,
      data: rows.map((row) => cellOf(type, row[name])),
    }));
    return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: ROWS_IN_GROUP, createdBy: 'palisade' }));
  },
};
