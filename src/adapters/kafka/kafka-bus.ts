import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { BusMessage, MessageBus } from '../../ports/message-bus.ts';
import { busFailure, createKafka, createMissing, type KafkaOptions } from './kafka-connection.ts';

type Waiting = {
  readonly messages: readonly BusMessage[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** Bounds of one request: brokers refuse a batch of more than 1 MB, and a character takes up to 3 bytes. */
const REQUEST_MESSAGES_MAX = 1000;
const REQUEST_CHARACTERS_MAX = 256 * 1024;
/** How long a bus that is closed waits for what is under way, ms. */
const CLOSE_MS_MAX = 2_000;

/**
 * A bus on Kafka: each message is on every replica that is in sync when its promise resolves. It connects when the
 * first message is published, and again where that failed. Rejects with BUS_UNAVAILABLE or BUS_REFUSED.
 */
export function createKafkaBus(options: KafkaOptions): MessageBus {
  return new KafkaBus(options);
}

class KafkaBus implements MessageBus {
  readonly #options: KafkaOptions;
  readonly #kafka: Kafka;
  /** Topics that are there: the first messages to a topic that is still being made would lose their order. */
  readonly #topics = new Set<string>();
  #producer: Promise<Producer> | null = null;
  #waiting: Waiting[] = [];
  #sending: Promise<void> | null = null;

  constructor(options: KafkaOptions) {
    this.#options = options;
    this.#kafka = createKafka(options);
  }

  publish(message: BusMessage): Promise<void> {
    return this.publishAll([message]);
  }

  publishAll(messages: readonly BusMessage[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ messages, resolve, reject });
      this.#sending ??= this.#sendAll();
    });
  }

  async close(): Promise<void> {
    if (this.#sending !== null)
      await Promise.race([this.#sending, new Promise((end) => setTimeout(end, CLOSE_MS_MAX))]);
    await this.#dropProducer();
  }

  /** Sends what waits, one request after the other; what comes meanwhile goes into the next. */
  async #sendAll(): Promise<void> {
    // What is published in this turn goes into one request.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        for (const request of requestsOf(group.flatMap(({ messages }) => messages))) await this.#send(request);
        for (const { resolve } of group) resolve();
      } catch (error) {
        // The next request has other messages. The producer would give them the sequence numbers of these, which the
        // broker may have stored all the same: it would take them for a repeat, and drop them.
        await this.#dropProducer();
        const failure = busFailure(error, this.#options);
        for (const { reject } of group) reject(failure);
      }
    }
    this.#sending = null;
  }

  #takeGroup(): Waiting[] {
    let count = 0;
    let taken = 0;
    for (const { messages } of this.#waiting) {
      count += messages.length;
      if (taken > 0 && count > REQUEST_MESSAGES_MAX) break;
      taken++;
    }
    return this.#waiting.splice(0, taken);
  }

  async #send(messages: readonly BusMessage[]): Promise<void> {
    const byTopic = Map.groupBy(messages, ({ topic }) => topic);
    await this.#createMissing([...byTopic.keys()]);
    this.#producer ??= this.#connect();
    const producer = await this.#producer;
    const topicMessages = [...byTopic].map(([topic, own]) => ({ topic, messages: own.map(kafkaMessage) }));
    await producer.sendBatch({ acks: -1, topicMessages });
  }

  /** One request in flight, and numbers that tell a broker a repeat of the client's own: no key loses its order. */
  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    if (producer === null) return;
    try {
      await (await producer).disconnect();
    } catch {
      // It never connected, or the connection is gone already.
    }
  }

  async #createMissing(topics: readonly string[]): Promise<void> {
    const unknown = topics.filter((topic) => !this.#topics.has(topic));
    if (unknown.length === 0) return;
    await createMissing(this.#kafka, unknown);
    for (const topic of unknown) this.#topics.add(topic);
  }
}

function kafkaMessage({ key, value, headers }: BusMessage) {
  const bytes = typeof value === 'string' ? value : Buffer.from(value);
  return { key: key === '' ? null : key, value: bytes, headers: { ...headers } };
}

/** Messages in their order, cut into requests that a broker takes. */
function* requestsOf(messages: readonly BusMessage[]): Generator<readonly BusMessage[]> {
  let request: BusMessage[] = [];
  let size = 0;
  for (const message of messages) {
    const isFull = request.length >= REQUEST_MESSAGES_MAX || size + message.value.length > REQUEST_CHARACTERS_MAX;
    if (isFull && request.length > 0) {
      yield request;
      request = [];
      size = 0;
    }
    request.push(message);
    size += message.value.length;
  }
  if (request.length > 0) yield request;
}
