import type { StatementSync } from 'node:sqlite';

/** A row as `node:sqlite` returns it. */
export type Row = NonNullable<ReturnType<StatementSync['get']>>;

/** The text in a column, or undefined where the row holds something else. */
export function textIn(row: Row, column: string): string | undefined {
  const value = row[column];
  return typeof value === 'string' ? value : undefined;
}

/** The number in a column; NaN where the row holds something else, so that no check passes by accident. */
export function numberIn(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : Number.NaN;
}

/** The bytes in a column, or undefined where the row holds something else. */
export function bytesIn(row: Row, column: string): Uint8Array | undefined {
  const value = row[column];
  return value instanceof Uint8Array ? value : undefined;
}
