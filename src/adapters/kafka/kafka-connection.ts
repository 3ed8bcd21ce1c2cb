import kafkajs, { type Kafka } from 'kafkajs';
import { PalisadeError } from '../../domain/errors.ts';
import { quietRequestQueues } from './quiet-request-queue.ts';

/** Ways to log in that the brokers may ask for. */
export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

/** Who logs in, and how. */
export type KafkaLogin = {
  readonly mechanism: SaslMechanism;
  readonly username: string;
  readonly password: string;
};

/** Certificates in PEM: an authority of one's own, and a client's certificate with its key. */
export type KafkaTls = { readonly ca?: string; readonly cert?: string; readonly key?: string };

/** How a cluster is reached. */
export type KafkaOptions = {
  /** `host:port` of some of the brokers. */
  readonly brokers: readonly string[];
  readonly clientId?: string;
  /** Null for a connection in the clear. */
  readonly tls?: KafkaTls | null;
  readonly login?: KafkaLogin | null;
};

/** Retries of one call before it is given up, after about 3 s: whoever calls goes on from there. */
export const RETRY = { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 } as const;
const CONNECTION_TIMEOUT_MS = 3_000;

/** Makes a client; it connects when it is used. */
export function createKafka({ brokers, clientId = 'palisade', tls = null, login = null }: KafkaOptions): Kafka {
  quietRequestQueues();
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    ssl: tls === null ? false : { ...tls },
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    retry: RETRY,
    logLevel: kafkajs.logLevel.NOTHING,
    ...saslOf(login),
  });
}

/** One member a mechanism: the types of the client tell them apart by it. */
function saslOf(login: KafkaLogin | null) {
  if (login === null) return {};
  const { mechanism, username, password } = login;
  switch (mechanism) {
    case 'plain':
      return { sasl: { mechanism, username, password } };
    case 'scram-sha-256':
      return { sasl: { mechanism, username, password } };
    case 'scram-sha-512':
      return { sasl: { mechanism, username, password } };
  }
}

/** How often a broker is asked whether topics are there that it was told to make: each time a second, or less. */
const CREATE_ATTEMPTS = 5;
const CREATE_PAUSE_MS = 200;

/** Makes the topics that are not there yet, with replicas, and partitions (-1), as the brokers give by themselves. */
export async function createMissing(kafka: Kafka, topics: readonly string[], partitionCount = -1): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (let attempt = 1; ; attempt++) {
      const present = new Set(await admin.listTopics());
      const missing = topics.filter((topic) => !present.has(topic));
      if (missing.length === 0) return;
      try {
        await admin.createTopics({
          topics: missing.map((topic) => ({ topic, numPartitions: partitionCount })),
          waitForLeaders: true,
        });
      } catch (error) {
        // A broker that has just made a topic may not know it yet, where another engine made it too.
        if (attempt >= CREATE_ATTEMPTS || !(error instanceof kafkajs.KafkaJSError && error.retriable)) throw error;
        await new Promise((resolve) => setTimeout(resolve, CREATE_PAUSE_MS));
      }
    }
  } finally {
    await admin.disconnect();
  }
}

/** What went wrong with the brokers, as BUS_REFUSED (credentials, rights) or else BUS_UNAVAILABLE. */
export function busFailure(error: unknown, { brokers, login }: KafkaOptions): PalisadeError {
  if (error instanceof PalisadeError) return error;
  const cause = rootOf(error);
  const place = brokers.join(', ');
  if (cause.name === 'KafkaJSSASLAuthenticationError') {
    const who = login === null || login === undefined ? 'nobody' : `${login.username} by ${login.mechanism}`;
    const message = `Cannot log in to Kafka as the brokers refuse it: ${who} at ${place}. Correct its address.`;
    return new PalisadeError('BUS_REFUSED', message, { cause: error });
  }
  if (/authorization/i.test(cause.message)) {
    const message = `Cannot use Kafka as the account lacks a right: ${cause.message} (${place}). Grant it.`;
    return new PalisadeError('BUS_REFUSED', message, { cause: error });
  }
  const reason = cause.message === '' ? cause.name : cause.message.replace(/\.$/, '');
  const told = `${reason} (${place}). Start them, or correct the address`;
  const message = `Cannot use Kafka as the brokers do not answer: ${told}.`;
  return new PalisadeError('BUS_UNAVAILABLE', message, { cause: error });
}

/** The first cause: what the client gives up with tells its number of retries only. */
function rootOf(error: unknown): Error {
  let root = error instanceof Error ? error : new Error(String(error));
  for (let depth = 0; depth < 8 && root.cause instanceof Error; depth++) root = root.cause;
  return root;
}
