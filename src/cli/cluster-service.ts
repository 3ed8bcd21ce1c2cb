import { hostname } from 'node:os';
import { createKafkaMembership } from '../adapters/kafka/mod.ts';
import { createHttpPeers } from '../adapters/peers/http-peers.ts';
import type { Duty } from '../domain/duties.ts';
import { PalisadeError } from '../domain/errors.ts';
import { assignShards } from '../domain/shards.ts';
import type { Clock } from '../ports/clock.ts';
import type { Standing } from '../ports/cluster.ts';
import type { SharedLog } from '../ports/event-log.ts';
import type { Logger } from '../ports/logger.ts';
import type { ReaderPlacement } from '../ports/message-bus.ts';
import type { Random } from '../ports/random.ts';
import type { ActorEngine } from '../runtime/actor-engine.ts';
import { ClusterRouter } from '../runtime/cluster/cluster-router.ts';
import { DutyKeeper, type DutyWork } from '../runtime/cluster/duty-keeper.ts';
import type { DutySession } from '../runtime/cluster/duty-session.ts';
import { inboundTopicsOf, topicNamesOf } from '../runtime/publishing/topic-names.ts';
import type { KafkaSettings } from './kafka-service.ts';

/** Shards of a cluster. A power of two, well above the number of nodes, so that their shares are even. */
export const SHARD_COUNT = 64;
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '[::]']);

/** How a node takes part in a cluster; the same on every node, but for the name and the address of each. */
export type ClusterSettings = {
  readonly kafka: Pick<KafkaSettings, 'kafka' | 'prefix'>;
  /** Where others reach this node; null for the name of the machine and the port that it listens on. */
  readonly advertisedUrl: string | null;
  /** Key with which the node hands what came over Kafka to the owners; null where it has none. */
  readonly peerKey: string | null;
  /** Name for operators; null for host and port. */
  readonly name: string | null;
};

/** What a node does for all nodes while it is chosen for it. */
export type DutyWorks = ReadonlyMap<Duty, (session: DutySession) => Promise<DutyWork>>;

/** A node's part in a cluster. */
export type ClusterService = {
  readonly cluster: ClusterRouter;
  /**
   * Joins, once the node answers at an address; what it would do for all is told to the others. Answers which part of
   * a topic is the node's own: with a partition a shard it is what its cards are in.
   */
  join(url: string, works: DutyWorks): ReaderPlacement;
  /** Gives its duties and its shards up. */
  leave(): Promise<void>;
  close(): void;
};

type Parts = {
  readonly engine: ActorEngine;
  readonly shared: SharedLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
};

/** Puts the node's part together; `join` starts it. Throws CONFIG_INVALID. */
export function createClusterService(settings: ClusterSettings, parts: Parts): ClusterService {
  const { engine, shared, clock, random, logger } = parts;
  const { advertisedUrl } = settings;
  if (advertisedUrl !== null) requireHttpUrl(advertisedUrl);
  const { kafka, prefix } = settings.kafka;
  const feed = { group: prefix, topics: inboundTopicsOf(topicNamesOf(prefix)) };
  const names = { topic: `${prefix}.shards`, group: `${prefix}-cluster` };
  const peers = createHttpPeers();
  const keepers = new Map<Duty, DutyKeeper>();
  const cluster = new ClusterRouter({
    engine,
    membership: createKafkaMembership({ ...kafka, ...names, feed }),
    peers,
    clock,
    logger,
    shardCount: SHARD_COUNT,
    held: () => [...keepers].filter(([, keeper]) => keeper.isHeld).map(([duty]) => duty),
    onLost: (isLost) => logger.info('Cards went to other nodes', { released: engine.releaseCards(isLost) }),
  });
  return {
    cluster,
    join: (listensAt, works) => {
      const url = advertisedUrl ?? reachableUrl(listensAt);
      const name = settings.name ?? new URL(url).host;
      const id = `${name}-${random.id()}`;
      cluster.join({ id, name, url, duties: [...works.keys()] });
      for (const [duty, begin] of works) {
        const standing = (heardAfterMs: number): Standing => cluster.standing(duty, heardAfterMs);
        const register = shared.register(duty);
        const keeper = new DutyKeeper({ duty, register, standing, clock, random, logger, begin });
        keepers.set(duty, keeper);
        keeper.start();
      }
      return { reader: id, assign: assignShards, partitionCount: SHARD_COUNT };
    },
    leave: async () => {
      // Before it leaves: the next one finds them given up, and need not wait.
      await Promise.all([...keepers.values()].map((keeper) => keeper.close()));
      await cluster.leave();
    },
    close: () => peers.close(),
  };
}

/** The address of a server as other machines see it: one that listens everywhere is known by the machine's name. */
function reachableUrl(listensAt: string): string {
  const url = new URL(listensAt);
  if (WILDCARDS.has(url.hostname)) url.hostname = hostname();
  return url.origin;
}

function requireHttpUrl(text: string): void {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return;
  throw new PalisadeError(
    'CONFIG_INVALID',
    `Cannot tell the other nodes this address as it is no http URL: ${text}. Pass one such as http://node-1:8080.`,
  );
}
