import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecentMap } from '../../src/adapters/eventstoredb/recent-map.ts';

const steps = fc.array(
  fc.record({ act: fc.constantFrom('get', 'set', 'delete'), key: fc.nat(12), value: fc.nat(99) }),
  { maxLength: 80 },
);

test('a map of the entries used last has the newest value of the latter half, and never more than its bound', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 10 }), steps, (limit, acts) => {
      const map = new RecentMap<number, number>(limit);
      const values = new Map<number, number>();
      let used: number[] = [];
      const use = (key: number): void => {
        used = [key, ...used.filter((each) => each !== key)];
      };
      for (const { act, key, value } of acts) {
        if (act === 'set') {
          map.set(key, value);
          values.set(key, value);
          use(key);
        } else if (act === 'delete') {
          map.delete(key);
          values.delete(key);
          used = used.filter((each) => each !== key);
        } else {
          const isAmongLast = used.indexOf(key) >= 0 && used.indexOf(key) < Math.floor(limit / 2);
          const found = map.get(key);
          if (found !== undefined) {
            assert.equal(found, values.get(key));
            use(key);
          } else assert.equal(isAmongLast, false, `${key} was used just now`);
        }
      }
    }),
  );
  const full = new RecentMap<number, number>(10);
  for (let key = 0; key < 100; key++) full.set(key, key);
  const held = Array.from({ length: 100 }, (_, key) => key).filter((key) => full.get(key) !== undefined);
  assert.ok(held.length >= 5 && held.length <= 10, `${held.length}`);
});
