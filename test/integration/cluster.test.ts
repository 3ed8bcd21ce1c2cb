import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { shardOf } from '../../src/domain/shards.ts';
import { findBroker, type TestBroker } from '../support/kafka/broker.ts';
import { dutiesSuite, feedSuite, outageSuite } from './cluster-duties-suite.ts';
import { NodeField, reportOnce, settled } from './cluster-nodes.ts';
import { drivesNode } from './engine-process.ts';
import { paymentText } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

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
      const [report] = await settled([one, other]);
      assert.ok(report !== undefined);
      assert.deepEqual(
        report.members.map(({ name, shards }) => [name, shards.length]),
        [
          ['one', 32],
          ['other', 32],
        ],
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
      const before = await reportOnce(one, () => true);
      assert.deepEqual(before.calls, {
        owned: cards.length - foreign.length,
        forwarded: foreign.length,
        taken: 0,
        guest: 0,
        failed: 0,
      });
      await other.server.end('SIGKILL');
      for (const cardId of cards) {
        const again = await one.caller.authorize(paymentText(`first-${cardId}`, { cardId }));
        assert.deepEqual([again.text, again.headers['palisade-repeated']], [answers.get(cardId), 'true']);
        const next = await one.caller.authorize(paymentText(`second-${cardId}`, { cardId }));
        assert.equal(JSON.parse(next.text).revisions.card, 1, next.text);
      }
      const alone = await reportOnce(one, ({ members }) => members.length === 1);
      assert.equal(alone.members[0]?.shards.length, 64);
      assert.ok(alone.calls.guest >= foreign.length);
    }));
});

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
        assert.deepEqual([report.members, report.calls.guest], [[], 1]);
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
