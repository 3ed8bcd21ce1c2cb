import { PalisadeError } from './errors.ts';

/** A row of the read store. */
export type StoredValues = Readonly<Record<string, string | number | null>>;

/** The text in a column; '' where there is none. */
export function textAt(row: StoredValues, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}

/** The text in a column, or null. */
export function textOrNull(row: StoredValues, column: string): string | null {
  const value = row[column];
  return typeof value === 'string' ? value : null;
}

/** The number in a column; 0 where there is none. */
export function numberAt(row: StoredValues, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : 0;
}

/** The amount in a column to the thousandth, as fine as any currency: sums of fractions end in digits of no meaning. */
export function amountAt(row: StoredValues, column: string): number {
  return Math.round(numberAt(row, column) * 1000) / 1000;
}

/** The number in a column, or null. */
export function numberOrNull(row: StoredValues, column: string): number | null {
  const value = row[column];
  return typeof value === 'number' ? value : null;
}

/** The time in a column of ms, RFC 3339 UTC. */
export function timeAt(row: StoredValues, column: string): string {
  return new Date(numberAt(row, column)).toISOString();
}

/** The words in a column of texts that are joined by a space. */
export function wordsAt(row: StoredValues, column: string): readonly string[] {
  const text = textAt(row, column);
  return text === '' ? [] : text.split(' ');
}

/** The one of some names that a column holds; the first of them where it holds none. */
export function nameAt<Name extends string>(
  row: StoredValues,
  column: string,
  names: readonly [Name, ...Name[]],
): Name {
  const value = row[column];
  return names.find((name) => name === value) ?? names[0];
}

const NO_WORD = /[^\p{L}\p{N}\p{Co}\-_.:@]+/u;

/** The words of a text as the index of words parts them. */
export function wordsIn(text: string): readonly string[] {
  return text.split(NO_WORD).filter((word) => word !== '');
}

/** Where a page ended: what the rows are ordered by, and the position that decides between equal ones. */
export type PageEnd = { readonly value: number; readonly position: number };

/** The cursor for the page after a row. */
export function cursorOf({ value, position }: PageEnd): string {
  return JSON.stringify([value, position]);
}

/** Reads a cursor. Throws REQUEST_INVALID where it is none. */
export function pageEndOf(cursor: string): PageEnd {
  const [value = 0, position = 0] = cursorNumbers(cursor, 2);
  return { value, position };
}

/** The numbers of a cursor that has so many. Throws REQUEST_INVALID where it is none. */
export function cursorNumbers(cursor: string, count: number): readonly number[] {
  try {
    const parsed: unknown = JSON.parse(cursor);
    if (Array.isArray(parsed) && parsed.length === count) {
      const numbers = parsed.filter((each) => typeof each === 'number');
      if (numbers.length === count) return numbers;
    }
  } catch {
    // Told below: it is no cursor of ours.
  }
  const message = 'is none that this list gave';
  throw new PalisadeError('REQUEST_INVALID', `Cannot read the page as cursor ${message}. Leave it out.`, {
    fields: [{ field: 'cursor', message }],
  });
}
