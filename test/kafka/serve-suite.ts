import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaBus } from '../../src/adapters/kafka/mod.ts';
import type { HttpCaller } from '../integration/http-caller.ts';
import { paymentText } from '../integration/http-caller.ts';
import { onWorkbench } from '../integration/workbench.ts';
import type { TestBroker } from '../support/kafka/broker.ts';
import { fresh, gather, recordOf, surely } from './topics.ts';

async function metric(caller: HttpCaller, name: string): Promise<number> {
  const { text } = await caller.get('/metrics');
  const line = text.split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
}

/** `palisade serve --kafka` as a process. */
export function serveSuite(broker: TestBroker): void {
  const address = broker.brokers.join(',');

  test('decides while the brokers are away, and takes and publishes what there is when they are back', () =>
    onWorkbench(async (bench) => {
      const prefix = fresh('serve');
      await broker.kill();
      const server = await bench.serve(['--open', '--kafka', address, '--kafka-prefix', prefix]);
      const caller = bench.call(server);
      const ids = Array.from({ length: 50 }, (_, at) => `over-http-${at}`);
      const answers = await Promise.all(ids.map((id) => caller.authorize(paymentText(id))));
      assert.ok(answers.every(({ status }) => status === 200));
      while ((await metric(caller, 'palisade_kafka_publish_failures_total')) === 0) await sleep(100);
      while ((await metric(caller, 'palisade_kafka_publisher_lag_records')) < 50) await sleep(100);
      await server.until(/Cannot use Kafka as the brokers do not answer/);
      await broker.start();
      const bus = createKafkaBus({ brokers: broker.brokers });
      const id = `over-kafka-${process.pid}-${Date.now()}`;
      const value = paymentText(id);
      const message = { topic: `${prefix}.transactions`, key: 'card-1', value, headers: {} };
      await surely(() => bus.publish(message));
      let decision = await caller.get(`/v1/authorizations/${id}`);
      for (; decision.status === 404; decision = await caller.get(`/v1/authorizations/${id}`)) await sleep(100);
      assert.equal(JSON.parse(decision.text).transactionId, id);
      const again = await caller.authorize(value);
      assert.deepEqual([again.text, again.headers['palisade-repeated']], [decision.text, 'true']);
      const gathered = await gather(broker.brokers, `${prefix}.decisions`, 51, { idOf: recordOf });
      await gathered.enough;
      const subjects = new Set(gathered.messages.map(({ headers }) => headers.ce_subject));
      assert.deepEqual([...subjects].toSorted(), [...ids, id].toSorted());
      while ((await metric(caller, 'palisade_kafka_taken_total')) < 1) await sleep(100);
      await gathered.reader.close();
      await bus.close();
      await server.end('SIGTERM');
      assert.equal(await server.ended, 0);
    }));

  test('ends in time while the brokers are away', () =>
    onWorkbench(async (bench) => {
      // No broker of ours can ever listen there.
      const server = await bench.serve(['--open', '--kafka', '127.0.0.1:1', '--kafka-prefix', fresh('ends')]);
      assert.equal((await bench.call(server).authorize(paymentText('txn-1'))).status, 200);
      await server.end('SIGTERM');
      assert.equal(await server.ended, 0);
    }));
}
