import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { jsonEvent } from '@eventstore/db-client';
import { EventStoreConnection } from '../../src/adapters/eventstoredb/connection.ts';
import { startTestServer } from '../support/eventstoredb/test-server.ts';
import { freshPrefix, noStoreHere } from './eventstoredb-opener.ts';

const EVENTS = 4_000;
const BATCH = 1_000;

const server = await startTestServer();
after(() => server.stop());

test('a read that is under way as the client is made anew gives the whole page', { skip: noStoreHere }, async () => {
  const prefix = freshPrefix();
  const connection = new EventStoreConnection({
    connectionString: server.url,
    appendTimeoutMs: 60_000,
    readTimeoutMs: 60_000,
  });
  const impatient = new EventStoreConnection({
    connectionString: server.url,
    appendTimeoutMs: 1,
    readTimeoutMs: 60_000,
  });
  try {
    for (let from = 0; from < EVENTS; from += BATCH) {
      const events = Array.from({ length: BATCH }, (_, index) =>
        jsonEvent({ type: 'Filled', data: { at: from + index } }),
      );
      const stored = await connection.append(`${prefix}long`, events, from - 1);
      assert.equal(stored.kind, 'stored');
    }
    // Loads what a first call loads, so that the read is under way when the append has lost its answer.
    await impatient.read(`${prefix}long`, { revision: 0n }, 1);
    server.faults.next('lose-request', new RegExp(`^${prefix}lost$`));
    const before = impatient.client;
    const reading = impatient.read(`${prefix}long`, { revision: 0n }, EVENTS);
    const lost = await impatient.append(`${prefix}lost`, [jsonEvent({ type: 'Lost', data: {} })], -1);
    assert.equal(lost.kind, 'unknown');
    assert.notEqual(impatient.client, before);
    assert.equal((await reading)?.length, EVENTS);
  } finally {
    await connection.close();
    await impatient.close();
  }
});
