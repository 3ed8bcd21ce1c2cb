import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FileStore } from '../../src/ports/table-files.ts';

/** A store to test, and what it holds, by path. */
export type FileStoreUnderTest = {
  readonly store: FileStore;
  readonly contents: () => Promise<ReadonlyMap<string, string>>;
  readonly close: () => Promise<void>;
};

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What every store of files has to do. */
export function fileStoreContract(name: string, open: () => Promise<FileStoreUnderTest>): void {
  describe(`${name} as a store of files`, () => {
    const holds = async (
      work: (store: FileStore) => Promise<void>,
      expected: Record<string, string>,
    ): Promise<void> => {
      const { store, contents, close } = await open();
      try {
        await work(store);
        assert.deepEqual(Object.fromEntries(await contents()), expected);
      } finally {
        await close();
      }
    };

    test('holds what was put, by its path', () =>
      holds(
        async (store) => {
          await store.put('view/date=2026-02-10/hour=09/view.parquet', bytesOf('one'));
          await store.put('view/date=2026-02-10/hour=10/view.parquet', bytesOf('two'));
        },
        { 'view/date=2026-02-10/hour=09/view.parquet': 'one', 'view/date=2026-02-10/hour=10/view.parquet': 'two' },
      ));

    test('replaces a file by a shorter one', () =>
      holds(
        async (store) => {
          await store.put('a/b', bytesOf('a long text'));
          await store.put('a/b', bytesOf('short'));
        },
        { 'a/b': 'short' },
      ));

    test('removes a file, and takes one that is not there for removed', () =>
      holds(
        async (store) => {
          await store.put('a/b', bytesOf('one'));
          await store.put('a/c', bytesOf('two'));
          await store.remove('a/b');
          await store.remove('a/b');
          await store.remove('never/there');
        },
        { 'a/c': 'two' },
      ));

    test('holds an empty file, and names with signs that addresses give a meaning', () =>
      holds((store) => store.put("a=1/b+c d%20e/it's(1)*!~.x", bytesOf('')), { "a=1/b+c d%20e/it's(1)*!~.x": '' }));
  });
}
