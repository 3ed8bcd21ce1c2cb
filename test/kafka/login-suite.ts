import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKafkaBus } from '../../src/adapters/kafka/mod.ts';
import { readKafkaAddress } from '../../src/cli/kafka-address.ts';
import { isPalisadeError, type PalisadeError } from '../../src/domain/errors.ts';
import type { BusMessage, MessageBus } from '../../src/ports/message-bus.ts';
import type { SecureListener } from '../support/kafka/broker.ts';
import { fresh, surely } from './topics.ts';

/** Each takes some seconds. */
const TRIES_MAX = 20;

function message(): BusMessage {
  return { topic: fresh('secure'), key: 'a', value: '{}', headers: {} };
}

/** Why a bus does not publish: the first reason that is the one, or is another one than brokers that are slow. */
async function refusalOf(bus: MessageBus, isIt: (reason: PalisadeError) => boolean): Promise<PalisadeError> {
  for (let tries = 1; ; tries++) {
    const reason: unknown = await bus.publish(message()).catch((error: unknown) => error);
    assert.ok(isPalisadeError(reason), `it was let in: ${String(reason)}`);
    if (isIt(reason) || reason.code !== 'BUS_UNAVAILABLE' || tries === TRIES_MAX) return reason;
  }
}

/** A broker that wants TLS and a login, by addresses as a command line has them. */
export function loginSuite({ broker, username, password, caFile }: SecureListener): void {
  for (const sasl of ['scram-sha-512', 'plain']) {
    test(`an address with ${sasl} and a certificate of one's own is enough`, async () => {
      const address = `kafka://${username}:${password}@${broker}?tls=true&sasl=${sasl}&tlsCAFile=${caFile}`;
      const bus = createKafkaBus(await readKafkaAddress(address));
      const sent = message();
      await surely(() => bus.publish(sent));
      await bus.close();
    });
  }

  test('a wrong password is refused with a word on it, and without the password', async () => {
    const address = `kafka://${username}:wrong-one@${broker}?tls=true&tlsCAFile=${caFile}`;
    const bus = createKafkaBus(await readKafkaAddress(address));
    const { code, message: text } = await refusalOf(bus, ({ code }) => code === 'BUS_REFUSED');
    assert.equal(code, 'BUS_REFUSED');
    assert.match(text, /log in to Kafka as the brokers refuse it: palisade by scram-sha-512/);
    assert.doesNotMatch(text, /wrong-one/);
    await bus.close();
  });

  test('a certificate of an unknown authority is refused', async () => {
    const bus = createKafkaBus(await readKafkaAddress(`kafka://${username}:${password}@${broker}?tls=true`));
    const { code, message: text } = await refusalOf(bus, ({ message: told }) => told.includes('self-signed'));
    assert.equal(code, 'BUS_UNAVAILABLE');
    assert.match(text, /self-signed certificate/);
    await bus.close();
  });
}
