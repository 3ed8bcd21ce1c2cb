import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { createKafkaBus, createKafkaSource } from '../../src/adapters/kafka/mod.ts';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { createSystemClock } from '../../src/adapters/system/system-clock.ts';
import { createSystemRandom } from '../../src/adapters/system/system-random.ts';
import type { BusMessage, InboundMessage, MessageReader } from '../../src/ports/message-bus.ts';
import { type ActorEngine, createEngine } from '../../src/runtime/actor-engine.ts';
import { createIntake, DEAD_LETTER_TOPIC } from '../../src/runtime/intake/intake.ts';
import { paymentText } from '../integration/http-caller.ts';
import { ACTOR_DEFINITIONS } from '../support/actor-definitions.ts';
import { RIG_RULESET } from '../support/engine-rig.ts';
import { findBroker } from '../support/kafka/broker.ts';
import { rulesetText } from '../support/ruleset-builder.ts';

const found = await findBroker();
const skip = typeof found === 'string' ? found : false;
const brokers = typeof found === 'string' ? [] : found.brokers;
if (typeof found !== 'string') after(() => found.remove());

const SETTINGS = {
  residentMax: 1000,
  mailboxDepthMax: 1000,
  rehydrationsMax: 16,
  snapshotEveryEvents: 100,
  commandsMax: 8192,
  recentMax: 1000,
};

let topicCount = 0;

/** A topic, or a group, that no other test has. */
function fresh(name: string): string {
  return `${name}-${process.pid}-${Date.now().toString(36)}-${topicCount++}`;
}

function message(topic: string, key: string, value: string): BusMessage {
  return { topic, key, value, headers: { origin: 'test' } };
}

/** Publishes, and again where it is not known whether the bus has it. */
async function publishSurely(publish: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await publish();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

type Gathered = { readonly messages: InboundMessage[]; readonly reader: MessageReader; readonly enough: Promise<void> };

/** Reads a topic until it has given as many messages. */
async function gather(topic: string, count: number, group = fresh('group')): Promise<Gathered> {
  const messages: InboundMessage[] = [];
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const onMessage = async (each: InboundMessage): Promise<void> => {
    messages.push(each);
    if (messages.length >= count) resolve();
  };
  return {
    messages,
    enough,
    reader: await createKafkaSource({ brokers }).consume({ group, topics: [topic], onMessage }),
  };
}

function textOf(each: InboundMessage): string {
  return new TextDecoder().decode(each.value);
}

async function startEngine(): Promise<ActorEngine> {
  return await createEngine({
    log: createMemoryEventLog(),
    clock: createSystemClock(),
    random: createSystemRandom(),
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    definitions: ACTOR_DEFINITIONS,
    settings: SETTINGS,
    rulesetText: rulesetText(RIG_RULESET),
    fallbackRulesetText: rulesetText(RIG_RULESET),
  });
}

describe('Kafka', { skip }, () => {
  test('carries every message once, in the order of its key, with its headers', async () => {
    const topic = fresh('order');
    const bus = createKafkaBus({ brokers });
    const keys = ['card-1', 'card-2', 'card-3'];
    const sent = Array.from({ length: 900 }, (_, at) => message(topic, keys[at % 3] ?? '', String(at)));
    await Promise.all(sent.map((each) => bus.publish(each)));
    const { messages, enough, reader } = await gather(topic, 900);
    await enough;
    for (const [at, key] of keys.entries()) {
      assert.deepEqual(
        messages.filter((each) => each.key === key).map(textOf),
        Array.from({ length: 300 }, (_, index) => String(at + 3 * index)),
      );
    }
    assert.equal(messages[0]?.headers.origin, 'test');
    await reader.close();
    await bus.close();
  });

  test('goes on where its group was, and gives again what was not settled', async () => {
    const topic = fresh('offsets');
    const group = fresh('group');
    const bus = createKafkaBus({ brokers });
    for (let at = 0; at < 3; at++) await bus.publish(message(topic, 'a', String(at)));
    const first = await gather(topic, 3, group);
    await first.enough;
    await first.reader.close();
    await bus.publish(message(topic, 'a', 'new'));
    let tries = 0;
    const settled = Promise.withResolvers<string>();
    const onMessage = async (each: InboundMessage): Promise<void> => {
      tries++;
      if (tries === 1) throw new Error('not yet');
      settled.resolve(textOf(each));
    };
    const reader = await createKafkaSource({ brokers }).consume({ group, topics: [topic], onMessage });
    const again = await settled.promise;
    await reader.close();
    assert.ok(tries >= 2);
    assert.ok(['new', '0', '1', '2'].includes(again));
    await bus.close();
  });

  test('brings each transaction to the engine once, however often, and parks what nobody can read', async () => {
    const engine = await startEngine();
    const bus = createKafkaBus({ brokers });
    const topic = 'palisade.transactions';
    const id = fresh('payment');
    const good = Array.from({ length: 20 }, (_, at) =>
      message(topic, 'card-1', paymentText(`${id}-${at}`, { cardId: id })),
    );
    const poison = [
      message(topic, 'card-1', `{"transactionId": "${id}`),
      message(topic, 'card-1', paymentText(`${id}-bad`, { amountMinor: -1 })),
      message(topic, 'card-1', paymentText(`${id}-3`, { cardId: id, amountMinor: 99 })),
    ];
    for (const each of [...good.slice(0, 10), ...poison, ...good, ...good.slice(5)]) await bus.publish(each);
    const dead = await gather(DEAD_LETTER_TOPIC, 3);
    const intake = createIntake({ engine, bus, clock: createSystemClock(), deadlineMs: 60_000 });
    let handled = 0;
    const all = Promise.withResolvers<void>();
    const onMessage = async (each: InboundMessage): Promise<void> => {
      await intake(each);
      handled++;
      if (handled === 48) all.resolve();
    };
    const group = fresh('group');
    const reader = await createKafkaSource({ brokers }).consume({ group, topics: [topic], onMessage });
    await all.promise;
    await dead.enough;
    assert.equal((await engine.readEntity('card', id))?.revision, 19);
    const codes = dead.messages.map(({ headers }) => headers['palisade-error']).toSorted();
    assert.deepEqual(codes, ['REQUEST_INVALID', 'REQUEST_MALFORMED', 'TRANSACTION_CONFLICT']);
    assert.match(dead.messages[0]?.headers['palisade-source'] ?? '', /^palisade\.transactions\/\d+\/\d+$/);
    await Promise.all([reader.close(), dead.reader.close()]);
    await bus.close();
  });

  test('loses nothing that it took when the broker is killed, and takes the rest when it is back', async () => {
    if (typeof found === 'string') return;
    const topic = fresh('killed');
    const bus = createKafkaBus({ brokers });
    const { messages, reader, enough } = await gather(topic, 60);
    for (let at = 0; at < 30; at++) await bus.publish(message(topic, 'a', String(at)));
    await found.kill();
    const rest = (async () => {
      for (let at = 30; at < 60; at++) await publishSurely(() => bus.publish(message(topic, 'a', String(at))));
    })();
    await found.start();
    await rest;
    await enough;
    const firsts = [...new Set(messages.map(textOf))];
    assert.deepEqual(
      firsts,
      Array.from({ length: 60 }, (_, at) => String(at)),
    );
    await reader.close();
    await bus.close();
  });
});
