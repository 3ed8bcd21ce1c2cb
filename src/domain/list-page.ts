import { type ListBounds, type ListPlan, readList } from './list-statement.ts';
import { cursorOf, numberAt, pageEndOf, type StoredValues } from './stored-values.ts';

/** What a page of a list is of: which rows, in which order, from where on. */
export type ListOrder = Pick<ListPlan, 'conditions' | 'ranges' | 'sort' | 'leading'> & {
  readonly descending: boolean;
  /** As the page before told it; null for the first. */
  readonly cursor: string | null;
  readonly limit: number;
};

/** Where the rows are: names in the store of a table, of its index of words and of its orders, and SQL over them. */
type ListReader = {
  readonly position: number;
  table(name: string): string;
  words(name: string): string;
  vocabulary(name: string): string;
  orders(name: string): string;
  all(sql: string, values: readonly (string | number)[]): readonly StoredValues[];
};

/** Rows of a list as of a position of the log, with the cursor of the next page; null on the last one. */
type ListPage<Row> = { readonly position: number; readonly items: readonly Row[]; readonly nextCursor: string | null };

/**
 * A page of the rows of a table whose words are indexed. Throws REQUEST_INVALID for a cursor that is none. Costs as
 * `readList` does.
 */
export function readPage<Row>(
  reader: ListReader,
  { name, words = [] }: { readonly name: string; readonly words?: readonly string[] },
  { cursor, ...order }: ListOrder,
  rowOf: (row: StoredValues) => Row,
  bounds?: ListBounds,
): ListPage<Row> {
  const { limit, sort } = order;
  const plan: ListPlan = {
    ...order,
    table: reader.table(name),
    words: reader.words(name),
    vocabulary: reader.vocabulary(name),
    orders: reader.orders(name),
    wordColumns: words,
    after: cursor === null ? null : pageEndOf(cursor),
    all: (sql, values) => reader.all(sql, values),
  };
  const rows = readList(plan, bounds);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const end = last === undefined ? null : { value: numberAt(last, sort), position: numberAt(last, 'position') };
  return {
    position: reader.position,
    items: rows.slice(0, limit).map(rowOf),
    nextCursor: end === null ? null : cursorOf(end),
  };
}
