import { after } from 'node:test';
import { describeEventLogContract } from '../contracts/event-log.contract.ts';
import { startTestServer } from '../support/eventstoredb/test-server.ts';
import { eventStoreLogOpener, noStoreHere } from './eventstoredb-opener.ts';

const server = await startTestServer();
after(() => server.stop());

describeEventLogContract('the EventStoreDB log on the test server', eventStoreLogOpener(server.url), 5, noStoreHere);
describeEventLogContract('the EventStoreDB log of a cluster', eventStoreLogOpener(server.url, true), 5, noStoreHere);
