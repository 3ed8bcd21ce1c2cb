import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { BloomFilter } from '../../src/adapters/sqlite/bloom-filter.ts';
import { openDatabase } from '../../src/adapters/sqlite/database.ts';
import { packDrafts } from '../../src/adapters/sqlite/draft-batch.ts';
import { EventStore } from '../../src/adapters/sqlite/event-store.ts';
import { KeyHasher, STREAM_KEY } from '../../src/adapters/sqlite/key-hasher.ts';
import { StreamHeads } from '../../src/adapters/sqlite/stream-heads.ts';
import { inDirectory } from '../contracts/log-under-test.ts';

describe('the filter of a segment', () => {
  test('misses no key that was added, and takes few others for added', () => {
    const hasher = new KeyHasher(7);
    const filter = BloomFilter.forKeys(10_000);
    const each = (name: string, use: (high: number, low: number) => void): void => {
      hasher.hash(STREAM_KEY, name);
      use(hasher.high, hasher.low & 0xffff);
    };
    for (let key = 0; key < 10_000; key++) each(`card-${key}`, (high, low) => filter.add(high, low));
    let mistakes = 0;
    for (let key = 0; key < 10_000; key++) {
      each(`card-${key}`, (high, low) => assert.ok(filter.has(high, low)));
      each(`device-${key}`, (high, low) => {
        if (filter.has(high, low)) mistakes++;
      });
    }
    assert.ok(mistakes < 300, `${mistakes} of 10000`);
  });
});

describe('the heads of streams', () => {
  test('are found by name through growth, as in a map', () => {
    const names = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^card-[0-9]{1,3}$/)), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(names, fc.integer(), (streams, seed) => {
        const heads = new StreamHeads(new KeyHasher(seed), 1_000_000);
        const model = new Map<string, number>();
        for (const stream of streams) {
          const head = heads.find(stream);
          const revision = (model.get(stream) ?? -1) + 1;
          assert.equal(head === -1 ? undefined : heads.young.revision(head), model.get(stream));
          model.set(stream, revision);
          if (head === -1) heads.add(stream, revision);
          else heads.young.setRevision(head, revision);
        }
        for (const [stream, revision] of model) assert.equal(heads.young.revision(heads.find(stream)), revision);
      }),
      { numRuns: 50 },
    );
  });

  test('are forgotten after two generations', () => {
    const heads = new StreamHeads(new KeyHasher(1), 10);
    for (let index = 0; index < 30; index++) {
      heads.add(`card-${index}`, 3);
      if (index % 10 === 9) heads.retire();
    }
    assert.equal(heads.find('card-0'), -1);
    assert.equal(heads.find('card-15'), -1);
    assert.equal(heads.young.revision(heads.find('card-29')), 3);
  });
});

describe('the index of a store', () => {
  test('stays a handful of segments however many were written, and loses nothing across restarts', () =>
    inDirectory(async (directory) => {
      const path = join(directory, 'log');
      let store = new EventStore(openDatabase(path), 16, 50);
      for (let round = 0; round < 200; round++) {
        const drafts = Array.from({ length: 25 }, (_, index) => {
          const number = round * 25 + index;
          const card = { stream: `card-${number % 97}`, expectedRevision: Math.floor(number / 97) - 1 };
          const streams = [card, { stream: 'all', expectedRevision: number - 1 }];
          return { recordId: `id-${number}`, type: 'Tested', body: '{}', streams };
        });
        const { exceptions } = store.commit([packDrafts(drafts, round * 25)]);
        assert.deepEqual(exceptions, []);
        for (let slice = 0; slice < 3 && store.hasBackgroundWork; slice++) store.workInBackground();
        assert.ok(store.index.segmentCount <= 30, `${store.index.segmentCount} segments`);
        if (round % 50 !== 17) continue;
        store.close();
        store = new EventStore(openDatabase(path), 16, 50);
      }
      while (store.hasBackgroundWork) store.workInBackground();
      assert.ok(store.index.segmentCount <= 15, `${store.index.segmentCount} segments at rest`);
      for (let number = 0; number < 5000; number += 37)
        assert.equal(store.readRecord(`id-${number}`)?.position, number + 1);
      for (let card = 0; card < 97; card++) {
        const { records, revision } = store.readImage(`card-${card}`, 's', 1000);
        assert.equal(revision, Math.ceil((5000 - card) / 97) - 1);
        assert.deepEqual(
          records.map(({ position }) => position),
          records.map((_, index) => card + 1 + index * 97),
        );
      }
      const page = store.readStream('all', 4321, 100);
      assert.deepEqual(
        page.map(({ position }) => position),
        Array.from({ length: 100 }, (_, index) => 4322 + index),
      );
      store.close();
    }));
});
