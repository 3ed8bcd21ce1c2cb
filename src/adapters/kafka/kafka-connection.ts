import kafkajs, { type Kafka } from 'kafkajs';

/** How a cluster is reached. */
export type KafkaOptions = {
  /** `host:port` of some of the brokers. */
  readonly brokers: readonly string[];
  readonly clientId?: string;
  readonly tls?: boolean;
  readonly login?: { readonly username: string; readonly password: string } | null;
};

/** Retries of one call before it is given up: about 15 s. */
export const RETRY = { initialRetryTime: 100, maxRetryTime: 3000, retries: 8 } as const;

/** Makes a client; it connects when it is used. */
export function createKafka({ brokers, clientId = 'palisade', tls = false, login = null }: KafkaOptions): Kafka {
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    ssl: tls,
    retry: RETRY,
    logLevel: kafkajs.logLevel.NOTHING,
    ...(login === null ? {} : { sasl: { mechanism: 'scram-sha-512', ...login } }),
  });
}

/** Makes the topics that are not there yet, with the partitions and replicas that the cluster gives by itself. */
export async function createMissing(kafka: Kafka, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const present = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !present.has(topic));
    if (missing.length > 0)
      await admin.createTopics({ topics: missing.map((topic) => ({ topic })), waitForLeaders: true });
  } finally {
    await admin.disconnect();
  }
}
