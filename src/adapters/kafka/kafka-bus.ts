import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { BusMessage, MessageBus } from '../../ports/message-bus.ts';
import { createKafka, createMissing, type KafkaOptions } from './kafka-connection.ts';

type Waiting = {
  readonly message: BusMessage;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** Messages of one request to the brokers. */
const BATCH_MAX = 500;

/**
 * A bus on Kafka: each message is on every replica that is in sync when its promise resolves. It connects when the
 * first message is published, and again where that failed.
 */
export function createKafkaBus(options: KafkaOptions): MessageBus {
  // One request in flight: with more, a repeat could overtake, and a key would lose its order.
  const kafka = createKafka(options);
  const producer = kafka.producer({
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  return new KafkaBus(kafka, producer);
}

class KafkaBus implements MessageBus {
  readonly #kafka: Kafka;
  readonly #producer: Producer;
  /** Topics that are there: the first messages to a topic that is still being made would lose their order. */
  readonly #topics = new Set<string>();
  #waiting: Waiting[] = [];
  #sending: Promise<void> | null = null;
  #connecting: Promise<void> | null = null;

  constructor(kafka: Kafka, producer: Producer) {
    this.#kafka = kafka;
    this.#producer = producer;
  }

  publish(message: BusMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ message, resolve, reject });
      this.#sending ??= this.#sendAll();
    });
  }

  async close(): Promise<void> {
    await this.#sending;
    await this.#producer.disconnect();
  }

  /** Sends what waits, one request after the other; what comes meanwhile goes into the next. */
  async #sendAll(): Promise<void> {
    // What is published in this turn goes into one request.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_MAX);
      const byTopic = Map.groupBy(batch, ({ message }) => message.topic);
      const topicMessages = [...byTopic].map(([topic, waiting]) => ({
        topic,
        messages: waiting.map(({ message: { key, value, headers } }) => ({ key, value, headers: { ...headers } })),
      }));
      try {
        await this.#connect();
        await this.#createMissing([...byTopic.keys()]);
        await this.#producer.sendBatch({ acks: -1, topicMessages });
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#sending = null;
  }

  async #connect(): Promise<void> {
    this.#connecting ??= this.#producer.connect();
    try {
      await this.#connecting;
    } catch (error) {
      this.#connecting = null;
      throw error;
    }
  }

  async #createMissing(topics: readonly string[]): Promise<void> {
    const unknown = topics.filter((topic) => !this.#topics.has(topic));
    if (unknown.length === 0) return;
    await createMissing(this.#kafka, unknown);
    for (const topic of unknown) this.#topics.add(topic);
  }
}
