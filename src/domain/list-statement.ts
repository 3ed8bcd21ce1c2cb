import type { Conditions } from './row-selection.ts';
import type { PageEnd, StoredValues } from './stored-values.ts';

/** A list to read a page of. Names come from the program, never from a caller. */
export type ListPlan = {
  readonly table: string;
  readonly words: string;
  /** Which words the index has. */
  readonly vocabulary: string;
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

/** Where one way to the rows is left for another; no answer depends on it. */
export type ListBounds = {
  /** Rows that are soon sorted, whatever the order. */
  readonly fewRows: number;
  /** Rows of the order that are tested before anything else is tried: what many rows meet fills a page sooner. */
  readonly stepsMax: number;
  /** Rows that are sorted in less time than it takes to walk along an order which they are not spread over. */
  readonly manyRows: number;
  /** Words that begin alike beyond which it costs more to merge their rows than to test rows for them. */
  readonly termsMax: number;
};

const BOUNDS: ListBounds = { fewRows: 5_000, stepsMax: 10_000, manyRows: 60_000, termsMax: 10_000 };

/** What leads to the rows: the words, or one column whose index may be used. */
type Source = { readonly rows: number; readonly match: string | null; readonly driver: string | null };

/**
 * Reads one page of a list, one row more than its limit where there are more. Looks first how many rows the words and
 * each range leave: few are sorted. Then walks along the index of the order and tests row by row, for some thousands of
 * rows; where that fills no page, even many rows are sorted. Only where all leave more does it walk to the end.
 */
export function readList(plan: ListPlan, bounds: ListBounds = BOUNDS): readonly StoredValues[] {
  const tested = broadWords(plan, bounds);
  const best = sourcesOf(plan, tested, bounds).sort((left, right) => left.rows - right.rows)[0];
  if (best !== undefined && best.rows <= bounds.fewRows) return rowsOf(plan, best, tested);
  const order = { rows: Number.POSITIVE_INFINITY, match: null, driver: plan.sort };
  if (best === undefined || best.rows > bounds.manyRows) return rowsOf(plan, order, plan.conditions.searched);
  const page = rowsOf(plan, order, plan.conditions.searched, bounds.stepsMax);
  return page.length > plan.limit ? page : rowsOf(plan, best, tested);
}

/** Words searched for that so many words of rows begin with that the rows themselves are tested. */
function broadWords({ conditions, vocabulary, all }: ListPlan, { termsMax }: ListBounds): readonly string[] {
  return conditions.searched.filter((word) => {
    // As FTS5 keeps them: in lower case and without marks. Where that is not exact, none is found, and none is broad.
    const from = word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
    const terms = `SELECT 1 FROM ${vocabulary} WHERE term >= ? AND term < ? LIMIT ${termsMax + 1}`;
    return Number(all(`SELECT count(*) AS n FROM (${terms})`, [from, `${from}\u{10ffff}`])[0]?.n) > termsMax;
  });
}

/** What may lead to the rows beside the order, with how many each leaves. */
function sourcesOf(plan: ListPlan, tested: readonly string[], { manyRows }: ListBounds): Source[] {
  const { words, table, sort, all } = plan;
  const count = (sql: string, values: Values): number =>
    Number(all(`SELECT count(*) AS n FROM (${sql} LIMIT ${manyRows + 1})`, values)[0]?.n);
  const match = plan.conditions.match(tested);
  const sources: Source[] = [];
  if (match !== null) {
    sources.push({ rows: count(`SELECT rowid FROM ${words} WHERE ${words} MATCH ?`, [match]), match, driver: null });
  }
  for (const range of plan.ranges) {
    const { column, from, to } = range;
    if (column === sort || (from === null && to === null)) continue;
    const sql = `SELECT 1 FROM ${table} r WHERE ${boundsSql(`r."${column}"`, range)}`;
    sources.push({ rows: count(sql, boundsOf(range)), match: null, driver: column });
  }
  return sources;
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

/** Rows by way of a source; `tested`: words that each row is tested for. `stepsMax`: as for `walk`. */
function rowsOf(plan: ListPlan, source: Source, tested: readonly string[], stepsMax = 0): readonly StoredValues[] {
  const { table, conditions, ranges, sort, descending, after, words, limit } = plan;
  const { match, driver } = source;
  const isByPosition = sort === 'position';
  const isWalk = driver === sort && (stepsMax > 0 || (after !== null && !isByPosition));
  const where = new Clause();
  // A plus before a column keeps the planner from its index, whose rows would all have to be sorted.
  const shown = (column: string): string => (column === driver ? `r."${column}"` : `+r."${column}"`);
  if (match !== null) where.add(`${words} MATCH ?`, match);
  where.add(conditions.sql, ...conditions.values);
  for (const range of ranges) {
    if (range.from === null && range.to === null) continue;
    if (!isWalk || range.column !== sort) where.add(boundsSql(shown(range.column), range), ...boundsOf(range));
  }
  for (const word of tested) {
    where.add(`${textSql(plan.wordColumns)} LIKE ? ESCAPE '\\'`, `% ${word.replace(/[\\%_]/g, '\\$&')}%`);
  }
  if (isWalk) {
    const { sql, values } = walk(plan, stepsMax);
    return plan.all(`SELECT * FROM (${sql}) r WHERE ${where.sql} LIMIT ${limit + 1}`, [...values, ...where.values]);
  }
  const [direction, comparison] = descending ? ['DESC', '<'] : ['ASC', '>'];
  if (!isByPosition) where.add(`${shown(sort)} IS NOT NULL`);
  if (after !== null && isByPosition) where.add(`r.position ${comparison} ?`, after.position);
  if (after !== null && !isByPosition) {
    where.add(`(+r."${sort}", +r.position) ${comparison} (?, ?)`, after.value, after.position);
  }
  const order = `${isByPosition ? '' : `${shown(sort)} ${direction}, `}r.position ${direction}`;
  const from = match === null ? `${table} r` : `${words} w CROSS JOIN ${table} r ON r.position = w.rowid`;
  const sql = `SELECT r.* FROM ${from} WHERE ${where.sql} ORDER BY ${order} LIMIT ${limit + 1}`;
  return plan.all(sql, where.values);
}

/**
 * The rows in their order, from where the page before ended; no more than `stepsMax`, where that is not 0. What has the
 * same value as the end of a page is read apart: the index leads there at once, and would walk through all of them.
 */
function walk({ table, ranges, sort, descending, after }: ListPlan, stepsMax: number): Clause {
  const [direction, comparison] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const isByPosition = sort === 'position';
  const bounds = new Clause();
  for (const range of ranges) {
    const isBound = range.column === sort && (range.from !== null || range.to !== null);
    if (isBound) bounds.add(boundsSql(`r."${sort}"`, range), ...boundsOf(range));
  }
  if (!isByPosition) bounds.add(`r."${sort}" IS NOT NULL`);
  if (isByPosition && after !== null) bounds.add(`r.position ${comparison} ?`, after.position);
  const order = `${isByPosition ? '' : `r."${sort}" ${direction}, `}r.position ${direction}`;
  const parts: readonly (readonly [string, Values])[] =
    isByPosition || after === null
      ? [['1', []]]
      : [
          [`r."${sort}" = ? AND r.position ${comparison} ?`, [after.value, after.position]],
          [`r."${sort}" ${comparison} ?`, [after.value]],
        ];
  // A limit keeps the planner from taking a part out of its brackets, and with it out of its order.
  const texts = parts.map(
    ([sql]) => `SELECT * FROM (SELECT r.* FROM ${table} r WHERE ${bounds.sql} AND ${sql} ORDER BY ${order} LIMIT -1)`,
  );
  const clause = new Clause();
  clause.add(
    `${texts.join(' UNION ALL ')} LIMIT ${stepsMax > 0 ? stepsMax : -1}`,
    ...parts.flatMap(([, values]) => [...bounds.values, ...values]),
  );
  return clause;
}

/** Conditions of a statement with what is bound in them. */
class Clause {
  readonly values: (string | number)[] = [];
  readonly #parts: string[] = [];

  add(sql: string, ...values: Values): void {
    this.#parts.push(sql);
    this.values.push(...values);
  }

  get sql(): string {
    return this.#parts.length === 0 ? '1' : this.#parts.join(' AND ');
  }
}
