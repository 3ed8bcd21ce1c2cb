import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PalisadeError } from '../../src/domain/errors.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import { type EngineRig, heldRig, isSettled, turn } from '../support/engine-rig.ts';
import { transactionOf } from '../support/event-builders.ts';
import { logLike } from '../support/log-like.ts';

type Watched = { readonly rig: EngineRig; imagesRead: number; refuse: string | null };

/** A rig with a live card whose commits wait; the append of the record that `refuse` names fails for good. */
async function watched(): Promise<Watched> {
  const seen = { imagesRead: 0, refuse: null as string | null };
  const before = (log: EventLog): EventLog =>
    logLike(log, {
      readImage: (stream, schema) => {
        seen.imagesRead += 1;
        return log.readImage(stream, schema);
      },
      append: (draft) => {
        const isRefused = seen.refuse !== null && draft.recordId.includes(seen.refuse);
        if (isRefused) return Promise.reject(new PalisadeError('LOG_UNAVAILABLE', 'Cannot append as a test says so.'));
        return log.append(draft);
      },
    });
  const rig = await heldRig({ before });
  seen.imagesRead = 0;
  return Object.assign(seen, { rig });
}

describe('a report of an entity that is never without unconfirmed events', () => {
  test('is what it held when it was asked, once that is durable, without a read of the log', async () => {
    const seen = await watched();
    const { engine, authorize, log } = seen.rig;
    const answers = [authorize(transactionOf('t1'))];
    await turn();
    const report = engine.readEntity('card', 'card-a');
    assert.equal(await isSettled(report), false);
    log.commitPending();
    answers.push(authorize(transactionOf('t2')));
    const later = engine.readEntity('card', 'card-a');
    assert.equal(await isSettled(report), true, 'the second payment is still on its way');
    assert.equal(await isSettled(later), false);
    log.commitPending();
    await Promise.all(answers);
    assert.deepEqual([(await report)?.revision, (await report)?.windows.count_1h], [1, 2]);
    assert.deepEqual([(await later)?.revision, (await later)?.windows.count_1h], [2, 3]);
    assert.equal(seen.imagesRead, 0);
  });

  test('is that of the log where what it held never became durable', async () => {
    const seen = await watched();
    const { engine, authorize, log } = seen.rig;
    seen.refuse = 'lost';
    const lost = authorize(transactionOf('lost'));
    const failed = assert.rejects(lost, { code: 'LOG_UNAVAILABLE' });
    const report = engine.readEntity('card', 'card-a');
    await failed;
    log.commitPending();
    assert.deepEqual([(await report)?.revision, (await report)?.windows.count_1h], [0, 1]);
    assert.ok(seen.imagesRead > 0);
  });
});
