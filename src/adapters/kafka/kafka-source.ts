import kafkajs, { type Consumer, type EachBatchPayload, type IHeaders, type KafkaMessage } from 'kafkajs';
import type {
  ConsumeOptions,
  InboundMessage,
  MessageReader,
  MessageSource,
  ReaderPlacement,
  ReaderStatistics,
} from '../../ports/message-bus.ts';
import { busFailure, createKafka, createMissing, type KafkaOptions, RETRY } from './kafka-connection.ts';
import { placedAssigner } from './placed-assigner.ts';
import { settledCount } from './settle-in-order.ts';

/** Messages of a partition that are handled at once. */
const CHUNK = 512;
const PARTITIONS_AT_ONCE = 4;
/** How long a partition pauses after a message that could not be settled, ms. */
const PAUSE_MS = 500;
/** How much comes again after a crash: what was settled since offsets were last committed, ms. */
const COMMIT_EVERY_MS = 200;
/** How long a broker holds a fetch back while there is nothing: a reader that closes waits for it. */
const FETCH_WAIT_MS = 500;
/**
 * Bounds of a fetch, which waits in memory until it is worked off. The client sends the next one when the last message
 * of it is settled, and until that comes nothing is decided: with 1 MB a partition that was 7 to 25 µs a message.
 */
const FETCH_PARTITION_BYTES = 2 * 1024 * 1024;
const FETCH_BYTES = 8 * 1024 * 1024;
const GROUP_TIMES = { sessionTimeout: 10_000, heartbeatInterval: 2_000, rebalanceTimeout: 15_000 } as const;

/** Reads topics of Kafka. Offsets are committed by hand, after what they cover is settled. */
export function createKafkaSource(options: KafkaOptions): MessageSource {
  const kafka = createKafka(options);
  return {
    consume: async (consume: ConsumeOptions): Promise<MessageReader> => {
      const { group, topics, placement } = consume;
      const consumer = kafka.consumer({
        groupId: group,
        ...GROUP_TIMES,
        maxWaitTimeInMs: FETCH_WAIT_MS,
        maxBytesPerPartition: FETCH_PARTITION_BYTES,
        maxBytes: FETCH_BYTES,
        retry: RETRY,
        ...assignersOf(placement),
      });
      const reader = new KafkaReader(consumer, consume, options);
      try {
        await createMissing(kafka, topics, placement?.partitionCount);
        await consumer.connect();
        await consumer.subscribe({ topics: [...topics], fromBeginning: true });
        await reader.run();
      } catch (error) {
        await reader.close();
        throw busFailure(error, options);
      }
      return reader;
    },
  };
}

/** Even shares for readers of another kind in the group, as those of an earlier version: all use what all know. */
function assignersOf(placement: ReaderPlacement | undefined) {
  if (placement === undefined) return {};
  return { partitionAssigners: [placedAssigner(placement), kafkajs.PartitionAssigners.roundRobin] };
}

class KafkaReader implements MessageReader {
  readonly #consumer: Consumer;
  readonly #consume: ConsumeOptions;
  readonly #options: KafkaOptions;
  /** Messages behind the end, by `topic/partition`, of the partitions that this reader has. */
  readonly #lag = new Map<string, { readonly topic: string; lag: number }>();
  readonly #paused = new Set<string>();
  /** Batches that are handled. */
  readonly #reads = new Set<Promise<void>>();
  #underWay = 0;
  #isClosing = false;

  constructor(consumer: Consumer, consume: ConsumeOptions, options: KafkaOptions) {
    this.#consumer = consumer;
    this.#consume = consume;
    this.#options = options;
  }

  async run(): Promise<void> {
    const consumer = this.#consumer;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.#assign(payload.memberAssignment));
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) void this.#end(payload.error);
    });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.#track(this.#read(payload)),
    });
  }

  statistics(): ReaderStatistics {
    const lagByTopic: Record<string, number> = Object.fromEntries(this.#consume.topics.map((topic) => [topic, 0]));
    for (const { topic, lag } of this.#lag.values()) lagByTopic[topic] = (lagByTopic[topic] ?? 0) + lag;
    const { size: partitions } = this.#lag;
    return { lagByTopic, partitions, pausedPartitions: this.#paused.size, underWay: this.#underWay };
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    // Before it stops: a consumer that stops commits nothing more.
    await Promise.allSettled([...this.#reads]);
    await this.#consumer.stop();
    await this.#consumer.disconnect();
  }

  async #end(error: Error): Promise<void> {
    if (this.#isClosing) return;
    await this.close().catch(() => {});
    this.#consume.onEnd(busFailure(error, this.#options));
  }

  #assign(assignment: Readonly<Record<string, readonly number[]>>): void {
    const kept = new Set<string>();
    for (const [topic, partitions] of Object.entries(assignment)) {
      for (const partition of partitions) {
        const place = `${topic}/${partition}`;
        kept.add(place);
        if (!this.#lag.has(place)) this.#lag.set(place, { topic, lag: 0 });
      }
    }
    for (const place of this.#lag.keys()) if (!kept.has(place)) this.#lag.delete(place);
  }

  async #track(read: Promise<void>): Promise<void> {
    this.#reads.add(read);
    try {
      await read;
    } finally {
      this.#reads.delete(read);
    }
  }

  async #read(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, isRunning, isStale, resolveOffset, pause } = payload;
    const { topic, partition, messages, highWatermark } = batch;
    let committedAtMs = performance.now();
    /** The last note of how far it is: the next chunk does not wait for it. */
    let noted = Promise.resolve();
    for (let from = 0; from < messages.length; from += CHUNK) {
      if (this.#isClosing || !isRunning() || isStale()) break;
      const chunk = messages.slice(from, from + CHUNK).map((message) => inbound(topic, partition, message));
      const settled = await this.#settle(chunk, heartbeat);
      const last = chunk[settled - 1];
      if (last !== undefined) resolveOffset(last.offset);
      const isOver = this.#isClosing || settled < chunk.length || from + CHUNK >= messages.length;
      if (last !== undefined && (isOver || performance.now() - committedAtMs >= COMMIT_EVERY_MS)) {
        await noted;
        noted = this.#note(topic, partition, BigInt(last.offset) + 1n, BigInt(highWatermark));
        noted.catch(() => {});
        committedAtMs = performance.now();
      }
      if (settled === chunk.length) continue;
      this.#pause(`${topic}/${partition}`, pause);
      break;
    }
    // Where the brokers refuse it the client has to hear of it.
    await noted;
  }

  /** Tells the brokers the first offset of a partition that is not settled. */
  async #note(topic: string, partition: number, next: bigint, end: bigint): Promise<void> {
    await this.#consumer.commitOffsets([{ topic, partition, offset: String(next) }]);
    const lag = this.#lag.get(`${topic}/${partition}`);
    if (lag !== undefined) lag.lag = Number(end - next);
  }

  async #settle(chunk: readonly InboundMessage[], heartbeat: () => Promise<void>): Promise<number> {
    const { onMessage } = this.#consume;
    const beats = keepAlive(heartbeat);
    this.#underWay += chunk.length;
    const settled = settledCount(chunk, onMessage).finally(() => {
      this.#underWay -= chunk.length;
    });
    try {
      // A heartbeat that is refused says that the partition went to another reader: its offsets are no longer ours.
      return await Promise.race([settled, beats.failed]);
    } finally {
      beats.stop();
    }
  }

  /** The message at fault comes again after a pause, and keeps no other partition from being read. */
  #pause(place: string, pause: () => () => void): void {
    const resume = pause();
    this.#paused.add(place);
    setTimeout(() => {
      this.#paused.delete(place);
      resume();
    }, PAUSE_MS).unref();
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
  const texts: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    texts[name] = String(Array.isArray(value) ? value[0] : value);
  }
  return texts;
}
