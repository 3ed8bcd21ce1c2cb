import kafkajs, { type Admin, type Kafka, type Producer } from 'kafkajs';

/** Messages of one request. */
const BATCH = 1_000;

/** A message of a load. */
export type LoadMessage = { readonly key: string; readonly value: string };

/** Fills topics, and tells how far readers of them are. */
export class TopicLoad {
  readonly #admin: Admin;
  readonly #producer: Producer;

  private constructor(kafka: Kafka) {
    this.#admin = kafka.admin();
    // What a busy broker answers late is sent again: it must not be there twice, as a reader may count it twice.
    this.#producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
  }

  static async start(brokers: readonly string[]): Promise<TopicLoad> {
    const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING });
    const load = new TopicLoad(kafka);
    await load.#admin.connect();
    await load.#producer.connect();
    return load;
  }

  async createTopics(topics: readonly string[], partitions: number): Promise<void> {
    await this.#admin.createTopics({
      topics: topics.map((topic) => ({ topic, numPartitions: partitions })),
      waitForLeaders: true,
    });
  }

  async send(topic: string, messages: readonly LoadMessage[]): Promise<void> {
    await this.#producer.send({ topic, acks: -1, messages: [...messages] });
  }

  /** Sends as many messages as fast as the broker takes them. */
  async fill(topic: string, count: number, messageOf: (index: number) => LoadMessage): Promise<void> {
    for (let from = 0; from < count; from += BATCH) {
      const length = Math.min(BATCH, count - from);
      await this.send(
        topic,
        Array.from({ length }, (_, index) => messageOf(from + index)),
      );
    }
  }

  /** Messages of a topic that a group has committed. */
  async committed(group: string, topic: string): Promise<number> {
    const [found] = await this.#admin.fetchOffsets({ groupId: group, topics: [topic] });
    return (found?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
    await this.#admin.disconnect();
  }
}
