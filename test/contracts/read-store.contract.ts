import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createMemoryReadStore } from '../../src/adapters/memory/memory-read-store.ts';
import type { ReadStore, ReadStoreWriter, StoreTables, TableSpec } from '../../src/ports/read-store.ts';

const SPEC: TableSpec = {
  name: 'things',
  columns: [
    { name: 'kind', type: 'text' },
    { name: 'number', type: 'integer' },
    { name: 'weight', type: 'real' },
    { name: 'note', type: 'text' },
  ],
  key: ['kind', 'number'],
  indexes: [['weight']],
};

/** A table whose rows are folded: counters by id, numbered; and bounds by their key. */
const COUNTERS: TableSpec = {
  name: 'counters',
  columns: [
    { name: 'number', type: 'integer' },
    { name: 'id', type: 'text' },
    { name: 'count', type: 'integer', fold: 'sum' },
    { name: 'least', type: 'real', fold: 'min' },
    { name: 'most', type: 'real', fold: 'max' },
    { name: 'newest', type: 'text', fold: 'last' },
  ],
  key: ['number'],
  numbered: ['id'],
  indexes: [],
};
const BOUNDS: TableSpec = {
  name: 'bounds',
  columns: [
    { name: 'left', type: 'integer' },
    { name: 'right', type: 'integer' },
    { name: 'since', type: 'integer', fold: 'min' },
    { name: 'until', type: 'integer', fold: 'max' },
  ],
  key: ['left', 'right'],
  indexes: [['right']],
};

function withTable<Result>(store: ReadStore, work: (tables: StoreTables, writer: ReadStoreWriter) => Result): Result {
  return store.transaction((writer) => {
    const found = store.generations()[0]?.id ?? writer.createGeneration('p', 'v1', 'live', [SPEC, COUNTERS, BOUNDS]);
    return work(store.tables(found), writer);
  });
}

const value = fc.constantFrom('', 'a', 'b', 'é', 'z', '😀', '\uffff');
const row = fc.record({
  kind: value,
  number: fc.integer({ min: -3, max: 3 }),
  weight: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => each + 0)),
  note: fc.option(value),
});
const comparison = fc.constantFrom('=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const);
const condition = fc.oneof(
  fc.record({ column: fc.constant('kind'), comparison, value }),
  fc.record({ column: fc.constant('number'), comparison, value: fc.integer({ min: -3, max: 3 }) }),
  fc.record({ column: fc.constant('note'), comparison, value: fc.option(value) }),
);
const step = fc.oneof(
  fc.record({ do: fc.constant('put' as const), row }),
  fc.record({ do: fc.constant('remove' as const), row }),
  fc.record({ do: fc.constant('removeWhere' as const), where: fc.array(condition, { minLength: 1, maxLength: 2 }) }),
);
const query = fc.record({
  where: fc.array(condition, { maxLength: 2 }),
  orderBy: fc.array(fc.record({ column: fc.constantFrom('weight', 'note', 'number'), descending: fc.boolean() }), {
    maxLength: 2,
  }),
  limit: fc.nat(10),
});

function rowsContract(open: () => ReadStore): void {
  test('holds, finds and orders rows as the one in memory does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.array(query, { maxLength: 5 }), (steps, queries) => {
        const [store, model] = [open(), createMemoryReadStore()];
        for (const each of [store, model]) {
          withTable(each, (tables) => {
            for (const one of steps) {
              if (one.do === 'put') tables.put('things', one.row);
              else if (one.do === 'remove') tables.remove('things', [one.row.kind, one.row.number]);
              else tables.removeWhere('things', one.where);
            }
          });
        }
        for (const one of queries) {
          const [actual, expected] = [store, model].map((each) =>
            withTable(each, (tables) => [tables.select('things', one), tables.count('things', one.where)]),
          );
          assert.deepEqual(actual, expected);
        }
        store.close();
      }),
      { numRuns: 40 },
    );
  });

  test('forgets everything of a transaction that throws', () => {
    const store = open();
    withTable(store, (tables) => tables.put('things', { kind: 'a', number: 1 }));
    const attempt = (): void =>
      withTable(store, (tables, writer) => {
        tables.put('things', { kind: 'a', number: 2 });
        tables.remove('things', ['a', 1]);
        writer.setSetting('x', 'y');
        writer.addToOutbox({ recordId: 'r', stream: 's', type: 'T', body: '{}' });
        writer.createGeneration('other', 'v', 'building', [SPEC]);
        writer.setCheckpoint(store.generations()[0]?.id ?? 0, 7);
        throw new Error('no');
      });
    assert.throws(attempt, /no/);
    assert.equal(store.setting('x'), null);
    assert.equal(store.outboxCount(), 0);
    assert.deepEqual(
      store.generations().map(({ projection, checkpoint }) => [projection, checkpoint]),
      [['p', 0]],
    );
    withTable(store, (tables) => {
      assert.deepEqual(tables.get('things', ['a', 1]), { kind: 'a', number: 1, weight: null, note: null });
      assert.equal(tables.get('things', ['a', 2]), null);
    });
    store.close();
  });
}

function foldsContract(open: () => ReadStore): void {
  test('folds rows into those that are there, and numbers them as they come, whatever the transactions', () => {
    const change = fc.record({
      id: fc.constantFrom('a', 'b', 'é'),
      amount: fc.integer({ min: -5, max: 5 }),
      note: fc.option(fc.constantFrom('x', 'y')),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), fc.integer({ min: 1, max: 5 }), (changes, size) => {
        const store = open();
        const expected = new Map<string, Record<string, unknown>>();
        for (let from = 0; from < changes.length; from += size) {
          withTable(store, (tables) => {
            for (const { id, amount, note } of changes.slice(from, from + size)) {
              const known = expected.get(id);
              const number = Number(known?.number ?? expected.size + 1);
              expected.set(id, {
                number,
                id,
                count: Number(known?.count ?? 0) + amount,
                least: Math.min(Number(known?.least ?? amount), amount),
                most: Math.max(Number(known?.most ?? amount), amount),
                newest: note ?? known?.newest ?? null,
              });
              const row = { id, count: amount, least: amount, most: amount, newest: note };
              assert.equal(tables.fold('counters', row), number);
              tables.fold('bounds', { left: number, right: amount % 2, since: amount, until: amount });
            }
          });
        }
        withTable(store, (tables) => {
          const all = { where: [], orderBy: [], limit: 99 };
          assert.deepEqual(tables.select('counters', all), [...expected.values()]);
          const bounds = tables.select('bounds', all);
          const pairs = new Map<string, number[]>();
          for (const { id, amount } of changes) {
            const key = `${String(expected.get(id)?.number)} ${amount % 2}`;
            pairs.set(key, [...(pairs.get(key) ?? []), amount]);
          }
          assert.deepEqual(
            bounds.map(({ left, right, since, until }) => `${left} ${right} ${since} ${until}`).sort(),
            [...pairs].map(([key, given]) => `${key} ${Math.min(...given)} ${Math.max(...given)}`).sort(),
          );
        });
        store.close();
      }),
      { numRuns: 40 },
    );
  });
}

function foldsAfterFailuresContract(open: () => ReadStore): void {
  test('folds anew what a failed transaction took in, and what was removed', () => {
    const store = open();
    const fold = (amount: number, mayEnd: boolean): void =>
      withTable(store, (tables) => {
        const number = tables.fold('counters', { id: 'a', count: amount, least: amount, most: amount, newest: null });
        tables.fold('bounds', { left: 1, right: 2, since: -amount, until: amount });
        tables.fold('bounds', { left: number, right: 0, since: 0, until: 0 });
        if (!mayEnd) throw new Error('given up');
      });
    const rows = (): unknown =>
      withTable(store, (tables) => {
        const all = { where: [], orderBy: [], limit: 9 };
        const { count, least, most } = tables.select('counters', all)[0] ?? {};
        return [[count, least, most], ...tables.select('bounds', all).map(({ since, until }) => [since, until])];
      });
    assert.throws(() => fold(3, false), /given up/);
    fold(3, true);
    assert.throws(() => fold(8, false), /given up/);
    fold(5, true);
    assert.deepEqual(rows(), [
      [8, 3, 5],
      [0, 0],
      [-5, 5],
    ]);
    withTable(store, (tables) => tables.removeWhere('bounds', [{ column: 'left', comparison: '=', value: 1 }]));
    fold(2, true);
    assert.deepEqual(rows(), [
      [10, 2, 5],
      [0, 0],
      [-2, 2],
    ]);
    store.close();
  });

  test('adds a row, and refuses one whose key is there', () => {
    const store = open();
    const add = (): void => withTable(store, (tables) => tables.add('things', { kind: 'a', number: 1 }));
    add();
    assert.throws(add);
    assert.equal(
      withTable(store, (tables) => tables.count('things', [])),
      1,
    );
    store.close();
  });
}

/** What every read store has to do; `open` makes an empty one. */
export function readStoreContract(name: string, open: () => ReadStore): void {
  describe(`the read store ${name}`, () => {
    rowsContract(open);
    foldsContract(open);
    foldsAfterFailuresContract(open);

    test('keeps a fact for the log once, in order, until it is taken out', () => {
      const store = open();
      const add = (recordId: string): void =>
        store.transaction((writer) => writer.addToOutbox({ recordId, stream: 's', type: 'T', body: recordId }));
      for (const id of ['a', 'b', 'a', 'c']) add(id);
      assert.deepEqual(
        store.outbox(2).map(({ recordId }) => recordId),
        ['a', 'b'],
      );
      store.transaction((writer) => writer.removeFromOutbox(store.outbox(1).map(({ sequence }) => sequence)));
      assert.deepEqual(
        store.outbox(9).map(({ recordId, body }) => [recordId, body]),
        [
          ['b', 'b'],
          ['c', 'c'],
        ],
      );
      store.close();
    });

    test('keeps generations apart, and drops one with its tables', () => {
      const store = open();
      const [first, second] = store.transaction((writer) => [
        writer.createGeneration('p', 'v1', 'live', [SPEC]),
        writer.createGeneration('p', 'v2', 'building', [SPEC]),
      ]);
      store.transaction((writer) => {
        store.tables(first ?? 0).put('things', { kind: 'old', number: 1 });
        writer.setState(second ?? 0, 'live');
        writer.setCheckpoint(second ?? 0, 12);
      });
      assert.equal(store.tables(second ?? 0).count('things', []), 0);
      store.transaction((writer) => writer.dropGeneration(first ?? 0));
      assert.deepEqual(store.generations(), [
        { id: second, projection: 'p', version: 'v2', state: 'live', checkpoint: 12 },
      ]);
      assert.throws(() => store.tables(first ?? 0).count('things', []));
      store.close();
    });
  });
}
