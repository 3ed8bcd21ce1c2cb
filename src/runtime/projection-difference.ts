import type { StoreQuery, StoreRow, StoreTables, TableSpec } from '../ports/read-store.ts';

/** A row that two builds of one projection do not have in common: what each has, null for none. */
export type RowDifference = {
  readonly table: string;
  readonly left: StoreRow | null;
  readonly right: StoreRow | null;
};

const PAGE_ROWS = 1000;
/** Differences beyond this number say nothing new. */
const DIFFERENCES_MAX = 20;

/** Tells for which rows and rules an alert was raised, which depends on the rules that there were at the time. */
const BOOKKEEPING: ReadonlySet<string> = new Set(['raised']);

/** Every row of a table in the order of its key, a page at a time. */
function* rowsOf(tables: StoreTables, { name, key }: TableSpec): Generator<StoreRow> {
  let page = tables.select(name, { where: [], orderBy: [], limit: PAGE_ROWS });
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    yield* page;
    page = pageAfter(tables, name, key, last);
  }
}

/** The page after a row: rows that share all but the last column of its key come first, then those that share fewer. */
function pageAfter(tables: StoreTables, table: string, key: readonly string[], row: StoreRow): readonly StoreRow[] {
  for (let shared = key.length - 1; shared >= 0; shared--) {
    const where: StoreQuery['where'] = key
      .slice(0, shared + 1)
      .map((column, index) => ({ column, comparison: index < shared ? '=' : '>', value: row[column] ?? null }));
    const page = tables.select(table, { where, orderBy: [], limit: PAGE_ROWS });
    if (page.length > 0) return page;
  }
  return [];
}

/** Where two builds of one projection differ, row for row; none where they are equal. O(rows). */
export function differencesOf(
  specs: readonly TableSpec[],
  left: StoreTables,
  right: StoreTables,
): readonly RowDifference[] {
  const differences: RowDifference[] = [];
  for (const spec of specs) {
    if (BOOKKEEPING.has(spec.name)) continue;
    const [ours, theirs] = [rowsOf(left, spec), rowsOf(right, spec)];
    for (;;) {
      const [one, other] = [ours.next(), theirs.next()];
      if (one.done === true && other.done === true) break;
      const [leftRow, rightRow] = [one.done === true ? null : one.value, other.done === true ? null : other.value];
      if (JSON.stringify(leftRow) !== JSON.stringify(rightRow)) {
        differences.push({ table: spec.name, left: leftRow, right: rightRow });
      }
      if (differences.length >= DIFFERENCES_MAX) return differences;
    }
  }
  return differences;
}
