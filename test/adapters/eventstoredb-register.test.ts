import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { DutyRegister, EventLog } from '../../src/ports/event-log.ts';
import { startTestServer } from '../support/eventstoredb/test-server.ts';
import { freshPrefix, noStoreHere, openPatientLog } from './eventstoredb-opener.ts';

const server = await startTestServer();
after(() => server.stop());

async function onRegisters(body: (mine: DutyRegister, theirs: DutyRegister) => Promise<void>): Promise<void> {
  const prefix = freshPrefix();
  const open = (): Promise<EventLog> =>
    openPatientLog({ connectionString: server.url, prefix, isShared: true, appendTimeoutMs: 300 });
  const logs = [await open(), await open()];
  const [mine, theirs] = logs.map((log) => log.shared?.register('sagas'));
  assert.ok(mine !== undefined && theirs !== undefined);
  try {
    await body(mine, theirs);
  } finally {
    for (const log of logs) await log.close();
  }
}

describe('the register of a duty on an event store', { skip: noStoreHere }, () => {
  test('is replaced only by who knows the entry of now', () =>
    onRegisters(async (mine, theirs) => {
      assert.equal(await mine.read(), null);
      const first = { holder: 'a', position: 0, recordId: '' };
      assert.equal(await mine.write(first, -1), 0);
      await assert.rejects(theirs.write({ ...first, holder: 'b' }, -1), { code: 'LOG_REVISION_CONFLICT' });
      assert.deepEqual(await theirs.read(), { revision: 0, entry: first });
      const second = { holder: 'b', position: 7, recordId: 't:1' };
      assert.equal(await theirs.write(second, 0), 1);
      await assert.rejects(mine.write({ ...first, position: 9 }, 0), { code: 'LOG_REVISION_CONFLICT' });
      assert.deepEqual(await mine.read(), { revision: 1, entry: second });
    }));

  test('has an entry once though its answer was lost', () =>
    onRegisters(async (mine, theirs) => {
      await mine.write({ holder: 'a', position: 0, recordId: '' }, -1);
      server.faults.next('lose-reply', /palisade-duty-sagas$/);
      const entry = { holder: 'a', position: 3, recordId: 'r' };
      assert.equal(await mine.write(entry, 0), 1);
      assert.deepEqual(await theirs.read(), { revision: 1, entry });
    }));
});
