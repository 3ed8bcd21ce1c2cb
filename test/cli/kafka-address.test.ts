import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readKafkaAddress } from '../../src/cli/kafka-address.ts';

describe('the address of Kafka', () => {
  test('is brokers, each with its port or the usual one', async () => {
    const brokers = ['a:9093', 'b.example:9092', '[::1]:9092'];
    assert.deepEqual(await readKafkaAddress('a:9093,b.example,[::1]:9092'), { brokers, tls: null, login: null });
    assert.deepEqual((await readKafkaAddress('kafka://a:9093,b.example,[::1]/')).brokers, brokers);
  });

  test('has the login, percent-encoded, and TLS', async () => {
    const login = { username: 'engine', password: 'p@ss:w/d' };
    assert.deepEqual(await readKafkaAddress('kafka://engine:p%40ss%3Aw%2Fd@a?tls=true&sasl=PLAIN'), {
      brokers: ['a:9092'],
      tls: {},
      login: { mechanism: 'plain', ...login },
    });
    const { login: usual } = await readKafkaAddress('kafka://engine:x@a');
    assert.equal(usual?.mechanism, 'scram-sha-512');
  });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['kafka://', 'CONFIG_INVALID', /not of the form/],
    ['a:0', 'CONFIG_INVALID', /a broker is not host:port: a:0/],
    ['a:9092,', 'CONFIG_INVALID', /a broker is not host:port/],
    ['kafka://a?ssl=true', 'CONFIG_INVALID', /no parameter ssl/],
    ['kafka://a?tls=yes', 'CONFIG_INVALID', /neither true nor false: yes/],
    ['kafka://a?tlsCAFile=x', 'CONFIG_INVALID', /certificates are for TLS/],
    ['kafka://a?tls=true&userCertFile=x', 'CONFIG_INVALID', /go together/],
    ['kafka://a?tls=true&tlsCAFile=/no/such/file', 'INPUT_FILE', /certificate of the authority/],
    ['kafka://a?sasl=plain', 'CONFIG_INVALID', /asks for a user/],
    ['kafka://u:p@a?sasl=gssapi', 'CONFIG_INVALID', /none of plain/],
    ['kafka://u:%@a', 'CONFIG_INVALID', /percent-encoded/],
  ];
  for (const [address, code, message] of wrong) {
    test(`is refused with the reason: ${address}`, async () => {
      await assert.rejects(readKafkaAddress(address), { code, message });
    });
  }

  test('is not shown with its password where it is refused', async () => {
    await assert.rejects(readKafkaAddress('kafka://u:secret@a@b'), ({ message }: Error) => !message.includes('secret'));
  });
});
