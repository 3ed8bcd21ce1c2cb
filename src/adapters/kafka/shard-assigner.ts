import kafkajs, { type PartitionAssigner } from 'kafkajs';
import { DUTIES, type Duty } from '../../domain/duties.ts';
import type { ClusterNode, ClusterView, JoinOptions } from '../../ports/cluster.ts';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const NAME = 'palisade-shards';
const VERSION = 1;

/** What a group coordinator tells of one member. */
export type GroupMember = { readonly memberMetadata: Buffer; readonly memberAssignment: Buffer };

/**
 * An assigner whose members carry their node, and which gives each partition to the node that `assign` names. The
 * address travels in the member's metadata, as kafkajs shows a member nothing of the assignment beyond its partitions.
 */
export function shardAssigner(topic: string, { node, shardCount, assign }: JoinOptions): PartitionAssigner {
  return () => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(JSON.stringify(node)) }),
    }),
    assign: async ({ members }) => {
      const nodeIds = new Map(members.map(({ memberId, memberMetadata }) => [memberId, nodeOf(memberMetadata)?.id]));
      const known = [...nodeIds.values()].filter((id) => id !== undefined);
      const owners = assign(known, shardCount);
      return members.map(({ memberId }) => {
        const own = nodeIds.get(memberId);
        const partitions = owners.flatMap((owner, shard) => (owner === own ? [shard] : []));
        return {
          memberId,
          memberAssignment: MemberAssignment.encode({
            version: VERSION,
            assignment: { [topic]: partitions },
            userData: Buffer.alloc(0),
          }),
        };
      });
    },
  });
}

/** Who is in the group and owns what, as the coordinator has it. */
export function viewOf(members: readonly GroupMember[], topic: string, shardCount: number): ClusterView {
  const nodes: ClusterNode[] = [];
  const owners: (string | null)[] = Array.from({ length: shardCount }, () => null);
  for (const { memberMetadata, memberAssignment } of members) {
    const node = nodeOf(memberMetadata);
    if (node === null) continue;
    nodes.push(node);
    const partitions = MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? [];
    for (const shard of partitions) if (shard < shardCount) owners[shard] = node.id;
  }
  nodes.sort((left, right) => (left.name === right.name ? compare(left.id, right.id) : compare(left.name, right.name)));
  return { nodes, owners };
}

/** The node that a member's metadata carries; null where it is of something else. */
function nodeOf(metadata: Buffer): ClusterNode | null {
  try {
    const text = MemberMetadata.decode(metadata)?.userData.toString('utf8') ?? '';
    const value: unknown = JSON.parse(text);
    const [id, name, url] = ['id', 'name', 'url'].map((key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : null,
    );
    const isNode = typeof id === 'string' && typeof name === 'string' && typeof url === 'string';
    return isNode ? { id, name, url, duties: dutiesOf(value) } : null;
  } catch {
    return null;
  }
}

/** What a node would do for all; nodes of an earlier version say nothing of it. */
function dutiesOf(value: unknown): readonly Duty[] {
  const told: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'duties') : null;
  return Array.isArray(told) ? DUTIES.filter((duty) => told.includes(duty)) : [];
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
