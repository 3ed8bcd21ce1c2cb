import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKafkaBus } from '../../src/adapters/kafka/mod.ts';
import { readKafkaAddress } from '../../src/cli/kafka-address.ts';
import type { BusMessage } from '../../src/ports/message-bus.ts';
import type { SecureListener } from '../support/kafka/broker.ts';
import { fresh } from './topics.ts';

function message(): BusMessage {
  return { topic: fresh('secure'), key: 'a', value: '{}', headers: {} };
}

/** A broker that wants TLS and a login, by addresses as a command line has them. */
export function loginSuite({ broker, username, password, caFile }: SecureListener): void {
  for (const sasl of ['scram-sha-512', 'plain']) {
    test(`an address with ${sasl} and a certificate of one's own is enough`, async () => {
      const address = `kafka://${username}:${password}@${broker}?tls=true&sasl=${sasl}&tlsCAFile=${caFile}`;
      const bus = createKafkaBus(await readKafkaAddress(address));
      await bus.publish(message());
      await bus.close();
    });
  }

  test('a wrong password is refused with a word on it, and without the password', async () => {
    const address = `kafka://${username}:wrong-one@${broker}?tls=true&tlsCAFile=${caFile}`;
    const bus = createKafkaBus(await readKafkaAddress(address));
    await assert.rejects(bus.publish(message()), ({ code, message: text }: Error & { code: string }) => {
      assert.equal(code, 'BUS_REFUSED');
      assert.match(text, /log in to Kafka as the brokers refuse it: palisade by scram-sha-512/);
      assert.doesNotMatch(text, /wrong-one/);
      return true;
    });
    await bus.close();
  });

  test('a certificate of an unknown authority is refused', async () => {
    const bus = createKafkaBus(await readKafkaAddress(`kafka://${username}:${password}@${broker}?tls=true`));
    await assert.rejects(bus.publish(message()), { code: 'BUS_UNAVAILABLE', message: /self-signed certificate/ });
    await bus.close();
  });
}
