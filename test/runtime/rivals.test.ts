import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { encodeFact } from '../../src/codec/mod.ts';
import type { StreamName } from '../../src/domain/entities.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { type RigOptions, startRig, turn } from '../support/engine-rig.ts';
import { labelOf, transactionOf } from '../support/event-builders.ts';
import { Gate, logLike } from '../support/log-like.ts';

let written = 0;

/** Appends a label to a stream as another process does: the engine hears nothing of it. */
async function appendBeside(log: EventLog, stream: StreamName): Promise<void> {
  const { revision } = await log.readImage(stream, 'none');
  written += 1;
  const event = labelOf(`rival-${written}`, 't0');
  const body = encodeFact({
    type: 'SideEventRecorded',
    event,
    assessment: null,
    rulesetVersion: '',
    recordedAt: event.occurredAt,
  });
  const streams = [{ stream, expectedRevision: revision }];
  await log.append({ recordId: `e:${event.eventId}`, type: 'SideEventRecorded', body, streams });
}

/** A rig in which another process writes to the card right before each of the engine's first `count` appends to it. */
async function contested(count: number, options: RigOptions = {}) {
  let left = 0;
  const rig = await startRig({
    ...options,
    before: (log) =>
      logLike(log, {
        append: async (draft) => {
          const [first] = draft.streams;
          if (left > 0 && first !== undefined && first.stream === 'card-card-a') {
            left -= 1;
            await appendBeside(log, first.stream);
          }
          return log.append(draft);
        },
      }),
  });
  await rig.authorize(transactionOf('t0'));
  left = count;
  return rig;
}

describe('where another writer was first', () => {
  test('a command is decided anew on what is there now', async () => {
    const { authorize, engine, log } = await contested(1);
    const { body } = await authorize(transactionOf('t1'));
    assert.equal(JSON.parse(body).revisions.card, 2);
    assert.equal(engine.statistics().conflictRetries, 1);
    const report = await engine.readEntity('card', 'card-a');
    assert.deepEqual([report?.revision, report?.windows.count_1h, report?.fraudLabels], [2, 2, 1]);
    assert.equal((await log.readStream('card-card-a', 0, 10)).length, 3);
  });

  test('so are the commands decided on top of it, each once', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const starting = startRig({ log });
    await turn();
    log.commitPending();
    const { authorize, engine } = await starting;
    const settle = async (promise: Promise<unknown>): Promise<void> => {
      for (let round = 0; round < 10; round++) {
        await turn();
        log.commitPending();
      }
      await promise;
    };
    await settle(authorize(transactionOf('t0')));
    await settle(appendBeside(log, 'card-card-a'));
    // All four run on the stale card before the log has said a word.
    const answers = Promise.all(
      ['t1', 't2', 't3', 't4'].map((id, index) => authorize(transactionOf(id, { accountId: `a${index % 2}` }))),
    );
    await settle(answers);
    const revisions = (await answers).map(({ body }) => JSON.parse(body).revisions.card);
    assert.deepEqual(revisions.sort(), [2, 3, 4, 5]);
    const report = engine.readEntity('card', 'card-a');
    await settle(report);
    assert.deepEqual([(await report)?.revision, (await report)?.windows.count_1h], [5, 5]);
    for (const id of ['a0', 'a1']) {
      const account = engine.readEntity('account', id);
      await settle(account);
      assert.equal((await account)?.revision, 1);
    }
  });

  test('a caller is told after so many defeats, and the next try is open', async () => {
    const { authorize, engine } = await contested(6);
    await assert.rejects(authorize(transactionOf('t1')), { code: 'ACTOR_CONFLICT' });
    assert.equal(engine.statistics().conflictRetries, 5);
    assert.equal(await engine.findDecision('t1'), null);
    assert.equal((await authorize(transactionOf('t1'))).mode, 'full');
    assert.equal((await engine.readEntity('card', 'card-a'))?.windows.count_1h, 2);
  });

  test('a caller that was answered already is recorded for, however many the defeats', async () => {
    const { authorize, engine, clock } = await contested(30);
    const answer = authorize(transactionOf('t1'), 10);
    clock.advance(10);
    const { body, mode } = await answer;
    assert.equal(mode, 'fallback');
    for (let round = 0; round < 100; round++) await turn();
    assert.deepEqual(engine.readiness(), { ready: true, reasons: [] });
    assert.equal(await engine.findDecision('t1'), body);
    assert.equal((await engine.readEntity('card', 'card-a'))?.windows.count_1h, 2);
  });
});

test('the same id decided by another process is its decision', async () => {
  const first = await startRig();
  const { body } = await first.authorize(transactionOf('t1'));
  const blind = await startRig({
    log: first.log.crash(),
    before: (log) => logLike(log, { mayHaveRecord: () => false }),
  });
  assert.equal((await blind.authorize(transactionOf('t1'))).body, body);
  await assert.rejects(blind.authorize(transactionOf('t1', { amountMinor: 5 })), { code: 'TRANSACTION_CONFLICT' });
  assert.equal((await blind.engine.readEntity('card', 'card-a'))?.windows.count_1h, 1);
});

test('what a caller was told past its deadline counts, though another process decided meanwhile', async () => {
  const log = createMemoryEventLog();
  const gate = new Gate();
  const hindered = await startRig({
    log,
    before: (before) => logLike(before, { append: (draft) => gate.pass(() => before.append(draft)) }),
  });
  const other = await startRig({ log });
  await hindered.authorize(transactionOf('warm'));
  gate.shut();
  const answering = hindered.authorize(transactionOf('t1', { amountMinor: 60_000 }), 100);
  while (gate.waitingCount === 0) await turn();
  hindered.clock.advance(200);
  const told = await answering;
  assert.equal(told.mode, 'fallback');
  const meanwhile = await other.authorize(transactionOf('t1', { amountMinor: 60_000 }));
  assert.equal(meanwhile.mode, 'full');
  gate.open();
  await hindered.engine.drain();
  const { engine } = await startRig({ log });
  assert.equal(await engine.findDecision('t1'), told.body);
  const report = await engine.readEntity('card', 'card-a');
  assert.deepEqual([report?.windows.count_1h, report?.revision], [2, 2]);
});
