import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { ACTOR_DEFINITIONS } from '../support/actor-definitions.ts';
import { isSettled, startRig, turn } from '../support/engine-rig.ts';
import { loginOf, transactionOf } from '../support/event-builders.ts';

describe('a log that fails', () => {
  async function failing() {
    let choice: 'commit' | 'fail' = 'commit';
    const log = createMemoryEventLog({ beforeCommit: () => choice });
    const rig = await startRig({ log });
    const first = await rig.authorize(transactionOf('t1'));
    choice = 'fail';
    return { ...rig, first, heal: () => (choice = 'commit') };
  }

  test('makes the engine unready, and nothing more is taken or acknowledged', async () => {
    const { authorize, engine, first } = await failing();
    assert.deepEqual(engine.readiness(), { ready: true, reasons: [] });
    const [second, event] = await Promise.allSettled([authorize(transactionOf('t2')), engine.record(loginOf('e1'))]);
    for (const end of [second, event]) assert.ok(end.status === 'rejected' && end.reason.code === 'LOG_FAILED');
    const { ready, reasons } = engine.readiness();
    assert.equal(ready, false);
    assert.match(reasons[0] ?? '', /^event log failed/);
    await assert.rejects(authorize(transactionOf('t3')), { code: 'LOG_FAILED' });
    await assert.rejects(authorize(transactionOf('t1')), { code: 'LOG_FAILED' });
    await assert.rejects(engine.record(loginOf('e2')), { code: 'LOG_FAILED' });
    await assert.rejects(engine.publishRuleset(`${engine.ruleset().text}\n`).then(() => engine.record(loginOf('e3'))));
    assert.equal(await engine.findDecision('t1'), first.body);
    await engine.drain();
  });

  test('costs nothing that was acknowledged, once a new engine goes on', async () => {
    const { authorize, log, first, heal } = await failing();
    await assert.rejects(authorize(transactionOf('t2')));
    heal();
    const after = await startRig({ log: log.crash() });
    assert.equal((await after.authorize(transactionOf('t1'))).body, first.body);
    assert.equal((await after.authorize(transactionOf('t2'))).repeated, false);
    assert.equal((await after.engine.readEntity('card', 'card-a'))?.windows.count_1h, 2);
  });

  test('after the fallback policy answered, stops the engine: what was told cannot be recorded', async () => {
    let choice: 'hold' | 'commit' | 'fail' = 'commit';
    const log = createMemoryEventLog({ beforeCommit: () => choice });
    const { authorize, engine, clock } = await startRig({ log });
    choice = 'hold';
    const told = authorize(transactionOf('t1'), 20);
    await turn();
    clock.advance(20);
    assert.equal((await told).mode, 'fallback');
    choice = 'fail';
    log.commitPending();
    await turn();
    assert.equal(engine.readiness().ready, false);
  });
});

describe('a drain', () => {
  test('takes nothing new, answers what is under way, and ends when it is durable', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const starting = startRig({ log });
    await turn();
    log.commitPending();
    const { authorize, engine } = await starting;
    const answer = authorize(transactionOf('t1'));
    const receipt = engine.record(loginOf('e1'));
    await turn();
    const drained = engine.drain();
    await assert.rejects(authorize(transactionOf('t2')), { code: 'ENGINE_DRAINING' });
    await assert.rejects(engine.record(loginOf('e2')), { code: 'ENGINE_DRAINING' });
    assert.deepEqual(engine.readiness(), { ready: false, reasons: ['draining'] });
    assert.equal(await isSettled(drained), false);
    log.commitPending();
    await drained;
    assert.equal((await answer).mode, 'full');
    assert.equal((await receipt).repeated, false);
  });

  test('waits for the correction of what a caller was told', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const starting = startRig({ log });
    await turn();
    log.commitPending();
    const { authorize, engine, clock } = await starting;
    const answer = authorize(transactionOf('t1', { amountMinor: 9000 }), 20);
    await turn();
    clock.advance(20);
    assert.equal((await answer).outcome, 'decline');
    const drained = engine.drain();
    log.commitPending();
    assert.equal(await isSettled(drained), false);
    log.commitPending();
    await drained;
    assert.equal(log.statistics().headPosition, 3);
  });
});

describe('an engine under load', () => {
  test('refuses what is more than it may hold at a time, and takes the next after an answer', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const starting = startRig({ log, settings: { commandsMax: 2 } });
    await turn();
    log.commitPending();
    const { authorize, engine, clock } = await starting;
    const answers = [authorize(transactionOf('t1')), engine.record(loginOf('e1'))];
    await assert.rejects(authorize(transactionOf('t2')), { code: 'ENGINE_OVERLOADED' });
    clock.advance(30);
    assert.equal(engine.statistics().oldestPendingMs, 30);
    const { commands, commandsMax, commandsBlockedMs } = engine.statistics();
    assert.deepEqual([commands, commandsMax, commandsBlockedMs], [2, 2, 30]);
    await turn();
    log.commitPending();
    await Promise.all(answers);
    assert.equal(engine.statistics().oldestPendingMs, 0);
    const next = authorize(transactionOf('t2'));
    clock.advance(100);
    assert.equal(engine.statistics().commandsBlockedMs, 30);
    await turn();
    log.commitPending();
    assert.equal((await next).mode, 'full');
  });
});

test('an actor that fails half-way is rebuilt: its command is refused, its windows count nothing of it', async () => {
  let fails = false;
  const { card } = ACTOR_DEFINITIONS;
  const fragile: typeof card = {
    ...card,
    evolve: (profile, event, status) => {
      if (fails) throw new Error('the card cannot evolve');
      return card.evolve(profile, event, status);
    },
  };
  const { authorize, engine } = await startRig({ definitions: { ...ACTOR_DEFINITIONS, card: fragile } });
  await authorize(transactionOf('t1'));
  fails = true;
  await assert.rejects(authorize(transactionOf('t2')), { code: 'ENGINE_INTERNAL' });
  fails = false;
  const report = await engine.readEntity('card', 'card-a');
  assert.deepEqual([report?.revision, report?.windows.count_1h], [0, 1]);
  assert.equal((await authorize(transactionOf('t2'))).mode, 'full');
  assert.equal((await engine.readEntity('card', 'card-a'))?.windows.count_1h, 2);
  assert.equal((await engine.readEntity('account', 'account-a'))?.revision, 1);
  assert.equal(engine.readiness().ready, true);
});
