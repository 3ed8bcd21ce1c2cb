import type { Duty } from '../../domain/duties.ts';
import { type ErrorCode, PalisadeError } from '../../domain/errors.ts';
import { assignShards, preferredNode, shardOf } from '../../domain/shards.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  CallOrigin,
  Cluster,
  ClusterNode,
  ClusterReport,
  ClusterStatistics,
  ClusterView,
  Member,
  MemberReport,
  Membership,
  NodeState,
  PeerAnswer,
  Peers,
  RelayedAnswer,
  RelayedCall,
  RoutingCounts,
  Standing,
} from '../../ports/cluster.ts';
import type { AuthorizeAnswer, AuthorizeCommand, Engine } from '../../ports/engine.ts';
import type { Logger } from '../../ports/logger.ts';
import { answerOf, refusalOf } from './peer-answers.ts';
import { PeerTrust } from './peer-trust.ts';

/** Longest wait for the owner of a card, ms: an answer that takes longer is better made here. */
const FORWARD_MS_MAX = 1_000;
/** Share of the time left that the owner gets: the rest is for deciding as a guest. */
const FORWARD_SHARE = 0.5;
/** How long what was heard of the others counts as news, ms: they are asked once a second. */
const NEWS_MS = 3_500;
/** Below this there is no time to ask anybody, ms. */
const FORWARD_MS_MIN = 5;

/** What a refusal by the owner means for the call: these are its answer, whoever tells it. */
const FINAL_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'REQUEST_INVALID',
  'REQUEST_MALFORMED',
  'REQUEST_AMBIGUOUS',
  'REQUEST_TOO_LARGE',
  'REQUEST_TIME_IN_FUTURE',
  'REQUEST_CARD_DATA',
  'TRANSACTION_CONFLICT',
  // What the owner sheds is no better off elsewhere: its card is as hot there.
  'ENGINE_OVERLOADED',
]);

export type ClusterParts = {
  readonly engine: Engine;
  readonly membership: Membership;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly shardCount: number;
  /** What this node does for all at present. */
  readonly held: () => readonly Duty[];
  /** Called with the shards that this node owned and another one does now. */
  readonly onLost: (isLost: (cardId: string) => boolean) => void;
};

/**
 * Brings each authorization to the node that owns its card, in one hop at most. Who owns what is a hint: where the
 * owner is not known, gone or slow, this node decides as a guest, and the log lets one of the two win.
 */
export class ClusterRouter implements Cluster {
  readonly #parts: ClusterParts;
  readonly #trust: PeerTrust;
  readonly #counts = { owned: 0, forwarded: 0, taken: 0, guest: 0, failed: 0 };
  #self: ClusterNode | null = null;
  #member: Member | null = null;
  #view: ClusterView;
  #nodes: ReadonlyMap<string, ClusterNode> = new Map();
  #trouble = 'it has not joined yet';
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #hasLeft = false;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#view = { nodes: [], owners: Array.from({ length: parts.shardCount }, () => null) };
    this.#trust = new PeerTrust(parts.clock);
  }

  /** Becomes a member, as soon as that can be. */
  join(node: ClusterNode): void {
    this.#self = node;
    this.#member = this.#parts.membership.join({
      node,
      shardCount: this.#parts.shardCount,
      assign: assignShards,
      onView: (view) => this.#see(view),
      onTrouble: (reason) => this.#troubled(reason),
    });
  }

  /** Gives its shards up, and decides what still comes by itself. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    await this.#member?.leave();
    this.#parts.logger.info('Left the cluster', {});
  }

  authorize(command: AuthorizeCommand, origin: CallOrigin): Promise<AuthorizeAnswer> {
    if (origin.isForwarded) {
      this.#counts.taken += 1;
      return this.#parts.engine.authorize(command);
    }
    const owner = this.#ownerOf(command.transaction.cardId);
    if (owner === this.#self && owner !== null) {
      this.#counts.owned += 1;
      return this.#parts.engine.authorize(command);
    }
    const { clock } = this.#parts;
    const leftMs = command.receivedAtMs + command.deadlineMs - clock.monotonicMs();
    const timeoutMs = Math.min(leftMs * FORWARD_SHARE, FORWARD_MS_MAX);
    if (owner === null || timeoutMs < FORWARD_MS_MIN || !this.#trust.admits(owner.id)) return this.#beGuest(command);
    return this.#forward(command, origin, owner, timeoutMs);
  }

  /**
   * Whose a duty should be among those that would do it: by highest random weight, so that all who know the members
   * agree. `unknown` where nothing was heard of them after a monotonic time, or of late.
   */
  standing(duty: Duty, heardAfterMs: number): Standing {
    if (this.#hasLeft) return 'other';
    const isNews = this.#heardAtMs > heardAfterMs && this.#parts.clock.monotonicMs() - this.#heardAtMs < NEWS_MS;
    const chosen = isNews ? this.#chosenFor(duty) : null;
    if (chosen === null) return 'unknown';
    return chosen.id === this.#self?.id ? 'self' : 'other';
  }

  async relay(duty: Duty, call: RelayedCall): Promise<RelayedAnswer | null> {
    if (this.#parts.held().includes(duty)) return null;
    // Whoever is chosen has the duty as a rule. While nothing is known of the members another one may have taken it.
    let left = this.#willingFor(duty).filter((id) => id !== this.#self?.id);
    for (let id = preferredNode(duty, left); id !== null; id = preferredNode(duty, left)) {
      const asked = id;
      left = left.filter((other) => other !== asked);
      const answer = await this.#relayTo(asked, call);
      if (answer !== null && !isElsewhere(answer)) return answer;
    }
    return null;
  }

  state(): NodeState {
    const { residentActors, headPosition } = this.#parts.engine.statistics();
    const resident = Object.values(residentActors).reduce((sum, count) => sum + count, 0);
    return { id: this.#self?.id ?? '', headPosition, residentActors: resident, held: this.#parts.held() };
  }

  async report(credential: string | null): Promise<ClusterReport> {
    const { nodes, owners } = this.#view;
    const asked = nodes.map(({ id, url }) =>
      id === this.#self?.id ? this.state() : this.#parts.peers.state(url, credential),
    );
    const [states, topics] = await Promise.all([Promise.all(asked), this.#member?.lags() ?? []]);
    // After the others have said what they know: they may know more than this one did.
    const head = Math.max(this.state().headPosition, ...states.map((state) => state?.headPosition ?? 0));
    const members = nodes.map((node, index): MemberReport => {
      const isSelf = node.id === this.#self?.id;
      const told = isSelf ? this.state() : (states[index] ?? null);
      // Another process may have the address by now.
      const state = told?.id === node.id ? told : null;
      const shards = owners.flatMap((owner, shard) => (owner === node.id ? [shard] : []));
      const lag = state === null ? null : Math.max(0, head - state.headPosition);
      return { ...node, isSelf, shards, state, lag, isTrusted: isSelf || this.#trust.isTrusted(node.id) };
    });
    const { shardCount } = this.#parts;
    const calls: RoutingCounts = { ...this.#counts };
    return { node: this.#self?.id ?? '', shardCount, trouble: this.#trouble, members, owners, topics, calls };
  }

  statistics(): ClusterStatistics {
    const { nodes, owners } = this.#view;
    const shardsOwned = this.#hasLeft ? 0 : owners.filter((owner) => owner === this.#self?.id).length;
    return { members: nodes.length, shardsOwned, isTroubled: this.#trouble !== '', calls: { ...this.#counts } };
  }

  /** The node that owns a card; null where it is not known, or this one is leaving. */
  #ownerOf(cardId: string): ClusterNode | null {
    if (this.#hasLeft) return null;
    const { owners } = this.#view;
    const id = owners[shardOf(cardId, this.#parts.shardCount)] ?? null;
    if (id === null) return null;
    return id === this.#self?.id ? this.#self : (this.#nodes.get(id) ?? null);
  }

  #willingFor(duty: Duty): readonly string[] {
    return this.#view.nodes.filter(({ duties }) => duties.includes(duty)).map(({ id }) => id);
  }

  #chosenFor(duty: Duty): ClusterNode | null {
    return this.#nodes.get(preferredNode(duty, this.#willingFor(duty)) ?? '') ?? null;
  }

  async #relayTo(id: string, call: RelayedCall): Promise<RelayedAnswer | null> {
    const node = this.#nodes.get(id);
    if (node === undefined || !this.#trust.admits(id)) return null;
    try {
      const answer = await this.#parts.peers.relay(node.url, call);
      this.#trust.succeeded(id);
      return answer;
    } catch (error) {
      this.#trust.failed(id, isRefused(error));
      return null;
    }
  }

  #beGuest(command: AuthorizeCommand): Promise<AuthorizeAnswer> {
    this.#counts.guest += 1;
    return this.#parts.engine.authorize(command);
  }

  async #forward(
    command: AuthorizeCommand,
    { credential }: CallOrigin,
    owner: ClusterNode,
    timeoutMs: number,
  ): Promise<AuthorizeAnswer> {
    let answer: PeerAnswer;
    try {
      answer = await this.#parts.peers.authorize({ url: owner.url, text: command.text, credential, timeoutMs });
    } catch (error) {
      this.#counts.failed += 1;
      this.#trust.failed(owner.id, isRefused(error));
      return await this.#beGuest(command);
    }
    this.#trust.succeeded(owner.id);
    const told = answer.ok ? answerOf(answer.body, answer.repeated) : refusalOf(answer.body);
    if (told instanceof PalisadeError || told === null) {
      if (told !== null && FINAL_CODES.has(told.code)) throw told;
      this.#counts.failed += 1;
      return await this.#beGuest(command);
    }
    this.#counts.forwarded += 1;
    return told;
  }

  #see(view: ClusterView): void {
    const before = this.#view.owners;
    const self = this.#self?.id;
    this.#view = view;
    this.#nodes = new Map(view.nodes.map((node) => [node.id, node]));
    this.#trust.keep(new Set(this.#nodes.keys()));
    const lost = new Set(
      before.flatMap((owner, shard) => (owner === self && view.owners[shard] !== self ? [shard] : [])),
    );
    const owned = view.owners.filter((owner) => owner === self).length;
    this.#parts.logger.info('The cluster has changed', { members: view.nodes.length, owned, lost: lost.size });
    if (lost.size === 0) return;
    const { shardCount } = this.#parts;
    this.#parts.onLost((cardId) => lost.has(shardOf(cardId, shardCount)));
  }

  #troubled(reason: string): void {
    if (reason === '') this.#heardAtMs = this.#parts.clock.monotonicMs();
    if (reason === this.#trouble) return;
    this.#trouble = reason;
    if (reason !== '') this.#parts.logger.warn('Nothing new is known of the cluster', { reason });
  }
}

/** Whether the node that was asked does not have the duty either. */
function isElsewhere({ status, body }: RelayedAnswer): boolean {
  return status >= 500 && refusalOf(body)?.code === 'SAGAS_ELSEWHERE';
}

/** Whether nobody listens at the address, as opposed to somebody who is slow. */
function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}
