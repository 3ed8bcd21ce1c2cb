import type { Duty } from '../domain/duties.ts';
import type { Position } from '../domain/entities.ts';
import type { AuthorizeAnswer, AuthorizeCommand } from './engine.ts';

/** A node of the cluster, as it tells the others of itself. */
export type ClusterNode = {
  /** Another one for each life of a node. */
  readonly id: string;
  /** Name that an operator knows it by. */
  readonly name: string;
  /** Where the others reach its API. */
  readonly url: string;
  /** What it would do for all: one of those that would is chosen for each duty. */
  readonly duties: readonly Duty[];
};

/** Whose a duty is, as far as a node knows: nobody's, or not known of late, is `unknown`. */
export type Standing = 'self' | 'other' | 'unknown';

/** Who is there, and whose each shard is. */
export type ClusterView = {
  readonly nodes: readonly ClusterNode[];
  /** Id of the owner by shard; null where it has none. */
  readonly owners: readonly (string | null)[];
};

/** Events of a topic that nobody has taken yet. */
export type TopicLag = { readonly topic: string; readonly messages: number };

/** How a node becomes a member. */
export type JoinOptions = {
  readonly node: ClusterNode;
  readonly shardCount: number;
  /** The owner of each shard among nodes; the same function on every node. */
  readonly assign: (nodeIds: readonly string[], shardCount: number) => readonly string[];
  /** Called with each view that differs from the one before. */
  readonly onView: (view: ClusterView) => void;
  /** Called with why nothing is known of the others; '' when it is again. */
  readonly onTrouble: (reason: string) => void;
};

/** A node that is, or tries to be, a member. */
export interface Member {
  /** Lets the others take over its shards. Resolves when it is told, or cannot be. */
  leave(): Promise<void>;
  /** What waits in the topics that the cluster takes events from; none where that cannot be told. */
  lags(): Promise<readonly TopicLag[]>;
}

/** Finds the other nodes. What it says is affinity, never safety: the log alone says who wins. */
export interface Membership {
  /** Joins as soon as it can, and again whenever it was put out. Never rejects. */
  join(options: JoinOptions): Member;
}

/** A call that is handed to another node. */
export type PeerCall = {
  readonly url: string;
  /** JSON text of the transaction, as it came. */
  readonly text: string;
  /** The caller's own API key; null where it had none. */
  readonly credential: string | null;
  /** Time after which the answer is of no use, ms. */
  readonly timeoutMs: number;
};

/** What another node said: its answer, or the problem document that it refused with. */
export type PeerAnswer =
  | { readonly ok: true; readonly body: string; readonly repeated: boolean }
  | { readonly ok: false; readonly status: number; readonly body: string };

/** A call that only the node with a duty can answer, as it came. */
export type RelayedCall = {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  readonly body: string;
  readonly credential: string | null;
  /** Headers that go along, by their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
};

/** Answer of another node, as it is. */
export type RelayedAnswer = { readonly status: number; readonly contentType: string; readonly body: string };

/** Connections to the other nodes. */
export interface Peers {
  /** Rejects where there is no whole answer in time; the node may have decided all the same. */
  authorize(call: PeerCall): Promise<PeerAnswer>;
  /** Has another node answer a call as it is. Rejects where there is no whole answer in time. */
  relay(url: string, call: RelayedCall): Promise<RelayedAnswer>;
  /** How a node says that it stands; null where it does not say in time. */
  state(url: string, credential: string | null): Promise<NodeState | null>;
  close(): void;
}

/** How one node stands. */
export type NodeState = {
  readonly id: string;
  /** Position of the last record that it knows. */
  readonly headPosition: Position;
  readonly residentActors: number;
  /** What it does for all at present. */
  readonly held: readonly Duty[];
};

/** One member in a report. */
export type MemberReport = ClusterNode & {
  readonly isSelf: boolean;
  readonly shards: readonly number[];
  /** Null where the node does not answer. */
  readonly state: NodeState | null;
  /** Records that others know and this one does not; null where it does not answer. */
  readonly lag: number | null;
  /** False while calls are not forwarded to it as it did not answer. */
  readonly isTrusted: boolean;
};

/** How authorizations went through a node. */
export type RoutingCounts = {
  /** Answered by this node as their owner. */
  readonly owned: number;
  /** Answered by the owner, for this node. */
  readonly forwarded: number;
  /** Answered for another node. */
  readonly taken: number;
  /** Answered here though the owner is another: it is not known, is gone, or was too slow. */
  readonly guest: number;
  /** Forwarded calls without an answer. */
  readonly failed: number;
};

/** The cluster as one node sees it. */
export type ClusterReport = {
  readonly node: string;
  readonly shardCount: number;
  /** Why nothing new is known of the others; '' where all is well. */
  readonly trouble: string;
  readonly members: readonly MemberReport[];
  /** Id of the owner by shard; null where it has none. */
  readonly owners: readonly (string | null)[];
  readonly topics: readonly TopicLag[];
  readonly calls: RoutingCounts;
};

/** Where a call came from. */
export type CallOrigin = {
  /** Whether another node forwarded it: it goes no further. */
  readonly isForwarded: boolean;
  readonly credential: string | null;
};

/** What the doors call in a cluster. */
export interface Cluster {
  /** Decides here or at the owner of the card; as `Engine.authorize` otherwise. */
  authorize(command: AuthorizeCommand, origin: CallOrigin): Promise<AuthorizeAnswer>;
  /** Has the node with a duty answer; null where that is this node, or none that answers. */
  relay(duty: Duty, call: RelayedCall): Promise<RelayedAnswer | null>;
  /** How this node stands. */
  state(): NodeState;
  /** How all stand; asks the others. */
  report(credential: string | null): Promise<ClusterReport>;
  /** What this node knows without asking. */
  statistics(): ClusterStatistics;
}

/** Gauges and counters of a node in a cluster. */
export type ClusterStatistics = {
  readonly members: number;
  readonly shardsOwned: number;
  readonly isTroubled: boolean;
  readonly calls: RoutingCounts;
};
