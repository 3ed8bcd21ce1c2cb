import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryMessageBus } from '../../src/adapters/memory/memory-message-bus.ts';
import { topicNamesOf } from '../../src/runtime/publishing/topic-names.ts';
import { startRig, turn } from '../support/engine-rig.ts';
import { KeptCheckpoint } from '../support/kept-checkpoint.ts';
import { authorizeForAnHour, countedPublisher, requireBounded } from '../support/outage-rig.ts';

const PER_SECOND = 10;
/** What the handbook says of the pause between attempts, s. */
const PAUSE_S_MAX = 5;

test('a bus that is away for an hour delays nothing, costs one batch of memory, and then gets all', async () => {
  const rig = await startRig();
  const begunAt = rig.log.statistics().headPosition;
  let isAway = true;
  const bus = new MemoryMessageBus(() => {
    if (isAway) throw new Error('the brokers are away');
  });
  const topics = topicNamesOf('palisade');
  const { publisher, held } = await countedPublisher(rig, bus, new KeptCheckpoint(), topics);
  const idsByCard = await authorizeForAnHour(rig, PER_SECOND);
  const away = publisher.statistics();
  assert.deepEqual([away.position, away.failure, bus.messages.length], [begunAt, 'the brokers are away', 0]);
  assert.equal(Math.round(away.lagSeconds / 60), 60);
  // Neither given up nor asked without a pause.
  const attempts = away.failedAttempts;
  assert.ok(attempts >= 3600 / PAUSE_S_MAX && attempts < (2 * 3600) / PAUSE_S_MAX, `${attempts} attempts`);
  isAway = false;
  rig.clock.advance(PAUSE_S_MAX * 1000);
  while (publisher.statistics().position < rig.log.statistics().headPosition) await turn();
  requireBounded(held);
  const decisions = bus.messages.filter(({ topic }) => topic === topics.decisions);
  assert.equal(decisions.length, 3600 * PER_SECOND);
  for (const [card, ids] of idsByCard) {
    const own = decisions.filter(({ key }) => key === card);
    assert.deepEqual(
      own.map(({ headers }) => headers.ce_subject),
      ids,
    );
  }
  await publisher.close();
});
