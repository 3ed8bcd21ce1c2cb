import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import type { Outbound } from '../../src/ports/outbound.ts';
import { BlockedTime } from '../../src/runtime/blocked-time.ts';
import { turn } from '../support/engine-rig.ts';
import { transactionOf } from '../support/event-builders.ts';
import { openSagaRig, quiet, respondWith } from '../support/saga-rig.ts';

const OUTBOUND: Outbound = { deliver: () => new Promise(() => {}) };

test('the time that a queue is full adds up, with what is not over', () => {
  const blocked = new BlockedTime();
  assert.deepEqual([blocked.isBlocked, blocked.totalMs(5)], [false, 0]);
  blocked.begin(10);
  blocked.begin(15);
  assert.deepEqual([blocked.isBlocked, blocked.totalMs(30)], [true, 20]);
  blocked.end(40);
  blocked.end(50);
  assert.equal(blocked.totalMs(60), 30);
  blocked.begin(100);
  assert.equal(blocked.totalMs(101), 31);
});

describe('a runner of sagas whose steps do not become durable', () => {
  test('stops to read on in bounds that are told, and goes on with all of it', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const opening = openSagaRig({
      log,
      outbound: OUTBOUND,
      endpoints: ['card-processor'],
      responses: respondWith({ freeze: 'freeze-card' }),
    });
    await turn();
    log.commitPending();
    const { runner, decide, clock } = await opening;
    const { openFactsMax } = runner.statistics();
    const count = openFactsMax + 600;
    const decided = Array.from({ length: count }, (_, index) => {
      return decide(transactionOf(`t${index}`, { cardId: `c${index}` }), ['freeze']);
    });
    log.commitPending();
    await Promise.all(decided);
    await quiet();
    clock.advance(30);
    const full = runner.statistics();
    assert.ok(full.openFacts >= openFactsMax && full.openFacts < openFactsMax + 256, `${full.openFacts} facts`);
    assert.ok(full.lagRecords > 0);
    assert.equal(full.blockedMs, 30);
    for (let round = 0; round < 200 && runner.statistics().openFacts > 0; round++) {
      log.commitPending();
      await quiet();
    }
    const after = runner.statistics();
    assert.deepEqual([after.openFacts, after.lagRecords, after.openByKind['freeze-card']], [0, 0, count]);
    assert.equal(after.blockedMs, 30);
    await runner.close();
  });
});
