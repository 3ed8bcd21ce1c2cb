import type { Admin, Consumer, Kafka } from 'kafkajs';
import { PalisadeError } from '../../domain/errors.ts';
import type { ClusterView, JoinOptions, Member, Membership, TopicLag } from '../../ports/cluster.ts';
import { createKafka, type KafkaOptions } from './kafka-connection.ts';
import { shardAssigner, viewOf } from './shard-assigner.ts';

/** How the members of a cluster find each other. */
export type MembershipOptions = KafkaOptions & {
  /** Topic with one partition a shard; nothing is ever written to it. */
  readonly topic?: string;
  readonly group?: string;
  /** A group whose lag is told with the cluster's, and its topics. */
  readonly feed?: { readonly group: string; readonly topics: readonly string[] };
};

const TOPIC = 'palisade.shards';
const GROUP = 'palisade-cluster';
const NO_FEED = { group: '', topics: [] };
/**
 * A node that dies is put out after the session; until then calls to it cost a refused connection each. Six seconds is
 * the least that a broker allows by default. The wait of a fetch bounds how late a member hears of a change.
 */
const GROUP_TIMES = {
  sessionTimeout: 6_000,
  rebalanceTimeout: 6_000,
  heartbeatInterval: 700,
  maxWaitTimeInMs: 300,
} as const;
/** How often the coordinator is asked who is there. */
const LOOK_MS = 1_000;
const JOIN_PAUSE_MS = 2_000;
const LEAVE_MS_MAX = 3_000;
const LAG_MS_MAX = 1_000;

/**
 * Membership by a consumer group: its members are the nodes, and the partitions of a topic that stays empty are the
 * shards. Every node reads the whole group from its coordinator, so that all have one picture and none has to be told.
 */
export function createKafkaMembership(options: MembershipOptions): Membership {
  return { join: (joining) => new GroupMembership(options, joining) };
}

class GroupMembership implements Member {
  readonly #options: Required<Pick<MembershipOptions, 'topic' | 'group' | 'feed'>>;
  readonly #joining: JoinOptions;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  #consumer: Consumer | null = null;
  #hasLeft = false;
  #isConnected = false;
  #shown = '';
  #timer: NodeJS.Timeout | null = null;

  constructor(options: MembershipOptions, joining: JoinOptions) {
    const { topic = TOPIC, group = GROUP, feed = NO_FEED } = options;
    this.#options = { topic, group, feed };
    this.#joining = joining;
    this.#kafka = createKafka({ ...options, clientId: `palisade-${joining.node.name}` });
    this.#admin = this.#kafka.admin({ retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 300 } });
    void this.#stay();
    void this.#look();
  }

  async leave(): Promise<void> {
    this.#hasLeft = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const consumer = this.#consumer;
    const left = consumer === null ? null : consumer.stop().then(() => consumer.disconnect());
    const disconnected = this.#admin.disconnect();
    await Promise.race([Promise.allSettled([left, disconnected]), pause(LEAVE_MS_MAX)]);
  }

  async lags(): Promise<readonly TopicLag[]> {
    const { group, topics } = this.#options.feed;
    if (!this.#isConnected || topics.length === 0) return [];
    const told = Promise.all(topics.map((topic) => this.#lagOf(group, topic))).catch(() => []);
    return await Promise.race([told, pause(LAG_MS_MAX).then(() => [])]);
  }

  async #lagOf(group: string, topic: string): Promise<TopicLag> {
    const ends = await this.#admin.fetchTopicOffsets(topic);
    const [taken] = await this.#admin.fetchOffsets({ groupId: group, topics: [topic] });
    const offsets = new Map((taken?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
    const waiting = ends.map(({ partition, low, high }) => {
      const next = offsets.get(partition) ?? -1;
      return Number(high) - (next < 0 ? Number(low) : next);
    });
    return { topic, messages: waiting.reduce((sum, count) => sum + Math.max(0, count), 0) };
  }

  /** Joins, and again where the client gave up. */
  async #stay(): Promise<void> {
    while (!this.#hasLeft) {
      try {
        await this.#joinOnce();
      } catch (error) {
        this.#joining.onTrouble(troubleOf(error));
      }
      if (!this.#hasLeft) await pause(JOIN_PAUSE_MS);
    }
  }

  /** Resolves when the client has given up; rejects where it could not join. */
  async #joinOnce(): Promise<void> {
    const { topic, group } = this.#options;
    await this.#createTopic();
    const consumer = this.#kafka.consumer({
      groupId: group,
      ...GROUP_TIMES,
      partitionAssigners: [shardAssigner(topic, this.#joining)],
      retry: { retries: 5, restartOnFailure: async () => false },
    });
    const crashed = new Promise<void>((resolve) => {
      consumer.on(consumer.events.CRASH, () => resolve());
    });
    consumer.on(consumer.events.GROUP_JOIN, () => void this.#look());
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic] });
      await consumer.run({ autoCommit: false, eachBatch: async () => {} });
      this.#consumer = consumer;
      // It left while it was joining: the group is not to wait for it.
      if (this.#hasLeft) await consumer.stop();
      else await crashed;
    } finally {
      this.#consumer = null;
      if (!this.#hasLeft) await consumer.disconnect().catch(() => {});
    }
  }

  /** Makes the topic where it is missing. Rejects with CONFIG_INVALID where it has another number of partitions. */
  async #createTopic(): Promise<void> {
    const { topic } = this.#options;
    const { shardCount } = this.#joining;
    const admin = this.#kafka.admin({ retry: { retries: 2 } });
    try {
      await admin.connect();
      const present = await admin.listTopics();
      if (!present.includes(topic)) {
        await admin.createTopics({ topics: [{ topic, numPartitions: shardCount }], waitForLeaders: true });
      }
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const count = topics[0]?.partitions.length ?? 0;
      if (count !== shardCount) throw otherCount(topic, count, shardCount);
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  /** Asks the coordinator who is there, now and from time to time. */
  async #look(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    try {
      if (!this.#isConnected) await this.#admin.connect();
      this.#isConnected = true;
      const { groups } = await this.#admin.describeGroups([this.#options.group]);
      const group = groups[0];
      // While the group is sorting itself out the last view holds.
      if (group?.state === 'Stable') this.#show(viewOf(group.members, this.#options.topic, this.#joining.shardCount));
    } catch (error) {
      if (!this.#hasLeft) this.#joining.onTrouble(troubleOf(error));
    }
    if (this.#hasLeft) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  #show(view: ClusterView): void {
    const isIn = view.nodes.some(({ id }) => id === this.#joining.node.id);
    if (isIn) this.#joining.onTrouble('');
    const shown = JSON.stringify(view);
    if (shown === this.#shown || this.#hasLeft) return;
    this.#shown = shown;
    this.#joining.onView(view);
  }
}

function otherCount(topic: string, count: number, wanted: number): PalisadeError {
  return new PalisadeError(
    'CONFIG_INVALID',
    `Cannot join the cluster as ${topic} has another number of partitions than there are shards: ${count}, not ` +
      `${wanted}. Delete the topic: it holds nothing, and the next node that starts makes it anew.`,
  );
}

function troubleOf(error: unknown): string {
  if (error instanceof PalisadeError) return error.message;
  return `the brokers do not answer: ${error instanceof Error ? error.message : String(error)}`;
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs).unref();
  });
}
