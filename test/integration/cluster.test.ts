import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { shardOf } from '../../src/domain/shards.ts';
import type { RoutingCounts } from '../../src/ports/cluster.ts';
import { findBroker, type TestBroker } from '../support/kafka/broker.ts';
import { dutiesSuite, feedSuite, outageSuite } from './cluster-duties-suite.ts';
import { type Node, NodeField, reportOnce, settled } from './cluster-nodes.ts';
import { drivesNode } from './engine-process.ts';
import { paymentText } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

/** Rounds of calls of which one has to meet no node that is slow. */
const ROUNDS_MAX = 60;

const found = drivesNode === false ? await findBroker() : drivesNode;
if (typeof found !== 'string') after(() => found.remove());

/** Runs a test with an event store of its own and the one broker. */
async function onField(body: (field: NodeField, broker: TestBroker) => Promise<void>): Promise<void> {
  if (typeof found === 'string') return;
  await onWorkbench(async (bench) => {
    const field = await NodeField.open(bench, found);
    try {
      await body(field, found);
    } finally {
      await field.close();
    }
  });
}

describe('a cluster', { skip: typeof found === 'string' ? found : false }, () => {
  test('shares the shards, answers for any card at any node, and goes on where the owner is killed', () =>
    onField(async (field) => {
      const one = await field.start('one');
      const other = await field.start('other');
      await settled([one, other]);
      const report = await reportOnce(one, ({ members }) => members.every(({ shards }) => shards.length === 32));
      assert.deepEqual(
        report.members.map(({ name }) => name),
        ['one', 'other'],
      );
      const ownerOf = (cardId: string) => {
        const id = report.owners[shardOf(cardId, report.shardCount)];
        return report.members.find((member) => member.id === id)?.name;
      };
      const cards = Array.from({ length: 20 }, (_, index) => `card-${index}`);
      const answers = new Map<string, string>();
      for (const cardId of cards) {
        const { status, text } = await one.caller.authorize(paymentText(`first-${cardId}`, { cardId }));
        assert.equal(status, 200, text);
        answers.set(cardId, text);
      }
      const foreign = cards.filter((cardId) => ownerOf(cardId) === 'other');
      assert.ok(foreign.length > 0 && foreign.length < cards.length);
      await assertSentToOwners(one, cards, foreign);
      const before = await reportOnce(one, () => true);
      await other.server.end('SIGKILL');
      for (const cardId of cards) {
        const again = await one.caller.authorize(paymentText(`first-${cardId}`, { cardId }));
        assert.deepEqual([again.text, again.headers['palisade-repeated']], [answers.get(cardId), 'true']);
        const next = await one.caller.authorize(paymentText(`second-${cardId}`, { cardId }));
        assert.equal(JSON.parse(next.text).revisions.card, 1, next.text);
      }
      const alone = await reportOnce(one, ({ members }) => members.length === 1);
      assert.equal(alone.members[0]?.shards.length, 64);
      // As a guest until the group has put the other one out, which a slow machine may get to at any of the calls.
      const madeHere = ({ owned, guest }: RoutingCounts): number => owned + guest;
      assert.ok(madeHere(alone.calls) - madeHere(before.calls) >= 2 * cards.length);
    }));
});

/**
 * Repeats a call for each card until the node has sent all of a round to their owners: a node that is slow for a
 * moment is done without, which changes no answer, and the next round counts anew.
 */
async function assertSentToOwners(node: Node, cards: readonly string[], foreign: readonly string[]): Promise<void> {
  const expected = { owned: cards.length - foreign.length, forwarded: foreign.length, taken: 0, guest: 0, failed: 0 };
  const rounds: RoutingCounts[] = [];
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const { calls: before } = await reportOnce(node, () => true);
    for (const cardId of cards) await node.caller.authorize(paymentText(`first-${cardId}`, { cardId }));
    const { calls: after } = await reportOnce(node, () => true);
    const made = {
      owned: after.owned - before.owned,
      forwarded: after.forwarded - before.forwarded,
      taken: after.taken - before.taken,
      guest: after.guest - before.guest,
      failed: after.failed - before.failed,
    };
    if (isDeepStrictEqual(made, expected)) return;
    rounds.push(made);
  }
  assert.fail(`no round went to the owners alone, as ${JSON.stringify(expected)}: ${JSON.stringify(rounds)}`);
}

describe('nodes that were all started alike', { skip: typeof found === 'string' ? found : false }, () => {
  if (typeof found === 'string') return;
  dutiesSuite(found);
  outageSuite(found);
  feedSuite(found);
});

describe('a node of a cluster without brokers', { skip: drivesNode }, () => {
  test('answers as a guest, and says what is the matter', () =>
    onWorkbench(async (bench) => {
      const field = await NodeField.open(bench, { brokers: ['127.0.0.1:1'] });
      try {
        const nodes = [await field.start('one'), await field.start('other')];
        for (const [index, { caller }] of nodes.entries()) {
          const { status, text } = await caller.authorize(paymentText(`payment-${index}`));
          assert.deepEqual([status, JSON.parse(text).revisions.card], [200, index], text);
        }
        const [one] = nodes;
        assert.ok(one !== undefined);
        const report = await reportOnce(one, ({ trouble }) => trouble.includes('brokers'));
        assert.deepEqual(report.members, []);
        assert.ok(report.calls.guest > 0 && report.calls.forwarded === 0);
        const shown = bench.launch(['cluster', '--url', one.server.url]);
        assert.equal(await shown.ended, 0, shown.output);
        assert.match(shown.stdout, /nothing new is known of the others: the brokers do not answer/);
        assert.match(shown.stdout, /64 shards have no owner/);
      } finally {
        await field.close();
      }
    }));

  test('is not started where its options make none', () =>
    onWorkbench(async (bench) => {
      const log = ['--log', 'esdb://127.0.0.1:1?tls=false'];
      const cases: readonly (readonly [readonly string[], RegExp])[] = [
        [['--cluster', '--kafka', '127.0.0.1:1'], /Cannot use --cluster without --log/],
        [['--cluster', ...log], /Cannot use --cluster without --kafka/],
        [['--node', 'one', ...log], /Cannot use --node or --advertise without --cluster/],
      ];
      for (const [options, message] of cases) {
        const server = bench.launch(['serve', '--open', '--data', bench.data, ...options]);
        assert.equal(await server.ended, 2, server.output);
        assert.match(server.stderr, message);
      }
    }));
});
