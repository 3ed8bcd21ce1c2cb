import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaBus } from '../../src/adapters/kafka/mod.ts';
import { findBroker } from '../support/kafka/broker.ts';
import { drivesNode } from './engine-process.ts';
import { paymentText } from './http-caller.ts';
import { onWorkbench } from './workbench.ts';

const found = drivesNode === false ? await findBroker() : drivesNode;
if (typeof found !== 'string') after(() => found.remove());

describe('a server with Kafka', { skip: typeof found === 'string' ? found : false }, () => {
  test('decides while the brokers are away, and takes what they bring when they are back', () =>
    onWorkbench(async (bench) => {
      if (typeof found === 'string') return;
      await found.kill();
      const server = await bench.serve(['--open', '--kafka', found.brokers.join(',')]);
      const caller = bench.call(server);
      assert.equal((await caller.authorize(paymentText('over-http'))).status, 200);
      await found.start();
      const bus = createKafkaBus({ brokers: found.brokers });
      const id = `over-kafka-${process.pid}-${Date.now()}`;
      const value = paymentText(id);
      await bus.publish({ topic: 'palisade.transactions', key: 'card-1', value, headers: {} });
      let decision = await caller.get(`/v1/authorizations/${id}`);
      for (; decision.status === 404; decision = await caller.get(`/v1/authorizations/${id}`)) await sleep(100);
      assert.equal(JSON.parse(decision.text).transactionId, id);
      const again = await caller.authorize(value);
      assert.deepEqual([again.text, again.headers['palisade-repeated']], [decision.text, 'true']);
      await bus.close();
      await server.end('SIGTERM');
      assert.equal(await server.ended, 0);
    }));
});
