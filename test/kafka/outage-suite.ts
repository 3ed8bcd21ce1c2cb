import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaBus } from '../../src/adapters/kafka/mod.ts';
import { topicNamesOf } from '../../src/runtime/publishing/topic-names.ts';
import { startRig } from '../support/engine-rig.ts';
import type { TestBroker } from '../support/kafka/broker.ts';
import { KeptCheckpoint } from '../support/kept-checkpoint.ts';
import { authorizeForAnHour, countedPublisher, requireBounded } from '../support/outage-rig.ts';
import { fresh, gather, recordOf } from './topics.ts';

/** Payments a second of the hour; PALISADE_OUTAGE_PER_S for more of them. */
const PER_SECOND = Number(process.env.PALISADE_OUTAGE_PER_S ?? 2);

/** A broker that is away for long. The hour is one of the simulated clock, what is recorded in it and sent is real. */
export function outageSuite(broker: TestBroker): void {
  test('publishes what an hour without its broker recorded, each once and in the order of each card', async () => {
    const topics = topicNamesOf(fresh('outage'));
    const bus = createKafkaBus({ brokers: broker.brokers });
    const rig = await startRig();
    const begunAt = rig.log.statistics().headPosition;
    await broker.kill();
    const { publisher, held } = await countedPublisher(rig, bus, new KeptCheckpoint(), topics);
    const idsByCard = await authorizeForAnHour(rig, PER_SECOND);
    while (publisher.statistics().failedAttempts === 0) await sleep(20);
    assert.equal(publisher.statistics().position, begunAt);
    await broker.start();
    const gathered = await gather(broker.brokers, topics.decisions, 3600 * PER_SECOND, { idOf: recordOf });
    // The pauses between attempts are those of the simulated clock.
    while (publisher.statistics().position < rig.log.statistics().headPosition) {
      rig.clock.advance(1000);
      await sleep(20);
    }
    await gathered.enough;
    requireBounded(held);
    for (const [card, ids] of idsByCard) {
      const own = gathered.messages.filter(({ key }) => key === card).map(({ headers }) => headers.ce_subject);
      assert.deepEqual(own, ids);
    }
    await gathered.reader.close();
    await publisher.close();
    await bus.close();
  });
}
