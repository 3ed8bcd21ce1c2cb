import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { plainDecidedOf } from '../../src/codec/plain-decided.ts';
import { RECORD_SCHEMAS } from '../../src/codec/record-schemas.ts';
import { encodeFact } from '../../src/codec/record-text.ts';
import type { Decision } from '../../src/domain/decision.ts';
import { decision, features } from './arbitrary-facts.ts';
import { RUNS, transaction } from './support.ts';

type Members = Record<string, unknown>;

/** Members of a record, as they are parsed. */
function membersOf(parts: { transaction: object; decision: Decision; features: readonly number[] }): Members {
  const fact = { type: 'TransactionDecided', ...parts } as Parameters<typeof encodeFact>[0];
  const { v: _, ...members } = JSON.parse(encodeFact(fact));
  return members;
}

const NO_HITS = { reasons: [], shadow: [], failures: [], responses: [] };
const withoutHits = fc.record({
  transaction,
  decision: decision.map((each): Decision => ({ ...each, ...NO_HITS })),
  features,
});

const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(-0, 1.5, 2 ** 60, Number.POSITIVE_INFINITY, '', 'constructor', '::0001', '010.0.0.1', [], {}, null),
);

/** Every object within a value, itself first. */
function objectsIn(value: unknown): Members[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : [value as Members];
  return [...own, ...Object.values(value).flatMap(objectsIn)];
}

describe('a decision without hits, read by hand', () => {
  test('is what the schema makes of it', () => {
    fc.assert(
      fc.property(withoutHits, (parts) => {
        const members = membersOf(parts);
        assert.deepEqual(plainDecidedOf(members), RECORD_SCHEMAS.TransactionDecided.parse(members));
      }),
      RUNS,
    );
  });

  test('with anything else about it is left to the schema, or is what the schema makes of it', () => {
    const parts = fc.record({ transaction, decision, features });
    const change = fc.record({
      place: fc.nat(),
      member: fc.oneof(fc.nat(), fc.constantFrom('ip', 'location', 'late', 'toString', '__proto__', 'x')),
      value: fc.option(strange, { nil: undefined }),
    });
    let refused = 0;
    fc.assert(
      fc.property(fc.oneof(parts, withoutHits), change, (each, { place, member, value }) => {
        const members = membersOf(each);
        const objects = objectsIn(members);
        const changed = objects[place % objects.length] ?? members;
        const names = Object.keys(changed);
        const name = typeof member === 'string' ? member : (names[member % Math.max(1, names.length)] ?? 'y');
        if (value === undefined) delete changed[name];
        else Object.defineProperty(changed, name, { value, enumerable: true, configurable: true, writable: true });
        const plain = plainDecidedOf(members);
        if (plain === null) refused += 1;
        else assert.deepEqual(plain, RECORD_SCHEMAS.TransactionDecided.parse(members));
      }),
      { numRuns: 2_000 },
    );
    assert.ok(refused > 200, `${refused} of 2000`);
  });

  test('is left to the schema where it came late, or was overtaken', () => {
    const [parts] = fc.sample(withoutHits, 1);
    if (parts === undefined) throw new Error('no sample');
    assert.notEqual(plainDecidedOf(membersOf(parts)), null);
    assert.equal(plainDecidedOf({ ...membersOf(parts), overtaken: true }), null);
    assert.equal(plainDecidedOf({ ...membersOf(parts), late: {} }), null);
  });
});
