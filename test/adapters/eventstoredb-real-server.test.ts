import { test } from 'node:test';
import { describeEventLogContract } from '../contracts/event-log.contract.ts';
import { eventStoreLogOpener } from './eventstoredb-opener.ts';

const VARIABLE = 'PALISADE_EVENTSTORE_URL';
const connectionString = process.env[VARIABLE] ?? '';

if (connectionString !== '') {
  describeEventLogContract('the EventStoreDB log on a real server', eventStoreLogOpener(connectionString), 5);
} else {
  const reason = `no real EventStoreDB was tried: set ${VARIABLE}, as to esdb://localhost:2113?tls=false, to try one`;
  test('the EventStoreDB log on a real server keeps the contract of the event log', { skip: reason }, () => {});
}
