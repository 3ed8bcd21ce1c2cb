import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKafkaBus, createKafkaSource } from '../../src/adapters/kafka/mod.ts';
import { createPlainDecoder, createRegistryDecoder, RegistryClient } from '../../src/adapters/schema-registry/mod.ts';
import type { BusMessage, MessageReader } from '../../src/ports/message-bus.ts';
import type { MessageDecoder } from '../../src/ports/message-decoder.ts';
import { Intake } from '../../src/runtime/intake/intake.ts';
import { inboundTopicsOf, type TopicNames, topicNamesOf } from '../../src/runtime/publishing/topic-names.ts';
import { paymentText } from '../integration/http-caller.ts';
import { type EngineRig, startRig } from '../support/engine-rig.ts';
import type { TestBroker } from '../support/kafka/broker.ts';
import { RegistryServer } from '../support/schema-registry/registry-server.ts';
import { fresh, gather, surely, textOf } from './topics.ts';

/** An engine that takes what comes in, and what was settled. */
class Bench {
  readonly topics: TopicNames = topicNamesOf(fresh('intake'));
  readonly rig: EngineRig;
  readonly intake: Intake;
  readonly reader: MessageReader;
  readonly #close: () => Promise<void>;

  private constructor(
    rig: EngineRig,
    topics: TopicNames,
    intake: Intake,
    reader: MessageReader,
    close: () => Promise<void>,
  ) {
    this.rig = rig;
    this.topics = topics;
    this.intake = intake;
    this.reader = reader;
    this.#close = close;
  }

  /** Sends the messages first: they are there when the reader joins. */
  static async start(
    brokers: readonly string[],
    decoder: MessageDecoder,
    messagesOf: (topics: TopicNames) => readonly BusMessage[],
  ): Promise<Bench> {
    const topics = topicNamesOf(fresh('intake'));
    const rig = await startRig({ settings: { mailboxDepthMax: 256 } });
    const bus = createKafkaBus({ brokers });
    const messages = messagesOf(topics);
    await surely(() => bus.publishAll(messages));
    const logger = { info: () => {}, warn: () => {}, error: () => {} };
    const parts = { engine: rig.engine, bus, topics, clock: rig.clock, logger, decoder };
    const intake = new Intake({ ...parts, source: '/test', deadlineMs: 60_000 });
    const onMessage = intake.take.bind(intake);
    const consume = { group: fresh('group'), topics: inboundTopicsOf(topics), onMessage, onEnd: () => {} };
    const reader = await surely(() => createKafkaSource({ brokers }).consume(consume));
    return new Bench(rig, topics, intake, reader, async () => {
      await reader.close();
      await bus.close();
    });
  }

  count(counts: 'takenByTopic' | 'deadByTopic' | 'deferredByTopic', topic: string): number {
    return this.intake.counts()[counts][topic] ?? 0;
  }

  close(): Promise<void> {
    return this.#close();
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function payment(id: string, changes: Record<string, unknown> = {}): string {
  return paymentText(id, { occurredAt: '2026-01-31T13:45:00Z', ...changes });
}

/** Messages from a broker into an engine. */
export function intakeSuite({ brokers }: TestBroker): void {
  test('brings each transaction to the engine once, however often, and parks what nobody can read', async () => {
    const good = Array.from({ length: 20 }, (_, at) => payment(`good-${at}`, { cardId: 'card-1' }));
    const poison = [
      '{"transactionId": "cut',
      payment('bad', { amountMinor: -1 }),
      payment('good-3', { cardId: 'card-1', amountMinor: 99 }),
    ];
    const values = [...good.slice(0, 10), ...poison, ...good, ...good.slice(5)];
    const bench = await Bench.start(brokers, createPlainDecoder(), ({ transactions: topic }) =>
      values.map((value) => ({ topic, key: 'card-1', value, headers: { origin: 'till' } })),
    );
    const dead = await gather(brokers, bench.topics.deadLetters, 3, { idOf: textOf });
    await dead.enough;
    await until(() => bench.count('takenByTopic', bench.topics.transactions) >= 45);
    assert.equal((await bench.rig.engine.readEntity('card', 'card-1'))?.revision, 19);
    assert.deepEqual(
      dead.messages.map(({ headers }) => headers['palisade-error']),
      ['REQUEST_MALFORMED', 'REQUEST_INVALID', 'TRANSACTION_CONFLICT'],
    );
    assert.deepEqual(
      dead.messages.map(({ value }) => Buffer.from(value).toString()),
      poison,
    );
    const [letter] = dead.messages;
    assert.match(letter?.headers['palisade-source'] ?? '', /\.transactions\/\d+\/10$/);
    assert.deepEqual(
      [letter?.key, letter?.headers.origin, letter?.headers.ce_type],
      ['card-1', 'till', 'palisade.dead-letter'],
    );
    await Promise.all([bench.close(), dead.reader.close()]);
  });

  test('takes a thousand payments of one card in their order, with none put off', async () => {
    const ids = Array.from({ length: 1000 }, (_, at) => `hot-${at}`);
    const bench = await Bench.start(brokers, createPlainDecoder(), ({ transactions: topic }) =>
      ids.map((id) => ({ topic, key: 'hot', value: payment(id, { cardId: 'hot' }), headers: {} })),
    );
    await until(() => bench.count('takenByTopic', bench.topics.transactions) >= ids.length);
    const records = await bench.rig.log.readStream('card-hot', 0, 2000);
    assert.deepEqual(
      records.map(({ recordId }) => recordId),
      ids.map((id) => `t:${id}`),
    );
    assert.equal(bench.count('deferredByTopic', bench.topics.transactions), 0);
    await bench.close();
  });
}

/** Messages with a schema from a broker into an engine. */
export function schemaSuite({ brokers }: TestBroker): void {
  test('holds what needs a registry while that is away, parks what has no schema, and lets the rest flow', async () => {
    const registry = await RegistryServer.start();
    const id = registry.register('logins', { type: 'object' }, 'JSON');
    registry.faults.push(...Array.from({ length: 12 }, () => 500 as const));
    const login = { type: 'login', eventId: 'l', occurredAt: '2026-01-31T13:45:00Z', accountId: 'a', status: 'failed' };
    const framed = (schema: number, text: string) =>
      Buffer.concat([Buffer.from([0, 0, 0, 0, schema]), Buffer.from(text)]);
    const decoder = createRegistryDecoder(new RegistryClient({ url: registry.url, pauseMs: 1 }), {
      monotonicMs: () => performance.now(),
    });
    const bench = await Bench.start(brokers, decoder, (topics) => [
      { topic: topics.logins, key: 'a', value: framed(id, JSON.stringify(login)), headers: {} },
      { topic: topics.logins, key: 'a', value: framed(99, '{}'), headers: {} },
      { topic: topics.transactions, key: 'c', value: payment('json'), headers: {} },
    ]);
    const { logins, transactions, deadLetters } = bench.topics;
    await until(() => bench.count('takenByTopic', transactions) >= 1);
    await until(() => bench.count('takenByTopic', logins) >= 1);
    assert.ok(bench.count('deferredByTopic', logins) > 0);
    const dead = await gather(brokers, deadLetters, 1);
    await dead.enough;
    assert.equal(dead.messages[0]?.headers['palisade-error'], 'SCHEMA_UNREADABLE');
    assert.match(dead.messages[0]?.headers['palisade-reason'] ?? '', /the registry has no schema 99/);
    assert.deepEqual(Buffer.from(dead.messages[0]?.value ?? []), framed(99, '{}'));
    await until(() => Object.values(bench.reader.statistics().lagByTopic).every((lag) => lag === 0));
    await Promise.all([bench.close(), dead.reader.close(), registry.stop()]);
  });
}
