import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { busFailure, createKafka, createMissing } from '../../src/adapters/kafka/kafka-connection.ts';
import { createKafkaBus } from '../../src/adapters/kafka/mod.ts';
import { sandboxResponses, startSandbox } from '../../src/cli/sandbox/sandbox-server.ts';
import type { Duty } from '../../src/domain/duties.ts';
import type { ClusterReport } from '../../src/ports/cluster.ts';
import { fresh, gather, recordOf, surely } from '../kafka/topics.ts';
import type { TestBroker } from '../support/kafka/broker.ts';
import { type Node, NodeField, reportOnce, settled } from './cluster-nodes.ts';
import { paymentText } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

const NAMES = ['one', 'other'];

type Json = Readonly<Record<string, unknown>>;

/** Nodes that were all started alike, a world that their sagas act on. */
type Alike = {
  readonly nodes: Node[];
  readonly world: Awaited<ReturnType<typeof startSandbox>>['world'];
  readonly prefix: string;
  readonly confirmTo: (url: string) => void;
  /** Starts a node with the options of these. */
  readonly start: (name: string) => Promise<Node>;
};

async function onNodes(
  broker: TestBroker,
  body: (alike: Alike) => Promise<void>,
  before: (prefix: string) => Promise<void> = async () => {},
): Promise<void> {
  await onWorkbench(async (bench) => {
    const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, secret: null, confirmTo: '' });
    const field = await NodeField.open(bench, broker);
    try {
      const responses = join(bench.folder, 'responses.yaml');
      await writeFile(responses, JSON.stringify(sandboxResponses(sandbox)));
      const prefix = fresh('duties');
      await before(prefix);
      const options = ['--open', '--responses', responses, '--kafka-prefix', prefix];
      const nodes: Node[] = [];
      const start = (name: string): Promise<Node> => field.start(name, options);
      for (const name of NAMES) nodes.push(await start(name));
      const confirmTo = (url: string): void => sandbox.confirmTo(`${url}/v1/confirmations`);
      await body({ nodes, world: sandbox.world, prefix, confirmTo, start });
    } finally {
      await field.close();
      await sandbox.close();
    }
  });
}

/** The one node that has a duty, once it is one of these and no other says that it has it. */
async function holderOf(duty: Duty, nodes: readonly Node[]): Promise<Node> {
  const [first] = nodes;
  assert.ok(first !== undefined);
  const held = (report: Awaited<ReturnType<typeof reportOnce>>): readonly string[] =>
    report.members.filter(({ state }) => state?.held.includes(duty) === true).map(({ name }) => name);
  const report = await reportOnce(first, (each) => held(each).length === 1 && each.members.length === nodes.length);
  const holder = nodes.find(({ name }) => name === held(report)[0]);
  assert.ok(holder !== undefined);
  return holder;
}

async function freeze({ caller }: Node, id: string): Promise<void> {
  const start = { kind: 'freeze-card', id, requestId: `freeze-${id}`, by: 'alice' };
  const { status, text } = await caller.send('POST', '/v1/sagas', JSON.stringify(start));
  assert.equal(status, 202, text);
}

async function untilFrozen({ caller }: Node, id: string): Promise<void> {
  for (;;) {
    const { status, text } = await caller.get(`/v1/sagas/freeze-card/${id}`);
    const report: { saga?: Json } = JSON.parse(text);
    if (status === 200 && report.saga?.state === 'frozen') return;
    await sleep(50);
  }
}

/** What one node of a cluster does for all. */
export function dutiesSuite(broker: TestBroker): void {
  test('have one of them run the sagas, whichever is called, and another one take them over where it is killed', () =>
    onNodes(broker, async ({ nodes, world, confirmTo }) => {
      const holder = await holderOf('sagas', nodes);
      const other = nodes.find((node) => node !== holder);
      assert.ok(other !== undefined);
      // A receiver's word may come to any node as well.
      confirmTo(other.server.url);
      await freeze(other, 'card-1');
      for (const node of nodes) await untilFrozen(node, 'card-1');
      const listed = await other.caller.get('/v1/sagas?kind=freeze-card');
      assert.equal(JSON.parse(listed.text).total, 1, listed.text);
      world.behaviours.set('card-processor', 'down');
      await freeze(other, 'card-2');
      await holder.server.end('SIGKILL');
      assert.equal(await holderOf('sagas', [other]), other);
      world.behaviours.set('card-processor', 'ok');
      await untilFrozen(other, 'card-2');
      await freeze(other, 'card-3');
      await untilFrozen(other, 'card-3');
      assert.deepEqual([...world.frozenCards].toSorted(), ['card-1', 'card-2', 'card-3']);
    }));

  test('have one of them publish, and another go on without a gap where it is killed', () =>
    onNodes(broker, async ({ nodes, prefix }) => {
      const holder = await holderOf('publisher', nodes);
      const others = nodes.filter((node) => node !== holder);
      const ids: string[] = [];
      const decide = async (count: number): Promise<void> => {
        for (let index = 0; index < count; index++) {
          const id = `txn-${ids.length}`;
          const node = others[index % others.length];
          const answer = await node?.caller.authorize(paymentText(id, { cardId: `card-${index % 2}` }));
          assert.equal(answer?.status, 200, answer?.text);
          ids.push(id);
        }
      };
      await decide(30);
      const gathered = await gather(broker.brokers, `${prefix}.decisions`, 1, { idOf: recordOf });
      await gathered.enough;
      await holder.server.end('SIGKILL');
      await decide(30);
      await holderOf('publisher', others);
      await decide(10);
      while (gathered.messages.length < ids.length) await sleep(50);
      for (const card of ['card-0', 'card-1']) {
        const own = gathered.messages.filter(({ key }) => key === card).map((each) => each.headers.ce_subject);
        assert.deepEqual(
          own,
          ids.filter((_, index) => `card-${index % 2}` === card),
        );
      }
      await gathered.reader.close();
    }));
}

/** What one node does for all while nothing is known of the members. */
export function outageSuite(broker: TestBroker): void {
  test('have another one take the sagas over where the brokers are away and the one that has them is killed', () =>
    onNodes(broker, async ({ nodes, world, confirmTo, start }) => {
      const holder = await holderOf('sagas', nodes);
      const other = nodes.find((node) => node !== holder);
      assert.ok(other !== undefined);
      confirmTo(other.server.url);
      world.behaviours.set('card-processor', 'down');
      await freeze(holder, 'card-1');
      await broker.kill();
      await holder.server.end('SIGKILL');
      world.behaviours.set('card-processor', 'ok');
      await untilFrozen(other, 'card-1');
      await freeze(other, 'card-2');
      await untilFrozen(other, 'card-2');
      await broker.start();
      // Whichever of the two is chosen now: one has them, and it goes on where the other was.
      const both = [other, await start(holder.name)];
      await settled(both);
      await holderOf('sagas', both);
      await freeze(other, 'card-3');
      await untilFrozen(other, 'card-3');
      assert.deepEqual([...world.frozenCards].toSorted(), ['card-1', 'card-2', 'card-3']);
      const freezes = world.calls.filter(({ type, isFirst }) => type === 'card.freeze' && isFirst);
      assert.equal(freezes.length, 3);
    }));
}

/** What comes over a topic. */
export function feedSuite(broker: TestBroker): void {
  test('take transactions from a topic to the owners of their cards, in order, and each once', () =>
    onNodes(broker, async ({ nodes, prefix }) => {
      await takeTwice(broker, nodes, `${prefix}.transactions`);
    }));

  test('hand them over in one hop where the partitions of the topic are not the shards', () =>
    onNodes(
      broker,
      async ({ nodes, prefix }) => {
        const reports = await takeTwice(broker, nodes, `${prefix}.transactions`);
        assert.ok(reports.some(({ calls }) => calls.forwarded > 0));
      },
      (prefix) => makeTopic(broker, `${prefix}.transactions`, 3),
    ));
}

/** Sends payments over a topic two times: each is decided once, in its order, by the owner of its card. */
async function takeTwice(broker: TestBroker, nodes: readonly Node[], topic: string): Promise<ClusterReport[]> {
  const bus = createKafkaBus({ brokers: broker.brokers });
  const cards = Array.from({ length: 12 }, (_, index) => `card-${index}`);
  const messages = Array.from({ length: 96 }, (_, index) => {
    const key = cards[index % cards.length] ?? '';
    return { topic, key, value: paymentText(`txn-${index}`, { cardId: key }), headers: {} };
  });
  await settled(nodes);
  for (let times = 0; times < 2; times++) await surely(() => bus.publishAll(messages));
  await untilTaken(nodes, topic, 2 * messages.length);
  for (const index of messages.keys()) {
    const text = await decisionOf(nodes[0], `txn-${index}`);
    assert.equal(JSON.parse(text).revisions.card, Math.floor(index / cards.length), text);
  }
  const reports = await settled(nodes);
  const byOwner = reports.reduce((total, { calls }) => total + calls.owned + calls.taken, 0);
  assert.ok(byOwner >= messages.length, JSON.stringify(reports.map(({ calls }) => calls)));
  for (const { calls } of reports) assert.ok(calls.owned + calls.taken > 0);
  await bus.close();
  return reports;
}

/** A decision once it is there: what was taken so far may be another message that came again. */
async function decisionOf(node: Node | undefined, id: string): Promise<string> {
  for (;;) {
    const answer = await node?.caller.get(`/v1/authorizations/${id}`);
    if (answer?.status === 200) return answer.text;
    assert.equal(answer?.status, 404, answer?.text);
    await sleep(50);
  }
}

async function makeTopic({ brokers }: TestBroker, topic: string, partitionCount: number): Promise<void> {
  const options = { brokers };
  const make = (): Promise<void> => createMissing(createKafka(options), [topic], partitionCount);
  await surely(() => make().catch((error: unknown) => Promise.reject(busFailure(error, options))));
}

/** Waits until the nodes together have taken as many messages of a topic. */
async function untilTaken(nodes: readonly Node[], topic: string, count: number): Promise<void> {
  for (;;) {
    const pages = await Promise.all(nodes.map(({ caller }) => caller.get('/metrics')));
    const taken = pages.map(({ text }) => {
      const line = text.split('\n').find((each) => each.startsWith(`palisade_kafka_taken_total{topic="${topic}"`));
      return Number(line?.split(' ').at(-1) ?? 0);
    });
    if (taken.reduce((sum, each) => sum + each, 0) >= count) return;
    await sleep(100);
  }
}
