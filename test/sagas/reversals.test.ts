import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OutboundCommand } from '../../src/ports/outbound.ts';
import { type EngineRig, heldRig, RIG_RULESET, turn } from '../support/engine-rig.ts';
import { transactionOf } from '../support/event-builders.ts';
import { openSagaRig, quiet, type SagaRig } from '../support/saga-rig.ts';

const DEADLINE_MS = 20;

type Books = { readonly engine: EngineRig; readonly sagas: SagaRig; readonly sent: OutboundCommand[] };

/** An engine whose commits are held, and a runner over its log that reverses what is corrected. */
async function books(fallback: readonly string[]): Promise<Books> {
  const sent: OutboundCommand[] = [];
  const engine = await heldRig({ ruleset: { ...RIG_RULESET, fallback } });
  const { log, clock } = engine;
  const opening = openSagaRig({
    log,
    clock,
    endpoints: ['engine', 'card-processor', 'ledger'],
    responses: { onCorrection: { saga: 'reversal', options: {} } },
    outbound: {
      deliver: (command) => {
        sent.push(command);
        return Promise.resolve({ outcome: 'confirmed', code: 200, detail: '', pauseMs: 0 });
      },
    },
  });
  await settle(engine);
  return { engine, sagas: await opening, sent };
}

/** Lets everything become durable that is under way, and what follows from it. */
async function settle({ log }: EngineRig): Promise<void> {
  for (let round = 0; round < 8; round++) {
    await quiet();
    log.commitPending();
  }
  await quiet();
}

/** Authorizes past the deadline: the log has the full decision, the caller is told the fallback. */
async function decideLate({ engine }: Books, transactionId: string, amountMinor: number): Promise<string> {
  const answer = engine.authorize(transactionOf(transactionId, { amountMinor }), DEADLINE_MS);
  await turn();
  engine.clock.advance(DEADLINE_MS);
  await settle(engine);
  return (await answer).outcome;
}

describe('a reversal', () => {
  test('takes back an approval that the log had, when the caller had been told otherwise in the end', async () => {
    const world = await books(['{ outcome: decline }']);
    assert.equal(await decideLate(world, 't1', 1_000), 'decline');
    const report = await world.sagas.runner.read('reversal', 't1');
    assert.deepEqual([report?.row.status, report?.data.why], ['reversed', 'approval_unheard']);
    assert.deepEqual(
      world.sent.map(({ type, effectId }) => [type, effectId]),
      [
        ['authorization.reverse', 'reversal:t1:1:reverse'],
        ['authorization.reversed', 'reversal:t1:1:books'],
      ],
    );
    assert.deepEqual(
      [world.sent[0]?.body.transactionId, world.sent[0]?.body.amountMinor, world.sent[0]?.body.currency],
      ['t1', 1_000, 'EUR'],
    );
  });

  test('takes back an approval of the fallback that the rules would have declined', async () => {
    const world = await books(['{ outcome: approve }']);
    assert.equal(await decideLate(world, 't1', 90_000), 'approve');
    const report = await world.sagas.runner.read('reversal', 't1');
    assert.deepEqual([report?.row.status, report?.data.why], ['reversed', 'approval_revised']);
  });

  test('is not asked for where the caller was told what the rules say', async () => {
    const world = await books(['{ outcome: approve }']);
    assert.equal(await decideLate(world, 't1', 1_000), 'approve');
    assert.equal(await world.sagas.runner.read('reversal', 't1'), null);
    assert.deepEqual(world.sent, []);
  });

  test('takes back an approval that reached nobody, once however often that is said', async () => {
    const world = await books(['{ outcome: decline }']);
    const transaction = transactionOf('t1', { amountMinor: 2_500 });
    const answer = world.engine.authorize(transaction);
    await settle(world.engine);
    assert.equal((await answer).outcome, 'approve');
    for (let time = 0; time < 2; time++) {
      const said = world.engine.engine.recordUnheard(transaction);
      await settle(world.engine);
      await said;
      world.engine.clock.advance(1_000);
    }
    const [followUp, ...others] = await world.sagas.runner.followUps('t1');
    assert.deepEqual(
      [followUp?.row.kind, followUp?.row.status, followUp?.data.why, followUp?.row.triggerCount],
      ['reversal', 'reversed', 'approval_unheard', 1],
    );
    assert.deepEqual(others, []);
    assert.equal(world.sent.filter(({ type }) => type === 'authorization.reverse').length, 1);
  });
});
