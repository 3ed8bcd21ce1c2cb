import { type Conditions, NARROW_ROWS_MAX } from './row-selection.ts';
import type { PageEnd, StoredValues } from './stored-values.ts';

/** A list to read a page of. Names come from the program, never from a caller. */
export type ListPlan = {
  readonly table: string;
  readonly words: string;
  /** Columns that the index of words is made of. */
  readonly wordColumns: readonly string[];
  readonly conditions: Conditions;
  /** Bounds on indexed columns. */
  readonly ranges: readonly ListRange[];
  readonly sort: string;
  readonly descending: boolean;
  readonly after: PageEnd | null;
  readonly limit: number;
  readonly all: (sql: string, values: readonly (string | number)[]) => readonly StoredValues[];
};

/** Values at or after a bound, and before another, or up to it. */
export type ListRange = {
  readonly column: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly isToIncluded?: boolean;
};

type Values = readonly (string | number)[];

/**
 * Reads one page of a list, one row more than its limit where there are more. Looks first which index leaves few rows:
 * the words, or a range; those are sorted. Where all are broad it walks the index of the order and tests each row.
 */
export function readList(plan: ListPlan): readonly StoredValues[] {
  const { conditions, words, all } = plan;
  const { match } = conditions;
  const narrow = (sql: string, values: Values): boolean => {
    const [row] = all(`SELECT count(*) AS n FROM (${sql} LIMIT ${NARROW_ROWS_MAX + 1})`, values);
    return Number(row?.n) <= NARROW_ROWS_MAX;
  };
  const wordsSql = `SELECT rowid FROM ${words} WHERE ${words} MATCH ?`;
  if (match !== null && narrow(wordsSql, [match])) {
    return rowsOf(plan, { from: `${words} w CROSS JOIN ${plan.table} r ON r.position = w.rowid`, values: [], match });
  }
  const range = plan.ranges.find(
    (each) =>
      each.column !== plan.sort &&
      (each.from !== null || each.to !== null) &&
      narrow(`SELECT 1 FROM ${plan.table} r WHERE ${boundsSql(`r."${each.column}"`, each)}`, boundsOf(each)),
  );
  return rowsOf(plan, { from: `${plan.table} r`, values: [], match: null }, range?.column ?? plan.sort);
}

function boundsSql(column: string, { from, to, isToIncluded = false }: ListRange): string {
  const upper = `${column} ${isToIncluded ? '<=' : '<'} ?`;
  return [from === null ? [] : [`${column} >= ?`], to === null ? [] : [upper]].flat().join(' AND ');
}

function boundsOf({ from, to }: ListRange): number[] {
  return [from, to].filter((bound) => bound !== null);
}

/** All that a row has words in, as one text. */
function textSql(columns: readonly string[]): string {
  return `(${columns.map((column) => `' ' || coalesce(r."${column}", '')`).join(' || ')})`;
}

type From = { readonly from: string; readonly values: Values; readonly match: string | null };

/** `driver`: the one column whose index may be used; null where the words lead to the rows. */
function rowsOf(plan: ListPlan, { from, match }: From, driver: string | null = null): readonly StoredValues[] {
  const { conditions, ranges, sort, descending, after, words } = plan;
  const where: string[] = [];
  const values: (string | number)[] = [];
  const add = (sql: string, ...bound: Values): void => {
    where.push(sql);
    values.push(...bound);
  };
  // A plus before a column keeps the planner from its index, whose rows would all have to be sorted.
  const shown = (column: string): string => (column === driver ? `r."${column}"` : `+r."${column}"`);
  if (match !== null) add(`${words} MATCH ?`, match);
  add(conditions.sql, ...conditions.values);
  for (const range of ranges) {
    if (range.from !== null || range.to !== null) add(boundsSql(shown(range.column), range), ...boundsOf(range));
  }
  for (const word of match === null ? conditions.searched : []) {
    add(`${textSql(plan.wordColumns)} LIKE ? ESCAPE '\\'`, `% ${word.replace(/[\\%_]/g, '\\$&')}%`);
  }
  const direction = descending ? 'DESC' : 'ASC';
  const comparison = descending ? '<' : '>';
  const isSortDriven = driver === sort;
  const order =
    sort === 'position' ? `r.position ${direction}` : `${shown(sort)} ${direction}, r.position ${direction}`;
  if (sort !== 'position') add(`${shown(sort)} IS NOT NULL`);
  if (after !== null && sort === 'position') add(`r.position ${comparison} ?`, after.position);
  if (after !== null && sort !== 'position') {
    if (isSortDriven) add(`(r."${sort}", r.position) ${comparison} (?, ?)`, after.value, after.position);
    else add(`(+r."${sort}", +r.position) ${comparison} (?, ?)`, after.value, after.position);
  }
  const sql = `SELECT r.* FROM ${from} WHERE ${where.join(' AND ')} ORDER BY ${order} LIMIT ${plan.limit + 1}`;
  return plan.all(sql, values);
}
