import { hash53 } from './hash.ts';

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;
const SHIFT = 24;
const ASCII_MAX = 0x7f;
const encoder = new TextEncoder();

/**
 * The shard of a key, from 0: MurmurHash2 by Austin Appleby, public domain, with the seed and the sign bit of Kafka's
 * default partitioner, so that a message with this key lies in the partition of the same number. O(length).
 */
export function shardOf(key: string, shardCount: number): number {
  return (murmur2(key) & 0x7fffffff) % shardCount;
}

function murmur2(key: string): number {
  const bytes = isAscii(key) ? null : encoder.encode(key);
  const length = bytes === null ? key.length : bytes.length;
  const at = (index: number): number => (bytes === null ? key.charCodeAt(index) : (bytes[index] ?? 0));
  let hash = SEED ^ length;
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    const word = at(index) | (at(index + 1) << 8) | (at(index + 2) << 16) | (at(index + 3) << 24);
    const mixed = Math.imul(word, MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(mixed ^ (mixed >>> SHIFT), MULTIPLIER);
  }
  const left = length - index;
  if (left === 3) hash ^= at(index + 2) << 16;
  if (left >= 2) hash ^= at(index + 1) << 8;
  if (left >= 1) hash = Math.imul(hash ^ at(index), MULTIPLIER);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MULTIPLIER);
  return hash ^ (hash >>> 15);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > ASCII_MAX) return false;
  return true;
}

/**
 * The owner of each shard among nodes: by highest random weight (Thaler and Ravishankar 1998), but to no node more than
 * its even share, rounded up. A pure function of the set of nodes, so that all who know the set agree; where a node
 * comes or goes, most shards stay where they were. No nodes: no owners. O(shards × nodes).
 */
export function assignShards(nodeIds: readonly string[], shardCount: number): readonly string[] {
  const nodes = [...new Set(nodeIds)].sort();
  const shareMax = Math.ceil(shardCount / Math.max(1, nodes.length));
  const counts = new Map(nodes.map((node) => [node, 0]));
  const owners: string[] = [];
  for (let shard = 0; shard < shardCount; shard++) {
    let best: string | null = null;
    let bestWeight = -1;
    for (const node of nodes) {
      const weight = hash53(`${shard}@${node}`);
      if ((counts.get(node) ?? 0) >= shareMax || weight <= bestWeight) continue;
      best = node;
      bestWeight = weight;
    }
    if (best === null) return [];
    counts.set(best, (counts.get(best) ?? 0) + 1);
    owners.push(best);
  }
  return owners;
}

/** The one of some nodes that does something for all: by highest random weight; null where there are none. O(nodes). */
export function preferredNode(task: string, nodeIds: readonly string[]): string | null {
  const byWeight = nodeIds.toSorted().map((node) => ({ node, weight: hash53(`${task}@${node}`) }));
  return (
    byWeight.reduce((best, each) => (each.weight > best.weight ? each : best), { node: '', weight: -1 }).node || null
  );
}
