import type { Consumer, EachBatchPayload, IHeaders, KafkaMessage } from 'kafkajs';
import type { ConsumeOptions, InboundMessage, MessageReader, MessageSource } from '../../ports/message-bus.ts';
import { createKafka, createMissing, type KafkaOptions, RETRY } from './kafka-connection.ts';

/** Messages of a partition that are handled at once, between two notes of how far it is. */
const CHUNK = 512;
const PARTITIONS_AT_ONCE = 8;
const RETRY_PAUSE_MS = 500;
const GROUP_TIMES = { sessionTimeout: 10_000, heartbeatInterval: 2_000, rebalanceTimeout: 15_000 } as const;

/** Reads topics of Kafka. Offsets are committed by hand, after what they cover is settled. */
export function createKafkaSource(options: KafkaOptions): MessageSource {
  const kafka = createKafka(options);
  return {
    consume: async ({ group, topics, onMessage }: ConsumeOptions): Promise<MessageReader> => {
      await createMissing(kafka, topics);
      const consumer = kafka.consumer({
        groupId: group,
        ...GROUP_TIMES,
        retry: { ...RETRY, retries: Number.MAX_SAFE_INTEGER },
      });
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      const state = { isClosing: false };
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
        eachBatch: (payload) => readBatch(consumer, payload, onMessage, state),
      });
      return {
        close: async () => {
          state.isClosing = true;
          await consumer.stop();
          await consumer.disconnect();
        },
      };
    },
  };
}

async function readBatch(
  consumer: Consumer,
  { batch, heartbeat, isRunning, isStale, resolveOffset }: EachBatchPayload,
  onMessage: ConsumeOptions['onMessage'],
  state: { readonly isClosing: boolean },
): Promise<void> {
  const { topic, partition, messages } = batch;
  for (let from = 0; from < messages.length; from += CHUNK) {
    if (state.isClosing || !isRunning() || isStale()) return;
    const chunk = messages.slice(from, from + CHUNK);
    const settled = Promise.all(chunk.map((message) => settle(inbound(topic, partition, message), onMessage, state)));
    const beats = keepAlive(heartbeat);
    try {
      // A heartbeat that is refused says that the partition went to another reader: its offsets are no longer ours.
      await Promise.race([settled, beats.failed]);
      await settled;
    } finally {
      beats.stop();
    }
    const last = chunk.at(-1);
    if (last === undefined || state.isClosing) return;
    resolveOffset(last.offset);
    await consumer.commitOffsets([{ topic, partition, offset: String(BigInt(last.offset) + 1n) }]);
  }
}

/** Hands a message over until it is settled, or the reader closes. */
async function settle(
  message: InboundMessage,
  onMessage: ConsumeOptions['onMessage'],
  state: { readonly isClosing: boolean },
): Promise<void> {
  while (!state.isClosing) {
    try {
      await onMessage(message);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    }
  }
}

function keepAlive(heartbeat: () => Promise<void>): { readonly failed: Promise<never>; stop(): void } {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  const timer = setInterval(() => void heartbeat().catch(reject), GROUP_TIMES.heartbeatInterval);
  return { failed, stop: () => clearInterval(timer) };
}

function inbound(topic: string, partition: number, { key, value, offset, headers }: KafkaMessage): InboundMessage {
  const bytes = value ?? new Uint8Array();
  return { topic, partition, offset, key: key?.toString('utf8') ?? '', value: bytes, headers: textsOf(headers ?? {}) };
}

function textsOf(headers: IHeaders): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    String(Array.isArray(value) ? value[0] : value),
  ]);
  return Object.fromEntries(entries);
}
