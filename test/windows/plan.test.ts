import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { FeatureSpec } from '../../src/domain/features.ts';
import { hash53 } from '../../src/domain/hash.ts';
import {
  compileWindowPlan,
  createWindowState,
  decodeWindowState,
  encodeWindowState,
  hashWindowState,
} from '../../src/windows/mod.ts';
import { FLAG } from './oracle.ts';
import { event, feature, Player } from './rig.ts';

const CENTS = { amountScale: 0.01 };
const count = feature('count', { function: 'count' }, 60_000);
const sum = feature('sum', { function: 'sum', field: 'amount' }, 60_000);
const base: FeatureSpec[] = [count, sum, feature('countries', { function: 'distinct', field: 'country' }, 60_000)];

function refusal(specs: readonly FeatureSpec[], options = CENTS): string {
  try {
    compileWindowPlan(specs, options);
  } catch (error) {
    assert.ok(isPalisadeError(error, 'RULESET_INVALID'));
    return error.message;
  }
  return assert.fail('was not refused');
}

describe('a window plan', () => {
  test('names its features in order, and what the host has to supply once each', () => {
    const plan = compileWindowPlan(
      [...base, feature('flagged', { function: 'max', field: 'amount' }, 1000, { where: FLAG })],
      CENTS,
    );
    assert.deepEqual(plan.featureNames, ['count', 'sum', 'countries', 'flagged']);
    assert.deepEqual(plan.selectors, [
      { on: 'transaction', outcome: 'all', where: null },
      { on: 'transaction', outcome: 'all', where: FLAG },
    ]);
    assert.deepEqual(plan.numericFields, ['amount']);
    assert.deepEqual(plan.distinctFields, ['country']);
  });

  test('has the same schema for the same features, and another for anything that changes what is kept', () => {
    const schema = (specs: FeatureSpec[], options = CENTS) => compileWindowPlan(specs, options).schema;
    const changed = [
      schema([...base, feature('more', { function: 'count' }, 1000)]),
      schema([count, sum]),
      schema(base.map((spec) => ({ ...spec, where: FLAG }))),
      schema(base.map((spec) => ({ ...spec, window: { kind: 'sliding', sizeMs: 60_001 } }))),
      schema(base.map((spec) => ({ ...spec, on: 'login' }))),
      schema(base.map((spec) => ({ ...spec, outcome: 'approved' }))),
      schema(base, { amountScale: 0.001 }),
      schema(base),
    ];
    assert.equal(new Set(changed).size, changed.length);
    assert.equal(schema(base), schema(structuredClone(base)));
    assert.equal(schema(base.map((spec) => ({ ...spec, name: `${spec.name}_renamed` }))), schema(base));
  });

  test('of no features works and keeps nothing', () => {
    const player = new Player(compileWindowPlan([], CENTS));
    assert.deepEqual(player.play(event(5)), []);
    assert.equal(player.admit(event(4)), 1);
  });

  test('reads amounts in major units of any currency', () => {
    for (const [amountScale, expected] of [
      [1, 57],
      [0.01, 0.57],
      [0.001, 0.057],
      [0.0001, 0.0057],
    ] as const) {
      const player = new Player(compileWindowPlan([sum], { amountScale }));
      assert.deepEqual(player.play(event(0, { amount: 57 })), [expected]);
    }
  });

  test('takes 30 selectors and refuses the 31st', () => {
    const many = Array.from({ length: 31 }, (_, index) => ({ ...count, where: `event.amount > ${index}.0` }));
    const plan = compileWindowPlan(many.slice(0, 30), CENTS);
    assert.equal(plan.selectors.length, 30);
    assert.match(refusal(many), /more than 30 ways/);
  });

  test('is refused with a remedy for features that cannot be', () => {
    const distance = feature('distance', { function: 'distance_km' }, 1000);
    assert.match(refusal([{ ...count, window: null }]), /card\.count .* needs a window: count\. Give it/);
    assert.match(refusal([distance]), /takes no window: sliding/);
    assert.match(refusal([{ ...count, window: { kind: 'sliding', sizeMs: 0 } }]), /out of range: 0/);
    assert.match(refusal([{ ...count, window: { kind: 'sliding', sizeMs: 91 * 86_400_000 } }]), /out of range/);
    assert.match(refusal([{ ...count, window: { kind: 'sliding', sizeMs: 0.5 } }]), /out of range: 0.5/);
    assert.match(refusal([count, { ...count, by: 'device' }]), /one kind of entity, here card: device/);
    assert.match(refusal([sum], { amountScale: 0.3 }), /scale 0.3/);
    assert.match(refusal([sum], { amountScale: Number.NaN }), /scale NaN/);
  });
});

describe('a snapshot', () => {
  const plan = compileWindowPlan(base, CENTS);

  test('of another schema, or damaged, is refused', () => {
    const isRefused = (bytes: Uint8Array, reader = plan) =>
      assert.throws(
        () => decodeWindowState(reader, bytes),
        (error) => isPalisadeError(error, 'RECORD_UNREADABLE'),
      );
    const player = new Player(plan);
    for (let index = 0; index < 9; index++) player.play(event(index, { amount: 1, values: { country: index + 1 } }));
    const bytes = encodeWindowState(plan, player.state);
    isRefused(bytes, compileWindowPlan([count, sum], CENTS));
    isRefused(bytes.subarray(0, bytes.length - 8));
    isRefused(bytes.subarray(0, bytes.length - 3));
    isRefused(new Uint8Array());
    for (const slot of [2, 3]) {
      const damaged = new Float64Array(bytes.slice().buffer);
      damaged[1 + slot] = 17;
      isRefused(new Uint8Array(damaged.buffer));
    }
  });

  test('may lie anywhere in a larger buffer, and is copied', () => {
    const player = new Player(plan);
    player.play(event(1, { amount: 250 }));
    const bytes = encodeWindowState(plan, player.state);
    const padded = new Uint8Array(bytes.length + 3);
    padded.set(bytes, 3);
    const restored = decodeWindowState(plan, padded.subarray(3));
    padded.fill(255);
    assert.deepEqual(restored.slab, player.state.slab);
  });

  test('has a hash that any slot changes', () => {
    const state = createWindowState(plan);
    const seen = new Set([hashWindowState(state)]);
    for (let slot = 0; slot < state.slab.length; slot++) {
      for (const value of [1, 2 ** 40, hash53('value')]) {
        const before = state.slab[slot] ?? 0;
        state.slab[slot] = value;
        seen.add(hashWindowState(state));
        state.slab[slot] = before;
      }
    }
    assert.equal(seen.size, 1 + 3 * state.slab.length);
    assert.match(hashWindowState(state), /^[0-9a-f]{16}$/);
  });
});
