import type { ASTNode } from '@marcbachmann/cel-js';
import type { ColumnType, ColumnValue, RowValues, TableSpec } from '../domain/tables.ts';
import type { EvidenceReader, Reader, Resolver } from './condition-paths.ts';
import type { NodeResolver } from './prefilter.ts';
import type { RuleContext } from './rule-context.ts';
import { didYouMean } from './suggestion.ts';
import { operandsOf, pathOf, walk } from './syntax-tree.ts';

/** The name that tables are read under: `table.country_risk[event.country].score`. */
export const TABLE_NAME = 'table';

/** The flag that every row has beside its columns: whether there is one. */
export const KNOWN_COLUMN = 'known';

/** What tables are read through: the row of a key of a table, by its place, as of the event at hand; null for none. */
export interface TableHolder {
  rowOf(table: number, key: string): RowValues | null;
}

type TableRead = { readonly table: string; readonly key: ASTNode; readonly column: string };

/** Name of the table of `table.<name>`; null for any other node. */
function tableOf(node: ASTNode): string | null {
  const path = pathOf(node);
  return path?.[0] === TABLE_NAME && path.length === 2 ? (path[1] ?? null) : null;
}

/** `table.<name>[<key>].<column>` by its parts; null for any other node. */
function readOf(node: ASTNode): TableRead | null {
  if (node.op !== '.' || node.args[0].op !== '[]') return null;
  const [owner, key] = node.args[0].args;
  const table = tableOf(owner);
  return table === null ? null : { table, key, column: node.args[1] };
}

/** Every reading of a table in an expression, each once, in order of appearance. */
function readsOf(root: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  walk(root, (node) => {
    if (readOf(node) !== null) found.push(node);
  });
  return found;
}

function valueReader<Holder>(type: ColumnType | 'known', read: (holder: Holder) => ColumnValue | null): Reader<Holder> {
  switch (type) {
    case 'number':
      return { type: 'number', read: (holder) => numberOf(read(holder)) };
    case 'text':
      return { type: 'text', read: (holder) => textOf(read(holder)) };
    default:
      return { type: 'flag', read: (holder) => read(holder) === true };
  }
}

function numberOf(value: ColumnValue | null): number {
  return typeof value === 'number' ? value : Number.NaN;
}

function textOf(value: ColumnValue | null): string {
  return typeof value === 'string' ? value : '';
}

/** Reads the text that a key is: a name that holds one, a literal, a column of a row, or such joined by `+`. */
function keyReader<Holder>(node: ASTNode, resolve: NodeResolver<Holder>): ((holder: Holder) => string) | null {
  if (node.op === 'value') {
    const literal = node.args;
    return typeof literal === 'string' ? () => literal : null;
  }
  if (node.op === '+') {
    const left = keyReader(node.args[0], resolve);
    const right = keyReader(node.args[1], resolve);
    return left === null || right === null ? null : (holder) => left(holder) + right(holder);
  }
  const reader = resolve(node);
  return reader?.type === 'text' ? reader.read : null;
}

/** Resolves the names of a condition as `byPath` does, and the readings of tables. */
export function tableResolver<Holder extends TableHolder>(
  tables: readonly TableSpec[],
  byPath: Resolver<Holder>,
): NodeResolver<Holder> {
  const resolve = (node: ASTNode): Reader<Holder> | null => {
    const path = pathOf(node);
    if (path !== null) return byPath(path);
    const read = readOf(node);
    if (read === null) return null;
    const tableIndex = tables.findIndex(({ name }) => name === read.table);
    const columns = tables[tableIndex]?.columns ?? [];
    const columnIndex = columns.findIndex(({ name }) => name === read.column);
    const column = columns[columnIndex];
    const keyOf = keyReader(read.key, resolve);
    if (keyOf === null) return null;
    if (read.column === KNOWN_COLUMN) {
      return valueReader('known', (holder) => holder.rowOf(tableIndex, keyOf(holder)) !== null);
    }
    if (column === undefined) return null;
    return valueReader(column.type, (holder) => holder.rowOf(tableIndex, keyOf(holder))?.[columnIndex] ?? null);
  };
  return resolve;
}

/** Where, and why, a condition reads a table in a way that cannot be; null where it does not. */
export function tableProblem<Holder>(
  tree: ASTNode,
  tables: readonly TableSpec[],
  resolve: NodeResolver<Holder>,
): { readonly offset: number; readonly message: string } | null {
  const read = readOf(tree);
  if (read !== null) {
    const spec = tables.find(({ name }) => name === read.table);
    const names = [...(spec?.columns ?? []).map(({ name }) => name), KNOWN_COLUMN];
    if (!names.includes(read.column)) {
      const message = `There is no column ${read.column} in table ${read.table}.${didYouMean(read.column, names)}`;
      return { offset: tree.start, message };
    }
    const inKey = tableProblem(read.key, tables, resolve);
    if (inKey !== null || keyReader(read.key, resolve) !== null) return inKey;
    const form = 'a text of the event or of an entity, a text in quotes, a column, or such joined by +';
    return { offset: read.key.start, message: `The key of a table is ${form}.` };
  }
  const table = tree.op === 'id' && tree.args === TABLE_NAME ? '<name>' : tableOf(tree);
  if (table !== null) {
    const example = `${TABLE_NAME}.${table}[event.country].${KNOWN_COLUMN}`;
    return { offset: tree.start, message: `A table is read by key and column, as in ${example}.` };
  }
  for (const operand of operandsOf(tree)) {
    const problem = tableProblem(operand, tables, resolve);
    if (problem !== null) return problem;
  }
  return null;
}

/** A reading as it is written, with one spelling: the name of its evidence. */
function textOfRead(node: ASTNode): string {
  if (node.op === 'value') return JSON.stringify(node.args);
  if (node.op === '+') return `${textOfRead(node.args[0])} + ${textOfRead(node.args[1])}`;
  const read = readOf(node);
  if (read === null) return pathOf(node)?.join('.') ?? '';
  return `${TABLE_NAME}.${read.table}[${textOfRead(read.key)}].${read.column}`;
}

/** Evidence of every reading of a table in a condition. */
export function tableEvidence(tree: ASTNode, resolve: NodeResolver<RuleContext>): readonly EvidenceReader[] {
  const byName = new Map<string, EvidenceReader>();
  for (const node of readsOf(tree)) {
    const name = textOfRead(node);
    const reader = resolve(node);
    if (reader === null) continue;
    const read = (context: RuleContext) => {
      const value = reader.read(context);
      return typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
    };
    byName.set(name, { name, read });
  }
  return [...byName.values()];
}

/** Places of the tables that a condition reads. */
export function tablesReadBy(tree: ASTNode, tables: readonly TableSpec[]): readonly number[] {
  const indexes = readsOf(tree).map((node) => tables.findIndex(({ name }) => name === readOf(node)?.table));
  return [...new Set(indexes)];
}
