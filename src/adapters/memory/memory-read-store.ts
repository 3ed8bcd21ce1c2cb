import type {
  ColumnFold,
  Comparison,
  Generation,
  GenerationState,
  OutboxEntry,
  ReadStore,
  ReadStoreWriter,
  StoreQuery,
  StoreRow,
  StoreTables,
  StoreValue,
  TableSpec,
} from '../../ports/read-store.ts';

type Table = { readonly spec: TableSpec; readonly rows: Map<string, StoreRow> };
type Contents = {
  readonly generations: readonly Generation[];
  readonly tables: ReadonlyMap<number, ReadonlyMap<string, Table>>;
  readonly settings: ReadonlyMap<string, string>;
  readonly outbox: readonly OutboxEntry[];
};

/** Makes a read store that lives as long as the process: the same contract as the SQLite one, without its speed. */
export function createMemoryReadStore(): ReadStore {
  return new MemoryReadStore();
}

function keyOf(values: readonly StoreValue[]): string {
  return JSON.stringify(values);
}

function compare(left: StoreValue, right: StoreValue): number {
  if (left === right) return 0;
  if (left === null) return -1;
  if (right === null) return 1;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'number') return -1;
  if (typeof right === 'number') return 1;
  // SQLite compares texts by their UTF-8 bytes, which is the order of code points.
  return compareCodePoints(left, right);
}

function compareCodePoints(left: string, right: string): number {
  const leftPoints = [...left];
  const rightPoints = [...right];
  const length = Math.min(leftPoints.length, rightPoints.length);
  for (let index = 0; index < length; index++) {
    const difference = (leftPoints[index]?.codePointAt(0) ?? 0) - (rightPoints[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return leftPoints.length - rightPoints.length;
}

function meets(left: StoreValue, comparison: Comparison, right: StoreValue): boolean {
  if (comparison === '=') return left === right;
  if (left === null || right === null) return false;
  const difference = compare(left, right);
  switch (comparison) {
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
  }
}

function foldOf(fold: ColumnFold, known: StoreValue, given: StoreValue): StoreValue {
  switch (fold) {
    case 'sum':
      return Number(known) + Number(given);
    case 'min':
      return compare(given, known) < 0 ? given : known;
    case 'max':
      return compare(given, known) > 0 ? given : known;
    case 'last':
      return given ?? known;
  }
}

class MemoryTables implements StoreTables {
  readonly #table: (name: string) => Table;

  constructor(table: (name: string) => Table) {
    this.#table = table;
  }

  get(table: string, key: readonly StoreValue[]): StoreRow | null {
    return this.#table(table).rows.get(keyOf(key)) ?? null;
  }

  put(table: string, row: StoreRow): void {
    const { spec, rows } = this.#table(table);
    const whole = Object.fromEntries(spec.columns.map(({ name }) => [name, row[name] ?? null]));
    rows.set(keyOf(spec.key.map((column) => whole[column] ?? null)), whole);
  }

  add(table: string, row: StoreRow): void {
    const { spec, rows } = this.#table(table);
    const key = keyOf(spec.key.map((column) => row[column] ?? null));
    if (rows.has(key)) throw new Error(`there is such a row already: ${key} of ${table}`);
    this.put(table, row);
  }

  fold(table: string, row: StoreRow): number {
    const { spec, rows } = this.#table(table);
    const by = spec.numbered ?? spec.key;
    const known = [...rows.values()].find((each) => by.every((column) => each[column] === (row[column] ?? null)));
    const number = Number(spec.numbered === undefined ? 0 : (known?.[spec.key[0] ?? ''] ?? rows.size + 1));
    const folded: Record<string, StoreValue> = spec.numbered === undefined ? {} : { [spec.key[0] ?? '']: number };
    for (const { name, fold } of spec.columns) {
      const given = row[name] ?? null;
      if (fold !== undefined) folded[name] = known === undefined ? given : foldOf(fold, known[name] ?? null, given);
      else folded[name] ??= given;
    }
    this.put(table, folded);
    return number;
  }

  remove(table: string, key: readonly StoreValue[]): void {
    this.#table(table).rows.delete(keyOf(key));
  }

  removeWhere(table: string, where: StoreQuery['where']): number {
    const { rows } = this.#table(table);
    const found = [...rows].filter(([, row]) => isWanted(row, where));
    for (const [key] of found) rows.delete(key);
    return found.length;
  }

  select(table: string, { where, orderBy, limit }: StoreQuery): readonly StoreRow[] {
    const { spec, rows } = this.#table(table);
    const order = [...orderBy, ...spec.key.map((column) => ({ column, descending: false }))];
    return [...rows.values()]
      .filter((row) => isWanted(row, where))
      .sort((left, right) => {
        for (const { column, descending } of order) {
          const difference = compare(left[column] ?? null, right[column] ?? null);
          if (difference !== 0) return descending ? -difference : difference;
        }
        return 0;
      })
      .slice(0, limit);
  }

  count(table: string, where: StoreQuery['where']): number {
    return [...this.#table(table).rows.values()].filter((row) => isWanted(row, where)).length;
  }
}

function isWanted(row: StoreRow, where: StoreQuery['where']): boolean {
  return where.every(({ column, comparison, value }) => meets(row[column] ?? null, comparison, value));
}

class MemoryReadStore implements ReadStore, ReadStoreWriter {
  #generations: Generation[] = [];
  #tables = new Map<number, Map<string, Table>>();
  #settings = new Map<string, string>();
  #outbox: OutboxEntry[] = [];
  #nextId = 1;
  #nextSequence = 1;

  generations(): readonly Generation[] {
    return [...this.#generations];
  }

  tables(generation: number): StoreTables {
    return new MemoryTables((name) => {
      const table = this.#tables.get(generation)?.get(name);
      if (table === undefined) throw new Error(`no such table: ${name} of generation ${generation}`);
      return table;
    });
  }

  setting(name: string): string | null {
    return this.#settings.get(name) ?? null;
  }

  outbox(maxCount: number): readonly OutboxEntry[] {
    return this.#outbox.slice(0, maxCount);
  }

  outboxCount(): number {
    return this.#outbox.length;
  }

  transaction<Result>(work: (writer: ReadStoreWriter) => Result): Result {
    const before = this.#copy();
    try {
      return work(this);
    } catch (error) {
      this.#restore(before);
      throw error;
    }
  }

  createGeneration(projection: string, version: string, state: GenerationState, specs: readonly TableSpec[]): number {
    const id = this.#nextId++;
    this.#generations.push({ id, projection, version, state, checkpoint: 0 });
    this.#tables.set(id, new Map(specs.map((spec) => [spec.name, { spec, rows: new Map() }])));
    return id;
  }

  dropGeneration(generation: number): void {
    this.#generations = this.#generations.filter(({ id }) => id !== generation);
    this.#tables.delete(generation);
  }

  setCheckpoint(generation: number, checkpoint: number): void {
    this.#change(generation, (each) => ({ ...each, checkpoint }));
  }

  setState(generation: number, state: GenerationState): void {
    this.#change(generation, (each) => ({ ...each, state }));
  }

  setSetting(name: string, value: string): void {
    this.#settings.set(name, value);
  }

  addToOutbox(entry: Omit<OutboxEntry, 'sequence'>): void {
    if (this.#outbox.some(({ recordId }) => recordId === entry.recordId)) return;
    this.#outbox.push({ sequence: this.#nextSequence++, ...entry });
  }

  removeFromOutbox(sequences: readonly number[]): void {
    this.#outbox = this.#outbox.filter(({ sequence }) => !sequences.includes(sequence));
  }

  close(): void {
    this.#tables.clear();
  }

  #change(generation: number, change: (before: Generation) => Generation): void {
    this.#generations = this.#generations.map((each) => (each.id === generation ? change(each) : each));
  }

  #copy(): Contents {
    return {
      generations: [...this.#generations],
      tables: new Map(
        [...this.#tables].map(([id, tables]) => [
          id,
          new Map([...tables].map(([name, { spec, rows }]) => [name, { spec, rows: new Map(rows) }])),
        ]),
      ),
      settings: new Map(this.#settings),
      outbox: [...this.#outbox],
    };
  }

  #restore({ generations, tables, settings, outbox }: Contents): void {
    this.#generations = [...generations];
    this.#tables = new Map([...tables].map(([id, each]) => [id, new Map(each)]));
    this.#settings = new Map(settings);
    this.#outbox = [...outbox];
  }
}
