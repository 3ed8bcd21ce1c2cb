import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CheckpointFile } from '../../src/adapters/checkpoint/checkpoint-file.ts';
import { createKafkaBus } from '../../src/adapters/kafka/mod.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { LogPublisher } from '../../src/runtime/publishing/log-publisher.ts';
import { PublishedMessages } from '../../src/runtime/publishing/published-messages.ts';
import { publishedTopicsOf, topicNamesOf } from '../../src/runtime/publishing/topic-names.ts';
import { type EngineRig, startRig } from '../support/engine-rig.ts';
import { transactionOf } from '../support/event-builders.ts';
import type { TestBroker } from '../support/kafka/broker.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { fresh, type Gathered, gather, recordOf } from './topics.ts';

const CARDS = ['card-a', 'card-b', 'card-c'];
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

async function decide(rig: EngineRig, from: number, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => from + index);
  await Promise.all(
    ids.map((at) => rig.authorize(transactionOf(`txn-${at}`, { cardId: CARDS[at % 3] ?? '', accountId: `a-${at}` }))),
  );
}

/** Ids of a card's decisions in the order in which each came first. */
function orderOf({ messages }: Gathered, card: string): readonly (string | undefined)[] {
  return messages.filter(({ key }) => key === card).map(({ headers }) => headers.ce_subject);
}

/** What the log has, brought to a broker. */
export function publisherSuite(broker: TestBroker): void {
  test('loses nothing that was decided while the broker was killed, and keeps the order of each card', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'palisade-publisher-'));
    const topics = topicNamesOf(fresh('publisher'));
    const bus = createKafkaBus({ brokers: broker.brokers });
    const rig = await startRig({ settings: { mailboxDepthMax: 1000 } });
    const start = (): Promise<LogPublisher> =>
      LogPublisher.start({
        log: rig.log,
        bus,
        checkpoints: new CheckpointFile(join(folder, 'checkpoint.json')),
        messages: new PublishedMessages(topics, '/test', (recordId) => rig.log.readRecord(recordId)),
        topics: publishedTopicsOf(topics),
        clock: createSystemClock(),
        logger: SILENT,
      });
    const first = await start();
    await decide(rig, 0, 300);
    while (first.statistics().lagSeconds > 0) await sleep(20);
    await broker.kill();
    await decide(rig, 300, 300);
    while (first.statistics().failedAttempts === 0) await sleep(20);
    assert.notEqual(first.statistics().failure, '');
    // A new life of the publisher during the outage goes on where the first was.
    await first.close();
    const second = await start();
    await decide(rig, 600, 300);
    await broker.start();
    while (second.statistics().position < rig.log.statistics().headPosition) await sleep(50);
    const gathered = await gather(broker.brokers, topics.decisions, 900, { idOf: recordOf });
    await gathered.enough;
    for (const [at, card] of CARDS.entries()) {
      const expected = Array.from({ length: 300 }, (_, index) => `txn-${at + 3 * index}`);
      assert.deepEqual(orderOf(gathered, card), expected);
    }
    const [message] = gathered.messages;
    assert.equal(message?.headers.ce_specversion, '1.0');
    assert.match(message?.headers.ce_id ?? '', /^t:txn-/);
    await gathered.reader.close();
    await second.close();
    await bus.close();
    await removeFolder(folder);
  });
}
