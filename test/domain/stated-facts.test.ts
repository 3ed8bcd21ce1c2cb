import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeEntityState, encodeEntityState } from '../../src/codec/mod.ts';
import { initialProfile } from '../../src/domain/evolve-profile.ts';
import { STATEMENTS_MAX } from '../../src/domain/limits.ts';
import {
  type AttributeValue,
  type FactsInForce,
  factsAt,
  NOTHING_STATED,
  type StatedFacts,
  withStatement,
} from '../../src/domain/stated-facts.ts';
import { referenceOf } from '../support/event-builders.ts';

const NAMES = ['tier', 'vip', '__proto__', 'toString'] as const;
const LAST_MS = 200;

type Statement = {
  readonly atMs: number;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly homeCountry?: string;
  readonly home?: { readonly latitude: number; readonly longitude: number };
};

const home = fc
  .tuple(fc.integer({ min: -90, max: 90 }), fc.integer({ min: -180, max: 180 }))
  .map(([latitude, longitude]) => ({ latitude, longitude }));
const statement: fc.Arbitrary<Statement> = fc.record(
  {
    atMs: fc.integer({ min: 0, max: LAST_MS }),
    attributes: fc.dictionary(fc.constantFrom(...NAMES), fc.oneof(fc.boolean(), fc.integer(), fc.string()), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    homeCountry: fc.constantFrom('DE', 'FR', 'NG'),
    home,
  },
  { requiredKeys: ['atMs'] },
);
const history = fc.array(statement, { maxLength: 120 });

function statedOf(statements: readonly Statement[]): StatedFacts {
  return statements.reduce((stated, { atMs, ...facts }) => {
    return withStatement(stated, referenceOf('e', facts), atMs);
  }, NOTHING_STATED);
}

/** Bytes of a snapshot: what has to be the same for the same state. */
function bytesOf(stated: StatedFacts): string {
  return Buffer.from(encodeEntityState({ ...initialProfile('active'), stated }, new Uint8Array())).toString('hex');
}

/**
 * By the definition: of what was stated of one thing, the newest by time, and of one time the last to come; of those
 * the newest 32 times; of them the newest that is not after the time asked for, or the oldest where older ones went.
 */
function valueBy<Value>(told: readonly { atMs: number; value: Value | undefined }[], atMs: number): Value | undefined {
  const byTime = new Map<number, Value>();
  for (const { atMs: at, value } of told) if (value !== undefined) byTime.set(at, value);
  const times = [...byTime.keys()].sort((left, right) => left - right);
  const kept = times.slice(-STATEMENTS_MAX);
  const time = kept.findLast((each) => each <= atMs) ?? (kept.length < times.length ? kept[0] : undefined);
  return time === undefined ? undefined : byTime.get(time);
}

function oracle(statements: readonly Statement[], atMs: number): FactsInForce {
  const told = <Value>(read: (statement: Statement) => Value | undefined): Value | undefined =>
    valueBy(
      statements.map((each) => ({ atMs: each.atMs, value: read(each) })),
      atMs,
    );
  const held = NAMES.flatMap((name) => {
    const value = told(({ attributes }) => {
      return attributes !== undefined && Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    });
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    attributes: Object.fromEntries(held),
    homeCountry: told(({ homeCountry }) => homeCountry) ?? '',
    home: told((each) => each.home) ?? null,
  };
}

function assertReads(stated: StatedFacts, statements: readonly Statement[]): void {
  for (let atMs = -1; atMs <= LAST_MS + 1; atMs += 1) {
    const { attributes, ...homes } = factsAt(stated, atMs);
    const expected = oracle(statements, atMs);
    assert.deepEqual(Object.entries(attributes).sort(), Object.entries(expected.attributes).sort(), `at ${atMs}`);
    assert.deepEqual({ ...homes, attributes: expected.attributes }, expected, `at ${atMs}`);
  }
}

describe('facts that were stated about an entity', () => {
  test('read as the definition says at every time, whatever the order of arrival', () => {
    fc.assert(fc.property(history, (statements) => assertReads(statedOf(statements), statements)));
  });

  test('read as the definition says where more were stated than are kept', () => {
    const crowded = fc.array(
      fc.record({ atMs: fc.integer({ min: 0, max: LAST_MS }), attributes: fc.record({ tier: fc.integer() }) }),
      { minLength: STATEMENTS_MAX, maxLength: 4 * STATEMENTS_MAX },
    );
    fc.assert(fc.property(crowded, (statements) => assertReads(statedOf(statements), statements)));
  });

  test('are the same bytes for every order in which statements of different times came', () => {
    const distinct = fc.uniqueArray(statement, { maxLength: 100, selector: ({ atMs }) => atMs });
    const orders = distinct.chain((statements) =>
      fc.tuple(
        fc.constant(statements),
        fc.shuffledSubarray(statements, { minLength: statements.length, maxLength: statements.length }),
      ),
    );
    fc.assert(
      fc.property(orders, ([statements, other]) =>
        assert.equal(bytesOf(statedOf(statements)), bytesOf(statedOf(other))),
      ),
    );
  });

  test('read the same from a snapshot, and go on as they would have', () => {
    fc.assert(
      fc.property(history, statement, (statements, next) => {
        const stated = statedOf(statements);
        const bytes = encodeEntityState({ ...initialProfile('active'), stated }, new Uint8Array([1, 2]));
        const { profile, windows } = decodeEntityState(bytes);
        assert.deepEqual([...windows], [1, 2]);
        assert.deepEqual(profile.stated, stated);
        const { atMs, ...facts } = next;
        const goingOn = (from: StatedFacts): string => bytesOf(withStatement(from, referenceOf('e', facts), atMs));
        assert.equal(goingOn(profile.stated), goingOn(stated));
      }),
    );
  });

  test('hold at exactly their own time, and not a millisecond before', () => {
    const stated = statedOf([{ atMs: 50, attributes: { tier: 1 } }]);
    assert.deepEqual(factsAt(stated, 49).attributes, {});
    assert.deepEqual(factsAt(stated, 50).attributes, { tier: 1 });
  });

  test('stay the same object where an event states a status alone', () => {
    const stated = statedOf([{ atMs: 50, homeCountry: 'DE' }]);
    assert.equal(withStatement(stated, referenceOf('e', { status: 'freeze' }), 60), stated);
    assert.equal(withStatement(NOTHING_STATED, referenceOf('e'), 60), NOTHING_STATED);
  });
});
