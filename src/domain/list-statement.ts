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
  /** Name of the index that has, by position, every column of `ranges` and `sort`. */
  readonly orders: string;
  readonly conditions: Conditions;
  /** Bounds on indexed columns. */
  readonly ranges: readonly ListRange[];
  readonly sort: string;
  /** A condition whose column, and then the order, an index begins with: what it leaves is walked through alone. */
  readonly leading?: { readonly column: string; readonly value: string } | null;
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
  /** Rows that are soon sorted, whatever the order. Found by their words, they are looked for once. */
  readonly fewRows: number;
  /** Rows of the order that are tested before more is tried: what many rows meet fills a page sooner. */
  readonly stepsMax: number;
  /** Rows that are sorted in less time than it takes to walk along an order which they are not spread over. */
  readonly manyRows: number;
};

const BOUNDS: ListBounds = { fewRows: 10_000, stepsMax: 3_000, manyRows: 120_000 };

/** Terms whose rows are counted where more begin so. */
const TERMS_SAMPLED = 1_000;
/** Pages that are sorted before all that leads to the rows is; `tested`: where rows are tested for words. */
const PAGES_SORTED = { exact: 10, tested: 40 };

/** What leads to the rows beside their order: words, or a column whose index is used. `positions`: if few, as JSON. */
type Source =
  | { readonly rows: number; readonly match: string; readonly range: null; readonly positions: string | null }
  | { readonly rows: number; readonly match: null; readonly range: ListRange };

/**
 * Reads one page of a list, one row more than its limit where there are more. What leaves few rows is sorted. Else it
 * walks along the index of the order and tests row by row, for some thousands of rows; where that fills no page, even
 * many rows are sorted. Only where all leave more does it walk to the end. What begins words is looked up after the
 * first walk: the index of words merges all rows of all words that begin so before it gives the first.
 */
export function readList(plan: ListPlan, bounds: ListBounds = BOUNDS): readonly StoredValues[] {
  const { fewRows, manyRows, stepsMax } = bounds;
  if (plan.conditions.searched.length === 0) {
    const best = bestSource(plan, [], fewRows, fewRows);
    if (best !== null && best.rows <= fewRows) return sorted(plan, best, []);
  }
  const page = walk(plan, stepsMax);
  if (page.length > plan.limit) return page;
  const tested = broadWords(plan, manyRows);
  const best = bestSource(plan, tested, manyRows, fewRows);
  if (best === null || best.rows > manyRows) return walk(plan, 0);
  // What a range leads to has been found by no word.
  return sorted(plan, best, best.match === null ? plan.conditions.searched : tested);
}

/** Words searched for that so many rows seem to have a word of that the rows themselves are tested. */
function broadWords({ conditions, vocabulary, all }: ListPlan, rowsMax: number): readonly string[] {
  return conditions.searched.filter((word) => {
    // As FTS5 keeps them: in lower case and without marks. Where that is not exact, none is found, and none is broad.
    const from = word.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
    const range = [from, `${from}\u{10ffff}`];
    const terms = (what: string, max: number): StoredValues | undefined =>
      all(`SELECT ${what} FROM (SELECT doc FROM ${vocabulary} WHERE term >= ? AND term < ? LIMIT ${max})`, range)[0];
    // How many rows have a term costs a hundred times as much as that there is one: some tell of the others.
    const some = terms('count(*) AS n, sum(doc) AS rows', TERMS_SAMPLED);
    if (Number(some?.n) < TERMS_SAMPLED) return Number(some?.rows) > rowsMax;
    const termsMax = Math.ceil((rowsMax * TERMS_SAMPLED) / Number(some?.rows));
    return Number(terms('count(*) AS n', termsMax)?.n) >= termsMax;
  });
}

/** What leads to the fewest rows beside the order, with how many, counted up to a bound; null where nothing does. */
function bestSource(plan: ListPlan, tested: readonly string[], rowsMax: number, keptMax: number): Source | null {
  const { table, sort, all } = plan;
  const match = plan.conditions.match(tested);
  const sources: Source[] = match === null ? [] : [matched(plan, match, rowsMax, keptMax)];
  for (const range of plan.ranges) {
    const { column } = range;
    if (column === sort || !isBounded(range)) continue;
    const rows = `SELECT 1 FROM ${table} r WHERE ${boundsSql(`r."${column}"`, range)} LIMIT ${rowsMax + 1}`;
    const [counted] = all(`SELECT count(*) AS n FROM (${rows})`, boundsOf(range));
    sources.push({ rows: Number(counted?.n), match: null, range });
  }
  return sources.sort((left, right) => left.rows - right.rows)[0] ?? null;
}

/** Rows that have words, counted up to a bound, and where they are few. */
function matched({ words, all }: ListPlan, match: string, rowsMax: number, keptMax: number): Source {
  const [found] = all(
    `WITH found AS MATERIALIZED
      (SELECT rowid AS position FROM ${words} WHERE ${words} MATCH ? LIMIT ${rowsMax + 1})
    SELECT (SELECT count(*) FROM found) AS n,
      (SELECT json_group_array(position) FROM (SELECT position FROM found LIMIT ${keptMax + 1})) AS positions`,
    [match],
  );
  const rows = Number(found?.n);
  return { rows, match, range: null, positions: rows <= keptMax ? String(found?.positions) : null };
}

function boundsSql(column: string, { from, to, isToIncluded = false }: ListRange): string {
  const upper = `${column} ${isToIncluded ? '<=' : '<'} ?`;
  return [from === null ? [] : [`${column} >= ?`], to === null ? [] : [upper]].flat().join(' AND ');
}

function isBounded({ from, to }: ListRange): boolean {
  return from !== null || to !== null;
}

function boundsOf({ from, to }: ListRange): number[] {
  return [from, to].filter((bound) => bound !== null);
}

/** All that a row has words in, as one text. */
function textSql(columns: readonly string[]): string {
  return `(${columns.map((column) => `' ' || coalesce(r."${column}", '')`).join(' || ')})`;
}

/** What each row is tested for, but for what led to it: conditions, and words that the index of words did not find. */
function addTests(where: Clause, { conditions, wordColumns }: ListPlan, tested: readonly string[]): void {
  where.add(conditions.sql, ...conditions.values);
  for (const word of tested) {
    where.add(`${textSql(wordColumns)} LIKE ? ESCAPE '\\'`, `% ${word.replace(/[\\%_]/g, '\\$&')}%`);
  }
}

/** A page of the rows that a source leads to. The best of them are sorted first; all, where those fill no page. */
function sorted(plan: ListPlan, source: Source, tested: readonly string[]): readonly StoredValues[] {
  const where = new Clause();
  addTests(where, plan, tested);
  const rowsOf = (chosen: Clause): readonly StoredValues[] => {
    const from = `(${chosen.sql}) c CROSS JOIN ${plan.table} r ON r.position = c.position`;
    const sql = `SELECT r.* FROM ${from} WHERE ${where.sql} LIMIT ${plan.limit + 1}`;
    return plan.all(sql, [...chosen.values, ...where.values]);
  };
  // The index of words gives rows by their position: where that is the order, they are read until the page is full.
  if (plan.sort === 'position' && source.match !== null) return rowsOf(chosenOf(plan, source, null));
  const enough = (tested.length > 0 ? PAGES_SORTED.tested : PAGES_SORTED.exact) * (plan.limit + 1);
  const best = chosenOf(plan, source, enough);
  const positions = plan.all(best.sql, best.values).map(({ position }) => position);
  const first = new Clause();
  first.add('SELECT value AS position FROM json_each(?)', JSON.stringify(positions));
  const page = rowsOf(first);
  return page.length > plan.limit || positions.length < enough ? page : rowsOf(chosenOf(plan, source, -1));
}

/**
 * Positions that a source leads to, as far as an index tells which are in the page: a tenth of the table, which is not
 * read. The first `sortedMax` of them in the order of the list, or where that is null as they come. A plus before a
 * column keeps the planner from its index, whose rows would all have to be sorted.
 */
function chosenOf(plan: ListPlan, source: Source, sortedMax: number | null): Clause {
  const { table, ranges, sort, descending, after, orders } = plan;
  const [direction, comparison] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const isByPosition = sort === 'position';
  const leading = leadingTo(plan, source, direction);
  const where = new Clause();
  for (const range of ranges) {
    if (range !== source.range && isBounded(range)) {
      where.add(boundsSql(`+o."${range.column}"`, range), ...boundsOf(range));
    }
  }
  if (!isByPosition) where.add(`o."${sort}" IS NOT NULL`);
  if (after !== null && isByPosition) where.add(`+o.position ${comparison} ?`, after.position);
  if (after !== null && !isByPosition) {
    where.add(`(+o."${sort}", +o.position) ${comparison} (?, ?)`, after.value, after.position);
  }
  const order = `ORDER BY ${isByPosition ? '' : `+o."${sort}" ${direction}, `}+o.position ${direction}`;
  const from = `(${leading.sql}) s CROSS JOIN ${table} o INDEXED BY ${orders} ON o.position = s.position`;
  const chosen = new Clause();
  const end = sortedMax === null ? 'LIMIT -1' : `${order} LIMIT ${sortedMax}`;
  chosen.add(`SELECT o.position FROM ${from} WHERE ${where.sql} ${end}`, ...leading.values, ...where.values);
  return chosen;
}

/** The positions that a source leads to. */
function leadingTo({ table, words }: ListPlan, source: Source, direction: string): Clause {
  const clause = new Clause();
  const { range, match } = source;
  if (range !== null) {
    clause.add(
      `SELECT d.position FROM ${table} d WHERE ${boundsSql(`d."${range.column}"`, range)}`,
      ...boundsOf(range),
    );
  } else if (source.positions !== null) {
    clause.add(`SELECT value AS position FROM json_each(?) ORDER BY value ${direction} LIMIT -1`, source.positions);
  } else {
    const sql = `SELECT rowid AS position FROM ${words} WHERE ${words} MATCH ? ORDER BY rowid ${direction} LIMIT -1`;
    clause.add(sql, match);
  }
  return clause;
}

/**
 * A page along the index of the order, from where the page before ended; of no more rows than `stepsMax`, where that is
 * not 0. What has the same value as the end of a page is read apart: the index leads there at once, and would walk
 * through all of them.
 */
function walk(plan: ListPlan, stepsMax: number): readonly StoredValues[] {
  const { table, ranges, sort, descending, after, limit, leading = null } = plan;
  const [direction, comparison] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const isByPosition = sort === 'position';
  const bounds = new Clause();
  if (leading !== null) bounds.add(`r."${leading.column}" = ?`, leading.value);
  const where = new Clause();
  addTests(where, plan, plan.conditions.searched);
  for (const range of ranges) {
    if (!isBounded(range)) continue;
    if (range.column === sort) bounds.add(boundsSql(`r."${sort}"`, range), ...boundsOf(range));
    else where.add(boundsSql(`+r."${range.column}"`, range), ...boundsOf(range));
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
    ([sql]) =>
      `SELECT * FROM (SELECT r.position FROM ${table} r WHERE ${bounds.sql} AND ${sql} ORDER BY ${order} LIMIT -1)`,
  );
  const steps = `${texts.join(' UNION ALL ')} LIMIT ${stepsMax > 0 ? stepsMax : -1}`;
  const sql = `SELECT r.* FROM (${steps}) c CROSS JOIN ${table} r ON r.position = c.position WHERE ${where.sql}`;
  const values = parts.flatMap(([, bound]) => [...bounds.values, ...bound]);
  return plan.all(`${sql} LIMIT ${limit + 1}`, [...values, ...where.values]);
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
