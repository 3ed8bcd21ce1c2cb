import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import type { ListEntry } from '../../src/domain/lists.ts';
import { isSettled, RIG_RULESET, startRig, turn } from '../support/engine-rig.ts';
import { transactionOf } from '../support/event-builders.ts';
import { logLike } from '../support/log-like.ts';
import { rulesetText } from '../support/ruleset-builder.ts';
import { SIMULATION_START_MS } from '../support/simulated-clock.ts';

const BLOCKED: ListEntry = { list: 'block', kind: 'card', value: 'card-a', expiresAtMs: null, note: 'stolen' };
const SUPPRESSED = { ruleId: 'large', kind: 'card', id: 'card-b', untilMs: SIMULATION_START_MS + 1000, note: '' };
const LARGE = { amountMinor: 60_000 };

describe('list entries and suppressions', () => {
  test('count once they are durable, and after a restart', async () => {
    const first = await startRig();
    await first.engine.setListEntry(BLOCKED);
    await first.engine.setListEntry({ ...BLOCKED, list: 'watch', value: 'card-c' });
    await first.engine.setSuppression(SUPPRESSED);
    const check = async ({ engine, authorize }: typeof first, prefix: string): Promise<void> => {
      assert.deepEqual(engine.lists(), [BLOCKED, { ...BLOCKED, list: 'watch', value: 'card-c' }]);
      assert.deepEqual(engine.suppressions(), [SUPPRESSED]);
      const blocked = await authorize(transactionOf(`${prefix}1`));
      assert.equal(blocked.outcome, 'decline');
      assert.match(blocked.body, /LIST_BLOCK_CARD/);
      assert.equal((await authorize(transactionOf(`${prefix}2`, { ...LARGE, cardId: 'card-b' }))).outcome, 'approve');
      assert.equal((await authorize(transactionOf(`${prefix}3`, { ...LARGE, cardId: 'card-c' }))).outcome, 'decline');
    };
    await check(first, 'before');
    await check(await startRig({ log: first.log.crash() }), 'after');
  });

  test('that were removed stay removed', async () => {
    const { engine, log, authorize } = await startRig();
    await engine.setListEntry(BLOCKED);
    assert.equal(await engine.removeListEntry('block', 'card', 'card-a'), true);
    assert.equal(await engine.removeListEntry('block', 'card', 'card-a'), false);
    assert.equal((await authorize(transactionOf('t1'))).outcome, 'approve');
    const after = await startRig({ log: log.crash() });
    assert.deepEqual(after.engine.lists(), []);
    assert.equal((await log.crash().readStream('lists', 0, 10)).length, 2);
  });

  test('a suppression that was removed stays removed, though its rule is gone from the ruleset', async () => {
    const { engine, log, authorize } = await startRig();
    await engine.setSuppression(SUPPRESSED);
    assert.equal((await authorize(transactionOf('t1', { ...LARGE, cardId: 'card-b' }))).outcome, 'approve');
    assert.equal(await engine.removeSuppression('large', 'card', 'card-b'), true);
    assert.equal(await engine.removeSuppression('large', 'card', 'card-b'), false);
    assert.equal((await authorize(transactionOf('t2', { ...LARGE, cardId: 'card-b' }))).outcome, 'decline');
    await engine.setSuppression(SUPPRESSED);
    await engine.publishRuleset(
      rulesetText({
        ...RIG_RULESET,
        name: 'without-large',
        rules: RIG_RULESET.rules.filter((rule) => !rule.includes('id: large')),
      }),
    );
    assert.equal(await engine.removeSuppression('large', 'card', 'card-b'), true);
    const after = await startRig({ log: log.crash() });
    assert.deepEqual(after.engine.suppressions(), []);
  });

  test('change nothing before they are durable, go in their order, and a drain waits for them', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const starting = startRig({ log });
    await turn();
    log.commitPending();
    const { engine } = await starting;
    const changes = Promise.all([
      engine.setListEntry(BLOCKED),
      engine.setListEntry({ ...BLOCKED, note: 'found' }),
      engine.setSuppression(SUPPRESSED),
    ]);
    await turn();
    assert.deepEqual(engine.lists(), []);
    const drained = engine.drain();
    assert.equal(await isSettled(drained), false);
    for (let round = 0; round < 3; round++) {
      log.commitPending();
      await turn();
    }
    await changes;
    await drained;
    assert.deepEqual(engine.lists(), [{ ...BLOCKED, note: 'found' }]);
    const after = startRig({ log: log.crash() });
    assert.deepEqual((await after).engine.lists(), [{ ...BLOCKED, note: 'found' }]);
  });

  test('are changed though another process changed them before, and what it did counts', async () => {
    const first = await startRig();
    const second = await startRig({ log: first.log });
    await first.engine.setListEntry(BLOCKED);
    await first.engine.setListEntry({ ...BLOCKED, value: 'card-c' });
    await second.engine.setListEntry({ ...BLOCKED, value: 'card-d' });
    const values = (lists: readonly ListEntry[]): string[] => lists.map(({ value }) => value);
    assert.deepEqual(values(second.engine.lists()), ['card-a', 'card-c', 'card-d']);
    await first.engine.setSuppression(SUPPRESSED);
    assert.deepEqual(values(first.engine.lists()), ['card-a', 'card-c', 'card-d']);
    assert.equal((await second.authorize(transactionOf('t1'))).outcome, 'decline');
    const after = await startRig({ log: first.log.crash() });
    assert.deepEqual(
      [values(after.engine.lists()), after.engine.suppressions().length],
      [values(first.engine.lists()), 1],
    );
  });

  test('of a writer that loses again and again are refused in the end, and change nothing', async () => {
    const { log, engine } = await startRig();
    let isContested = true;
    let rivals = 0;
    const contested = await startRig({
      log,
      before: (inner) =>
        logLike(inner, {
          append: async (draft) => {
            if (isContested) await engine.setListEntry({ ...BLOCKED, value: `rival-${rivals++}` });
            return inner.append(draft);
          },
        }),
    });
    await assert.rejects(contested.engine.setListEntry(BLOCKED), { code: 'LOG_REVISION_CONFLICT' });
    assert.ok(rivals > 2 && rivals < 20);
    isContested = false;
    await contested.engine.setListEntry(BLOCKED);
    assert.equal(contested.engine.lists().length, rivals + 1);
  });

  test('that could not be stored do not count, and do not hinder the next', async () => {
    let fails = true;
    const log = createMemoryEventLog();
    const { engine } = await startRig({
      log,
      before: (inner) =>
        logLike(inner, {
          append: (draft) =>
            fails && draft.type === 'ListEntrySet' ? Promise.reject(new Error('no')) : inner.append(draft),
        }),
    });
    await assert.rejects(engine.setListEntry(BLOCKED));
    assert.deepEqual(engine.lists(), []);
    fails = false;
    await engine.setListEntry(BLOCKED);
    assert.deepEqual(engine.lists(), [BLOCKED]);
  });
});
