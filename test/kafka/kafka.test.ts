import { after, describe, test } from 'node:test';
import { drivesNode } from '../integration/engine-process.ts';
import { findBroker } from '../support/kafka/broker.ts';
import { busSuite, connectionSuite } from './bus-suite.ts';
import { intakeSuite, schemaSuite } from './intake-suite.ts';
import { loginSuite } from './login-suite.ts';
import { outageSuite } from './outage-suite.ts';
import { publisherSuite } from './publisher-suite.ts';
import { serveSuite } from './serve-suite.ts';

// One broker for all of them: its start takes longer than any test.
const found = await findBroker();
if (typeof found === 'string') {
  const parts = [
    'connections',
    'messages',
    'into an engine',
    'schemas',
    'publisher',
    'outage',
    'TLS and logins',
    'a server',
  ];
  for (const part of parts) test(`Kafka: ${part}`, { skip: found }, () => {});
} else {
  after(() => found.remove());
  describe('Kafka: connections', () => connectionSuite(found));
  describe('Kafka: messages', () => busSuite(found));
  describe('Kafka: into an engine', () => intakeSuite(found));
  describe('Kafka: schemas', () => schemaSuite(found));
  describe('Kafka: publisher', () => publisherSuite(found));
  describe('Kafka: outage', () => outageSuite(found));
  const { secure } = found;
  if (secure === null) test('Kafka: TLS and logins', { skip: 'a named broker has no account for tests' }, () => {});
  else describe('Kafka: TLS and logins', () => loginSuite(secure));
  describe('Kafka: a server', { skip: drivesNode }, () => serveSuite(found));
}
