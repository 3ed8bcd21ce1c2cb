import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { createKafkaBus, createKafkaSource } from '../../src/adapters/kafka/mod.ts';
import type { BusMessage, InboundMessage } from '../../src/ports/message-bus.ts';
import type { TestBroker } from '../support/kafka/broker.ts';
import { fresh, gather, textOf } from './topics.ts';

const LOOK_AGAIN_MS = 50;
/** A minute: the reader has to find the broker again. */
const LOOKS_MAX = 1_200;

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

/** Connections to a broker. */
export function connectionSuite({ brokers }: TestBroker): void {
  const warnings: string[] = [];
  process.on('warning', ({ name }) => warnings.push(name));

  test('sets no timer for a time that is past, which would wake the process for ever', async () => {
    const bus = createKafkaBus({ brokers });
    await bus.publish(message(fresh('quiet'), 'a', '{}'));
    await bus.close();
    assert.ok(!warnings.includes('TimeoutNegativeWarning'), warnings.join());
  });
}

/** Messages over a broker: out, and in. */
export function busSuite(broker: TestBroker): void {
  const { brokers } = broker;

  test('carries every message once, in the order of its key, with its headers', async () => {
    const topic = fresh('order');
    const bus = createKafkaBus({ brokers });
    const keys = ['card-1', 'card-2', 'card-3'];
    const sent = Array.from({ length: 900 }, (_, at) => message(topic, keys[at % 3] ?? '', String(at)));
    await Promise.all(sent.map((each) => bus.publish(each)));
    const { messages, enough, reader } = await gather(brokers, topic, 900);
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
    const first = await gather(brokers, topic, 3, group);
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
    const reader = await createKafkaSource({ brokers }).consume({ group, topics: [topic], onMessage, onEnd: () => {} });
    const again = await settled.promise;
    await reader.close();
    assert.ok(tries >= 2);
    assert.equal(again, 'new');
    await bus.close();
  });

  test('loses nothing that it took when the broker is killed, and takes the rest when it is back', async () => {
    const topic = fresh('killed');
    const bus = createKafkaBus({ brokers });
    const { messages, reader } = await gather(brokers, topic, 60);
    for (let at = 0; at < 30; at++) await bus.publish(message(topic, 'a', String(at)));
    await broker.kill();
    const rest = (async () => {
      for (let at = 30; at < 60; at++) await publishSurely(() => bus.publish(message(topic, 'a', String(at))));
    })();
    await broker.start();
    await rest;
    // What was sent or read when the broker died may come twice, so that 60 messages are not yet all of them.
    const firsts = (): readonly string[] => [...new Set(messages.map(textOf))];
    for (let looks = 0; firsts().length < 60 && looks < LOOKS_MAX; looks++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    assert.deepEqual(
      firsts(),
      Array.from({ length: 60 }, (_, at) => String(at)),
    );
    await reader.close();
    await bus.close();
  });
}
