import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Position } from '../../src/domain/entities.ts';
import { PalisadeError } from '../../src/domain/errors.ts';
import type { ListEntry } from '../../src/domain/lists.ts';
import type { RecordDraft } from '../../src/ports/event-log.ts';
import { type EngineRig, isSettled, startRig, turn } from '../support/engine-rig.ts';
import { labelOf, transactionOf } from '../support/event-builders.ts';
import { logLike } from '../support/log-like.ts';

/** What gets lost of a call: the request on its way to the log, or the answer on its way back. */
type Loss = 'request' | 'answer';

const BLOCKED: ListEntry = { list: 'block', kind: 'card', value: 'card-a', expiresAtMs: null, note: '' };

/** A rig whose log loses a part of its next calls; `asked` has every draft as it was sent, `losses` what is to come. */
async function lossyRig(): Promise<EngineRig & { asked: RecordDraft[]; losses: Loss[] }> {
  const asked: RecordDraft[] = [];
  const losses: Loss[] = [];
  const rig = await startRig({
    before: (log) =>
      logLike(log, {
        append: async (draft): Promise<Position> => {
          asked.push(structuredClone(draft));
          const loss = losses.shift();
          if (loss === undefined) return log.append(draft);
          if (loss === 'answer') await log.append(draft);
          throw new PalisadeError('LOG_OUTCOME_UNKNOWN', 'Cannot tell what became of the append as no answer came.');
        },
      }),
  });
  asked.length = 0;
  return { ...rig, asked, losses };
}

/** Lets the engine's pauses go by, one timer after the other, until a call has ended. */
async function passTime({ clock }: EngineRig, call: Promise<unknown>): Promise<number> {
  const startMs = clock.monotonicMs();
  while (!(await isSettled(call))) {
    assert.ok(clock.monotonicMs() - startMs < 60_000, 'the call does not end');
    clock.advance(5);
  }
  return clock.monotonicMs() - startMs;
}

describe('an append whose outcome is not known', () => {
  for (const loss of ['request', 'answer'] as const) {
    test(`is repeated as it was where the ${loss} was lost, and counts once`, async () => {
      const rig = await lossyRig();
      rig.losses.push(loss, loss);
      const answer = rig.authorize(transactionOf('t1'), 1000);
      await passTime(rig, answer);
      const [first, second, third, ...others] = rig.asked;
      assert.deepEqual([second, third, others], [first, first, []]);
      const { body, mode } = await answer;
      assert.equal(mode, 'full');
      const records = await rig.log.readStream('card-card-a', 0, 10);
      assert.deepEqual(
        records.map(({ recordId }) => recordId),
        ['t:t1'],
      );
      assert.ok(records[0]?.body.includes(body));
      assert.equal((await rig.engine.readEntity('card', 'card-a'))?.windows.count_1h, 1);
      assert.equal((await rig.authorize(transactionOf('t1'))).body, body);
    });
  }

  test('is in the state of entities that were rebuilt while it was repeated', async () => {
    const rig = await lossyRig();
    for (const name of ['x', 'y']) await rig.authorize(transactionOf(`${name}0`, { accountId: `account-${name}` }));
    const rival = await startRig({ log: rig.log });
    await rival.authorize(transactionOf('r', { cardId: 'card-r', accountId: 'account-x' }));
    // The first is refused for its account; the second, on top of it, is lost on its way, and fits once more later.
    const answers = [rig.authorize(transactionOf('x1', { accountId: 'account-x' }), 1000)];
    rig.losses.push('request');
    answers.push(rig.authorize(transactionOf('y1', { accountId: 'account-y' }), 1000));
    await passTime(rig, Promise.all(answers));
    const stored = await rig.log.readStream('card-card-a', 0, 10);
    assert.deepEqual(
      stored.map(({ recordId }) => recordId),
      ['t:x0', 't:y0', 't:x1', 't:y1'],
    );
    const shown = await rig.engine.readEntity('card', 'card-a');
    assert.deepEqual([shown?.revision, shown?.windows.count_1h], [3, 4]);
  });

  test('holds nobody past the deadline: the fallback policy answers, and that is what counts in the end', async () => {
    const rig = await lossyRig();
    rig.losses.push('answer', 'answer', 'answer');
    const answer = rig.authorize(transactionOf('t1', { amountMinor: 9000 }), 30);
    assert.ok((await passTime(rig, answer)) <= 30);
    const { body, mode } = await answer;
    assert.equal(mode, 'fallback');
    await passTime(rig, rig.engine.drain());
    assert.equal(await rig.engine.findDecision('t1'), body);
    const stored = await rig.log.readStream('card-card-a', 0, 10);
    assert.deepEqual(
      stored.map(({ type }) => type),
      ['TransactionDecided', 'DecisionSuperseded'],
    );
  });

  test('is given up in the end: the caller is told, and a retry finds what was stored', async () => {
    for (const loss of ['request', 'answer'] as const) {
      const rig = await lossyRig();
      rig.losses.push(...new Array<Loss>(11).fill(loss));
      const answer = rig.authorize(transactionOf('t1'), 60_000);
      const refused = assert.rejects(answer, { code: 'LOG_OUTCOME_UNKNOWN' });
      const tookMs = await passTime(rig, answer);
      await refused;
      assert.ok(tookMs > 5000 && tookMs < 15_000, `${tookMs}`);
      assert.equal(rig.asked.length, 11);
      const again = await rig.authorize(transactionOf('t1'));
      assert.equal(again.repeated, loss === 'answer');
      assert.equal((await rig.log.readStream('card-card-a', 0, 10)).length, 1);
      assert.deepEqual(rig.engine.readiness(), { ready: true, reasons: [] });
    }
  });

  test('does not stop commands behind it, on the same entities or on others', async () => {
    const rig = await lossyRig();
    rig.losses.push('request');
    const ids = ['t1', 't2', 't3'];
    const answers = Promise.all(ids.map((id) => rig.authorize(transactionOf(id), 1000)));
    const other = rig.authorize(transactionOf('t9', { cardId: 'card-z', accountId: 'account-z' }), 1000);
    await turn();
    assert.equal((await other).mode, 'full');
    await passTime(rig, answers);
    assert.equal((await rig.engine.readEntity('card', 'card-a'))?.windows.count_1h, 3);
    const stored = await rig.log.readStream('card-card-a', 0, 10);
    assert.deepEqual(stored.map(({ recordId }) => recordId).sort(), ['t:t1', 't:t2', 't:t3']);
  });

  test('is repeated for side events and for lists too', async () => {
    for (const loss of ['request', 'answer'] as const) {
      const rig = await lossyRig();
      rig.losses.push(loss);
      const receipt = rig.engine.record(labelOf('e1', 't0'));
      await passTime(rig, receipt);
      assert.equal((await receipt).repeated, false);
      rig.losses.push(loss, loss);
      await passTime(rig, rig.engine.setListEntry(BLOCKED));
      assert.deepEqual(rig.engine.lists(), [BLOCKED]);
      assert.equal((await rig.log.readStream('lists', 0, 10)).length, 1);
      assert.deepEqual((await startRig({ log: rig.log.crash() })).engine.lists(), [BLOCKED]);
    }
  });
});
