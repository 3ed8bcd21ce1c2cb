import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isPalisadeError } from '../../src/domain/errors.ts';
import { isSettled, startRig, turn } from '../support/engine-rig.ts';
import { commandOf, loginOf, transactionOf } from '../support/event-builders.ts';
import { Gate, logLike } from '../support/log-like.ts';

const isConflict = (error: unknown): boolean => isPalisadeError(error, 'TRANSACTION_CONFLICT');

describe('an authorization that comes again', () => {
  test('gets the same bytes while the first is under way, and is decided once', async () => {
    const { authorize, log } = await startRig();
    const answers = await Promise.all([1, 2, 3].map(() => authorize(transactionOf('t1'))));
    assert.equal(new Set(answers.map(({ body }) => body)).size, 1);
    assert.deepEqual(
      answers.map(({ repeated }) => repeated),
      [false, true, true],
    );
    assert.equal((await log.readStream('card-card-a', 0, 10)).length, 1);
  });

  test('gets the same bytes from memory, however it is spelled', async () => {
    const { authorize, engine, clock } = await startRig();
    const first = await authorize(transactionOf('t1'));
    clock.advance(500);
    const spelled = JSON.stringify(Object.fromEntries(Object.entries(transactionOf('t1')).reverse()), null, 2);
    const again = await engine.authorize({ ...commandOf(transactionOf('t1'), clock), text: spelled });
    assert.equal(again.body, first.body);
    assert.equal(again.repeated, true);
  });

  test('gets the same bytes from the log once it has left the memory', async () => {
    const { authorize, engine } = await startRig({ settings: { recentMax: 2 } });
    const first = await authorize(transactionOf('t1'));
    for (const id of ['t2', 't3', 't4', 't5']) await authorize(transactionOf(id));
    assert.equal((await authorize(transactionOf('t1'))).body, first.body);
    assert.equal(await engine.findDecision('t1'), first.body);
    assert.equal(engine.statistics().decisions, 5);
  });

  test('gets the same bytes after a crash', async () => {
    const before = await startRig();
    const first = await before.authorize(transactionOf('t1', { amountMinor: 60_000 }));
    const { authorize, engine } = await startRig({ log: before.log.crash() });
    assert.equal(await engine.findDecision('t1'), first.body);
    assert.deepEqual(await authorize(transactionOf('t1', { amountMinor: 60_000 })), { ...first, repeated: true });
  });

  test('is a conflict with another body: under way, in memory and in the log', async () => {
    const { authorize } = await startRig({ settings: { recentMax: 2 } });
    const first = authorize(transactionOf('t1'));
    await assert.rejects(authorize(transactionOf('t1', { amountMinor: 1001 })), isConflict);
    const { body } = await first;
    await assert.rejects(authorize(transactionOf('t1', { cardId: 'card-b' })), isConflict);
    for (const id of ['t2', 't3', 't4', 't5']) await authorize(transactionOf(id));
    await assert.rejects(authorize(transactionOf('t1', { currency: 'USD' })), isConflict);
    assert.equal((await authorize(transactionOf('t1'))).body, body);
  });

  test('is no conflict where a wrong body is being looked up at the time', async () => {
    const before = await startRig();
    const first = await before.authorize(transactionOf('t1'));
    const gate = new Gate();
    const { authorize, engine } = await startRig({
      log: before.log.crash(),
      before: (log) => logLike(log, { readRecord: (id) => gate.pass(() => log.readRecord(id)) }),
    });
    gate.shut();
    const wrong = assert.rejects(authorize(transactionOf('t1', { amountMinor: 9 })), isConflict);
    const right = authorize(transactionOf('t1'));
    const found = engine.findDecision('t1');
    gate.open();
    await wrong;
    assert.equal((await right).body, first.body);
    assert.equal(await found, first.body);
  });
});

describe('a decision that is asked for', () => {
  test('is null for an id that nobody used', async () => {
    const { engine } = await startRig();
    assert.equal(await engine.findDecision('t1'), null);
  });

  test('is shown once its caller has it, never before, as it may not be what the caller is told', async () => {
    const gate = new Gate();
    const { authorize, engine, clock } = await startRig({
      before: (log) =>
        logLike(log, {
          append: (draft) => {
            const stored = log.append(draft);
            return gate.pass(() => stored);
          },
        }),
    });
    gate.shut();
    const answer = authorize(transactionOf('t1', { amountMinor: 9000 }), 50);
    await turn();
    const found = engine.findDecision('t1');
    assert.equal(await isSettled(found), false);
    clock.advance(60);
    const { body, mode } = await answer;
    assert.equal(mode, 'fallback');
    assert.equal(await found, body);
    assert.equal(await engine.findDecision('t1'), body);
    gate.open();
    await turn();
    assert.equal(await engine.findDecision('t1'), body);
  });
});

describe('a side event that comes again', () => {
  test('gets the first receipt, at once, later and after a crash', async () => {
    const { engine, log } = await startRig();
    const event = loginOf('e1', { status: 'failed' });
    const [first, twin] = await Promise.all([engine.record(event), engine.record(event)]);
    assert.deepEqual(first, { eventId: 'e1', repeated: false, alerts: ['GUESS'] });
    assert.deepEqual(twin, { ...first, repeated: true });
    assert.deepEqual(await engine.record(event), twin);
    const after = await startRig({ log: log.crash() });
    assert.deepEqual(await after.engine.record(event), twin);
    assert.equal((await after.engine.readEntity('account', 'account-a'))?.revision, 0);
  });

  test('is a conflict with another body, and does not hinder the authorizations of its entities', async () => {
    const { engine, authorize } = await startRig();
    const [first, other, answer] = await Promise.allSettled([
      engine.record(loginOf('e1')),
      engine.record(loginOf('e1', { status: 'failed' })),
      authorize(transactionOf('t1')),
    ]);
    assert.equal(first.status, 'fulfilled');
    assert.ok(other.status === 'rejected' && isConflict(other.reason));
    assert.equal(answer.status, 'fulfilled');
    assert.equal((await engine.readEntity('account', 'account-a'))?.revision, 1);
  });
});
