import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { createKafkaBus, createKafkaSource } from '../../src/adapters/kafka/mod.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { BusMessage, InboundMessage } from '../../src/ports/message-bus.ts';
import type { TestBroker } from '../support/kafka/broker.ts';
import { fresh, gather, surely, textOf } from './topics.ts';

/** Tries of what has to be seen without a broker that is slow for a moment. */
const TRIES_MAX = 10;

function message(topic: string, key: string, value: string): BusMessage {
  return { topic, key, value, headers: { origin: 'test' } };
}

/** Publishes 900 messages of three keys at once. False where the bus does not know of one whether it is there. */
async function publishAtOnce(brokers: readonly string[], topic: string, keys: readonly string[]): Promise<boolean> {
  const bus = createKafkaBus({ brokers });
  const sent = Array.from({ length: 900 }, (_, at) => message(topic, keys[at % 3] ?? '', String(at)));
  const outcomes = await Promise.allSettled(sent.map((each) => bus.publish(each)));
  await bus.close();
  const failures = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  for (const reason of failures) assert.ok(isPalisadeError(reason, 'BUS_UNAVAILABLE'), String(reason));
  return failures.length === 0;
}

/** What a group is given after it has settled three messages, until it has a fourth; the first one is not settled. */
async function givenToGroup(brokers: readonly string[]): Promise<readonly string[]> {
  const topic = fresh('group');
  const group = fresh('group');
  const bus = createKafkaBus({ brokers });
  for (let at = 0; at < 3; at++) await surely(() => bus.publish(message(topic, 'a', String(at))));
  const first = await gather(brokers, topic, 3, { group, idOf: textOf });
  await first.enough;
  await first.reader.close();
  await surely(() => bus.publish(message(topic, 'a', 'new')));
  const given: string[] = [];
  const settled = Promise.withResolvers<void>();
  const onMessage = async (each: InboundMessage): Promise<void> => {
    given.push(textOf(each));
    if (given.length === 1) throw new Error('not yet');
    if (given.at(-1) === 'new') settled.resolve();
  };
  const consume = { group, topics: [topic], onMessage, onEnd: () => {} };
  const reader = await surely(() => createKafkaSource({ brokers }).consume(consume));
  await settled.promise;
  await reader.close();
  await bus.close();
  return given;
}

/** Connections to a broker. */
export function connectionSuite({ brokers }: TestBroker): void {
  const warnings: string[] = [];
  process.on('warning', ({ name }) => warnings.push(name));

  test('sets no timer for a time that is past, which would wake the process for ever', async () => {
    const bus = createKafkaBus({ brokers });
    const quiet = message(fresh('quiet'), 'a', '{}');
    await surely(() => bus.publish(quiet));
    await bus.close();
    assert.ok(!warnings.includes('TimeoutNegativeWarning'), warnings.join());
  });
}

/** Messages over a broker: out, and in. */
export function busSuite(broker: TestBroker): void {
  const { brokers } = broker;

  test('carries every message once, in the order of its key, with its headers', async () => {
    const keys = ['card-1', 'card-2', 'card-3'];
    let topic = fresh('order');
    // Once and in order is what a bus owes that took them all.
    for (let tries = 1; !(await publishAtOnce(brokers, topic, keys)); tries++) {
      assert.ok(tries < TRIES_MAX, 'the brokers do not answer');
      topic = fresh('order');
    }
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
  });

  test('goes on where its group was, and gives again what was not settled', async () => {
    const tried: (readonly string[])[] = [];
    // A reader that is slow is put out of its group, and what it had settled is given once more.
    for (let tries = 0; tries < TRIES_MAX && tried.at(-1)?.join() !== 'new,new'; tries++) {
      tried.push(await givenToGroup(brokers));
    }
    assert.deepEqual(tried.at(-1), ['new', 'new'], tried.join(' and '));
  });

  test('loses nothing that it took when the broker is killed, and takes the rest when it is back', async () => {
    const topic = fresh('killed');
    const bus = createKafkaBus({ brokers });
    const { messages, enough, reader } = await gather(brokers, topic, 60, { idOf: textOf });
    const send = (at: number): Promise<void> => surely(() => bus.publish(message(topic, 'a', String(at))));
    for (let at = 0; at < 30; at++) await send(at);
    await broker.kill();
    const rest = (async () => {
      for (let at = 30; at < 60; at++) await send(at);
    })();
    await broker.start();
    await rest;
    // What was sent or read when the broker died may come twice.
    await enough;
    assert.deepEqual(
      messages.map(textOf),
      Array.from({ length: 60 }, (_, at) => String(at)),
    );
    await reader.close();
    await bus.close();
  });
}
