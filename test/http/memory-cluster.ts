import type { Duty } from '../../src/domain/duties.ts';
import type {
  CallOrigin,
  Cluster,
  ClusterReport,
  ClusterStatistics,
  NodeState,
  RelayedAnswer,
  RelayedCall,
} from '../../src/ports/cluster.ts';
import type { AuthorizeAnswer, AuthorizeCommand, Engine } from '../../src/ports/engine.ts';

const CALLS = { owned: 3, forwarded: 2, taken: 1, guest: 0, failed: 0 };

/** A cluster of one node, which decides everything itself and remembers where calls came from. */
export class MemoryCluster implements Cluster {
  readonly origins: CallOrigin[] = [];
  readonly relayed: (RelayedCall & { readonly duty: Duty })[] = [];
  /** What the node with a duty says; null where that is this one. */
  answer: RelayedAnswer | null = null;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  authorize(command: AuthorizeCommand, origin: CallOrigin): Promise<AuthorizeAnswer> {
    this.origins.push(origin);
    return this.#engine.authorize(command);
  }

  async relay(duty: Duty, call: RelayedCall): Promise<RelayedAnswer | null> {
    this.relayed.push({ duty, ...call });
    return this.answer;
  }

  state(): NodeState {
    return { id: 'one-1', headPosition: 7, residentActors: 5, held: ['sagas'] };
  }

  async report(credential: string | null): Promise<ClusterReport> {
    const node = { id: 'one-1', name: 'one', url: 'http://one:8080', duties: [] };
    const state = this.state();
    return {
      node: 'one-1',
      shardCount: 2,
      trouble: credential === null ? '' : 'asked with a key',
      members: [{ ...node, isSelf: true, shards: [0, 1], state, lag: 0, isTrusted: true }],
      owners: ['one-1', 'one-1'],
      topics: [],
      calls: CALLS,
    };
  }

  statistics(): ClusterStatistics {
    return { members: 1, shardsOwned: 2, isTroubled: true, calls: CALLS };
  }
}
