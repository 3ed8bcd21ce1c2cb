import kafkajs, { type PartitionAssigner } from 'kafkajs';
import type { ReaderPlacement } from '../../ports/message-bus.ts';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const NAME = 'palisade-placed';
const VERSION = 1;

/** An assigner that gives the partitions of every topic to the readers that `assign` names; each tells its own name. */
export function placedAssigner({ reader, assign }: ReaderPlacement): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(reader) }),
    }),
    assign: async ({ members, topics }) => {
      const names = new Map(
        members.map(({ memberId, memberMetadata }) => [
          memberId,
          MemberMetadata.decode(memberMetadata)?.userData.toString('utf8') ?? '',
        ]),
      );
      const readers = topics.map((topic) => {
        const { length } = cluster.findTopicPartitionMetadata(topic);
        return { topic, owners: assign([...names.values()], length) };
      });
      return members.map(({ memberId }) => {
        const own = names.get(memberId);
        const assignment = Object.fromEntries(
          readers.map(({ topic, owners }) => [
            topic,
            owners.flatMap((owner, partition) => (owner === own ? [partition] : [])),
          ]),
        );
        const memberAssignment = MemberAssignment.encode({ version: VERSION, assignment, userData: Buffer.alloc(0) });
        return { memberId, memberAssignment };
      });
    },
  });
}
