import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeFact } from '../../src/codec/mod.ts';
import { type EngineRig, heldRig, isSettled, RIG_RULESET, startRig, turn } from '../support/engine-rig.ts';
import { transactionOf } from '../support/event-builders.ts';
import { Gate, logLike } from '../support/log-like.ts';
import { rulesetText } from '../support/ruleset-builder.ts';

const CHEAP = transactionOf('t1', { amountMinor: 1000 });

async function typesOf({ log }: EngineRig, stream: string): Promise<string[]> {
  const records = log.readStream(stream, 0, 100);
  log.commitPending();
  return (await records).map(({ type }) => type);
}

describe('past its deadline', () => {
  test('a command that waits for its actors is answered by the fallback policy, and that is recorded', async () => {
    const gate = new Gate();
    const { authorize, clock, log, engine } = await startRig({
      before: (inner) =>
        logLike(inner, {
          mayHaveStream: () => true,
          readImage: (...call) => gate.pass(() => inner.readImage(...call)),
        }),
    });
    gate.shut();
    const answer = authorize(CHEAP, 100);
    clock.advance(90);
    assert.equal(await isSettled(answer), false);
    clock.advance(10);
    const { body, mode, outcome } = await answer;
    assert.deepEqual([mode, outcome], ['fallback', 'approve']);
    assert.equal((await authorize(CHEAP)).body, body);
    gate.open();
    await turn();
    const [record] = await log.readStream('card-card-a', 0, 10);
    const fact = decodeFact(record?.type ?? '', record?.body ?? '');
    assert.ok(fact.type === 'TransactionDecided');
    assert.deepEqual(fact.decision, JSON.parse(body));
    assert.equal(engine.statistics().fallbacks, 1);
    assert.equal((await engine.readEntity('card', 'card-a'))?.windows.approved_1h, 1);
  });

  test('a decision that is not durable yet is corrected, and the windows count what the caller was told', async () => {
    const rig = await heldRig();
    const { authorize, clock, log, engine } = rig;
    // The rules approve; the fallback policy declines what is not cheap.
    const answer = authorize(transactionOf('t1', { amountMinor: 9000 }), 40);
    await turn();
    clock.advance(40);
    const { body, mode, outcome } = await answer;
    assert.deepEqual([mode, outcome], ['fallback', 'decline']);
    for (let round = 0; round < 3; round++) {
      log.commitPending();
      await turn();
    }
    assert.deepEqual(await typesOf(rig, 'card-card-a'), [
      'TransactionDecided',
      'TransactionDecided',
      'DecisionSuperseded',
    ]);
    const report = engine.readEntity('card', 'card-a');
    log.commitPending();
    const windows = (await report)?.windows;
    assert.deepEqual([windows?.count_1h, windows?.approved_1h, windows?.declined_1h], [2, 1, 1]);
    const after = await (async () => {
      const starting = startRig({ log: log.crash() });
      await turn();
      return starting;
    })();
    const found = after.engine.findDecision('t1');
    await turn();
    assert.equal(await found, body);
    assert.deepEqual((await after.engine.readEntity('card', 'card-a'))?.windows, windows);
  });

  test('a decision that is confirmed too late is not given', async () => {
    const { authorize, clock, log } = await heldRig();
    const answer = authorize(CHEAP, 40);
    await turn();
    log.commitPending();
    // No timer has run: the acknowledgement itself comes after the deadline.
    clock.forgetTimers();
    clock.advance(41);
    assert.equal((await answer).mode, 'fallback');
  });

  test('the deadline of a twin that has less time holds for both', async () => {
    const { authorize, clock } = await heldRig();
    const patient = authorize(CHEAP, 5000);
    const hurried = authorize(CHEAP, 30);
    await turn();
    clock.advance(30);
    const [first, second] = await Promise.all([patient, hurried]);
    assert.equal(first.mode, 'fallback');
    assert.equal(second.body, first.body);
  });

  test('an id that may have been answered before gets its first answer, or in time an error', async () => {
    const before = await startRig();
    const first = await before.authorize(CHEAP);
    const gate = new Gate();
    const { authorize, clock, engine, log } = await startRig({
      log: before.log.crash(),
      before: (inner) => logLike(inner, { readRecord: (id) => gate.pass(() => inner.readRecord(id)) }),
    });
    gate.shut();
    const again = authorize(CHEAP, 200);
    const hurried = authorize(CHEAP, 20);
    const other = authorize(transactionOf('t1', { amountMinor: 1001 }), 100);
    const refused = [again, hurried, other].map((call) => assert.rejects(call, { code: 'TRANSACTION_UNRESOLVED' }));
    clock.advance(14);
    assert.equal(await isSettled(again), false);
    clock.advance(6);
    await Promise.all(refused);
    // Retries are told so at once, and ask the log for nothing more.
    await assert.rejects(authorize(CHEAP, 5000), { code: 'TRANSACTION_UNRESOLVED' });
    assert.equal(gate.waitingCount, 1);
    gate.open();
    await turn();
    assert.equal((await authorize(CHEAP)).body, first.body);
    await assert.rejects(authorize(transactionOf('t1', { amountMinor: 1001 })), { code: 'TRANSACTION_CONFLICT' });
    assert.equal((await log.readStream('card-card-a', 0, 10)).length, 1);
    assert.equal(engine.statistics().fallbacks, 0);
  });

  test('an id that only looked like a repeat is decided by a retry', async () => {
    const gate = new Gate();
    const { authorize, clock, log } = await startRig({
      before: (inner) =>
        logLike(inner, { mayHaveRecord: () => true, readRecord: (id) => gate.pass(() => inner.readRecord(id)) }),
    });
    gate.shut();
    const first = assert.rejects(authorize(CHEAP, 20), { code: 'TRANSACTION_UNRESOLVED' });
    clock.advance(20);
    await first;
    gate.open();
    await turn();
    assert.equal((await log.readStream('card-card-a', 0, 10)).length, 0);
    assert.deepEqual((await authorize(CHEAP, 20)).mode, 'full');
  });

  test('a first answer that is found too late is not given', async () => {
    const before = await startRig();
    await before.authorize(CHEAP);
    const gate = new Gate();
    const { authorize, clock } = await startRig({
      log: before.log.crash(),
      before: (inner) => logLike(inner, { readRecord: (id) => gate.pass(() => inner.readRecord(id)) }),
    });
    gate.shut();
    const again = assert.rejects(authorize(CHEAP, 40), { code: 'TRANSACTION_UNRESOLVED' });
    clock.forgetTimers();
    clock.advance(41);
    gate.open();
    await again;
  });

  test('what the caller was told is recorded though the mailbox of an actor is full', async () => {
    const gate = new Gate();
    const rig = await heldRig({
      settings: { mailboxDepthMax: 1 },
      before: (inner) =>
        logLike(inner, {
          mayHaveStream: () => true,
          readImage: (...call) => gate.pass(() => inner.readImage(...call)),
        }),
    });
    const { authorize, clock, engine, log } = rig;
    const published = engine.publishRuleset(rulesetText({ ...RIG_RULESET, features: [], name: 'without-windows' }));
    await turn();
    const told = authorize(transactionOf('t1', { amountMinor: 9000 }), 20);
    await turn();
    gate.shut();
    log.commitPending(1);
    await published;
    const waiting = authorize(transactionOf('t2'));
    await assert.rejects(authorize(transactionOf('t3')), { code: 'ACTOR_MAILBOX_FULL' });
    clock.advance(20);
    const { body, outcome } = await told;
    assert.equal(outcome, 'decline');
    log.commitPending();
    await turn();
    gate.open();
    for (let round = 0; round < 3; round++) {
      await turn();
      log.commitPending();
    }
    await waiting;
    assert.deepEqual(engine.readiness(), { ready: true, reasons: [] });
    assert.equal(await engine.findDecision('t1'), body);
    assert.ok((await typesOf(rig, 'card-card-a')).includes('DecisionSuperseded'));
  });

  test('many fallbacks of one card are corrected one after the other', async () => {
    const { authorize, clock, log, engine } = await heldRig();
    const ids = ['a', 'b', 'c', 'd'];
    const answers = ids.map((id) => authorize(transactionOf(id, { amountMinor: 9000 }), 20));
    await turn();
    clock.advance(20);
    const bodies = (await Promise.all(answers)).map(({ body }) => body);
    for (let round = 0; round < 5; round++) {
      log.commitPending();
      await turn();
    }
    const report = engine.readEntity('card', 'card-a');
    log.commitPending();
    assert.deepEqual([(await report)?.revision, (await report)?.windows.declined_1h], [8, 4]);
    assert.deepEqual(await Promise.all(ids.map((id) => engine.findDecision(id))), bodies);
  });
});
