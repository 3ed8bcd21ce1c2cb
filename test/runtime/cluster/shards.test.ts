import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { assignShards, shardOf } from '../../../src/domain/shards.ts';

const nodeIds = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 9 });

describe('the shard of a key', () => {
  test('is the partition that the default partitioner of Kafka gives it', () => {
    const partition = kafkajs.Partitioners.DefaultPartitioner();
    const property = fc.property(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.integer({ min: 1, max: 512 }),
      check,
    );
    function check(key: string, count: number): void {
      const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader: 0,
        replicas: [0],
        isr: [0],
      }));
      assert.equal(shardOf(key, count), partition({ topic: 't', partitionMetadata, message: { key, value: null } }));
    }
    fc.assert(property, { numRuns: 500 });
  });
});

describe('the assignment of shards', () => {
  test('is a function of the set of nodes, whole and even', () => {
    const property = fc.property(nodeIds, fc.integer({ min: 1, max: 128 }), (nodes, count) => {
      const owners = assignShards(nodes, count);
      assert.equal(owners.length, count);
      assert.deepEqual(assignShards([...nodes].reverse(), count), owners);
      const counts = [...Map.groupBy(owners, (owner) => owner).values()].map((owned) => owned.length);
      assert.ok(Math.max(...counts) <= Math.ceil(count / nodes.length));
      assert.ok(owners.every((owner) => nodes.includes(owner)));
    });
    fc.assert(property);
  });

  test('is empty without nodes', () => {
    assert.deepEqual(assignShards([], 64), []);
  });

  test('leaves most shards where they were when a node comes or goes', () => {
    for (let seed = 0; seed < 50; seed++) {
      const nodes = Array.from({ length: 4 }, (_, index) => `node-${index}-${seed}`);
      const before = assignShards(nodes, 64);
      const after = assignShards(nodes.slice(0, 3), 64);
      const moved = before.filter((owner, shard) => owner !== nodes[3] && owner !== after[shard]).length;
      assert.ok(moved <= 24, `${moved} shards moved between nodes that stayed`);
    }
  });
});
