import assert from 'node:assert/strict';
import type { CheckpointStore } from '../../src/ports/checkpoint-store.ts';
import type { EventLog } from '../../src/ports/event-log.ts';
import type { BusMessage, MessageBus } from '../../src/ports/message-bus.ts';
import { LogPublisher } from '../../src/runtime/publishing/log-publisher.ts';
import { PublishedMessages } from '../../src/runtime/publishing/published-messages.ts';
import { publishedTopicsOf, type TopicNames } from '../../src/runtime/publishing/topic-names.ts';
import { type EngineRig, turn } from './engine-rig.ts';
import { isoAt, transactionOf } from './event-builders.ts';

const SECONDS = 3_600;
const CARDS = 97;
/** Records of the log that a publisher may hold, as docs/kafka.md says. */
const HELD_RECORDS_MAX = 256;
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

/** What a publisher held at most while it could send nothing. */
export type Held = { recordsNow: number; recordsMax: number; messagesNow: number; messagesMax: number };

/** A publisher of which it is counted what the log has handed to it, and what it has handed to the bus. */
export async function countedPublisher(
  rig: EngineRig,
  bus: MessageBus,
  checkpoints: CheckpointStore,
  topics: TopicNames,
): Promise<{ readonly publisher: LogPublisher; readonly held: Held }> {
  const held: Held = { recordsNow: 0, recordsMax: 0, messagesNow: 0, messagesMax: 0 };
  const log: Pick<EventLog, 'subscribe' | 'readAll' | 'statistics'> = {
    readAll: (after, maxCount) => rig.log.readAll(after, maxCount),
    statistics: () => rig.log.statistics(),
    subscribe: (options) =>
      rig.log.subscribe({
        ...options,
        onRecords: async (records) => {
          held.recordsNow += records.length;
          held.recordsMax = Math.max(held.recordsMax, held.recordsNow);
          await options.onRecords(records);
          held.recordsNow -= records.length;
        },
      }),
  };
  const publishAll = async (messages: readonly BusMessage[]): Promise<void> => {
    held.messagesNow += messages.length;
    held.messagesMax = Math.max(held.messagesMax, held.messagesNow);
    try {
      await bus.publishAll(messages);
    } finally {
      held.messagesNow -= messages.length;
    }
  };
  const publisher = await LogPublisher.start({
    log,
    bus: { publish: (message) => bus.publish(message), publishAll, close: () => bus.close() },
    checkpoints,
    messages: new PublishedMessages(topics, '/test', (recordId) => rig.log.readRecord(recordId)),
    topics: publishedTopicsOf(topics),
    clock: rig.clock,
    logger: SILENT,
  });
  return { publisher, held };
}

/** Bounds on what a publisher may have held, however long the bus was away. */
export function requireBounded({ recordsMax, messagesMax }: Held): void {
  assert.ok(recordsMax > 0 && recordsMax <= HELD_RECORDS_MAX, `the publisher held ${recordsMax} records`);
  assert.ok(messagesMax <= 2 * HELD_RECORDS_MAX, `the publisher held ${messagesMax} messages`);
}

/**
 * Authorizes so many payments a second through an hour of the simulated clock; each has to be answered by the rules
 * within its second. Answers the ids by card, in their order.
 */
export async function authorizeForAnHour(rig: EngineRig, perSecond: number): Promise<Map<string, string[]>> {
  const idsByCard = new Map<string, string[]>();
  for (let second = 0; second < SECONDS; second++) {
    const answers = Array.from({ length: perSecond }, (_, place) => {
      const index = second * perSecond + place;
      const cardId = `card-${(index * 31) % CARDS}`;
      const ids = idsByCard.get(cardId) ?? [];
      idsByCard.set(cardId, ids);
      ids.push(`hour-${index}`);
      const own = { cardId, accountId: cardId, deviceId: cardId, merchantId: `shop-${index % 50}`, ip: '192.0.2.1' };
      const changes = { ...own, amountMinor: 700, occurredAt: isoAt(rig.clock.nowMs()) };
      return rig.authorize(transactionOf(`hour-${index}`, changes));
    });
    for (const { mode, repeated } of await Promise.all(answers)) assert.deepEqual([mode, repeated], ['full', false]);
    rig.clock.advance(1000);
    await turn();
  }
  return idsByCard;
}
