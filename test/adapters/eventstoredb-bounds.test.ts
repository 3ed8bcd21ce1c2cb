import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { draftOf, fillStream, inDirectory, rejectsWith } from '../contracts/log-under-test.ts';
import { ServerChild } from '../support/eventstoredb/server-child.ts';
import { startTestServer } from '../support/eventstoredb/test-server.ts';
import { noStoreHere, openPatientLog } from './eventstoredb-opener.ts';

describe('the EventStoreDB log', { skip: noStoreHere }, () => {
  test('has few appends under way, and one for all that waits for a stream', async () => {
    const server = await startTestServer();
    const appendsMax = 4;
    const log = await openPatientLog({ connectionString: server.url, appendsMax, indexDelayMs: 1 });
    server.faults.lateMs = 10;
    server.faults.next('answer-late', /^card-/, Number.POSITIVE_INFINITY);
    const [cards, perCard] = [40, 10];
    const appends = Array.from({ length: cards * perCard }, (_, at) => {
      const card = `card-${at % cards}`;
      return log.append(draftOf(`${card}#${at}`, { [card]: Math.floor(at / cards) - 1 }));
    });
    await Promise.all(appends);
    await log.close();
    const { counts, underWayMax } = server.faults.gauge;
    const linked = [...counts].filter(([stream]) => stream.startsWith('card-'));
    assert.equal(linked.length, cards);
    for (const [stream] of linked) assert.equal(server.store.headOf(stream), perCard - 1, stream);
    const total = linked.reduce((sum, [, count]) => sum + count, 0);
    assert.ok(total < (cards * perCard) / 2, `${total} appends`);
    assert.ok((counts.get('palisade-journal') ?? 0) < 20, 'the journal takes many records at once');
    // Beside those to the streams: one to the journal, one that tells the others.
    assert.ok(underWayMax > 1 && underWayMax <= appendsMax + 2, `${underWayMax} under way`);
    await server.stop();
  });

  test('hears what was told while its subscription was broken', () =>
    inDirectory(async (directory) => {
      const child = await ServerChild.start(join(directory, 'events'));
      const options = { connectionString: child.url, appendTimeoutMs: 500, indexDelayMs: 5 };
      const [one, other] = [await openPatientLog(options), await openPatientLog(options)];
      let seen = 0;
      let wanted = Promise.withResolvers<void>();
      other.subscribe({
        afterPosition: 0,
        onRecords: (records) => {
          seen += records.length;
          if (seen >= 3) wanted.resolve();
        },
        onError: (error) => wanted.reject(error),
      });
      await fillStream(one, 'card', 3);
      await wanted.promise;
      await child.kill();
      await child.restart();
      seen = 0;
      wanted = Promise.withResolvers();
      await fillStream(one, 'device', 3);
      await wanted.promise;
      await Promise.all([one.close(), other.close()]);
      await child.kill();
    }));

  test('hears what was told before its subscription had begun', async () => {
    const server = await startTestServer({ subscribeDelayMs: 1000 });
    const options = { connectionString: server.url, indexDelayMs: 5 };
    const [one, other] = [await openPatientLog(options), await openPatientLog(options)];
    const heard = Promise.withResolvers<void>();
    other.subscribe({ afterPosition: 0, onRecords: () => heard.resolve(), onError: heard.reject });
    await one.append(draftOf('early', { card: -1 }));
    await one.close();
    await heard.promise;
    await other.close();
    await server.stop();
  });

  test('fails for good where somebody deleted the journal', async () => {
    const server = await startTestServer();
    const log = await openPatientLog({ connectionString: server.url });
    await fillStream(log, 'card', 2);
    server.store.delete('palisade-journal', 'any', true);
    await rejectsWith(log.append(draftOf('late', { card: 1 })), 'LOG_FAILED');
    assert.match(String(await log.failed), /palisade-journal|the journal/);
    await log.close();
    await server.stop();
  });

  test('fails for good where the server lost what it had acknowledged', () =>
    inDirectory(async (directory) => {
      const [file, copy] = [join(directory, 'events'), join(directory, 'copy')];
      const child = await ServerChild.start(file);
      const log = await openPatientLog({ connectionString: child.url, appendTimeoutMs: 500, indexDelayMs: 5 });
      await fillStream(log, 'card', 3);
      await copyFile(file, copy);
      await fillStream(log, 'device', 3);
      await child.kill();
      await copyFile(copy, file);
      await child.restart();
      await rejectsWith(log.append(draftOf('late', { card: 2 })), 'LOG_FAILED');
      assert.match(String(await log.failed), /lost acknowledged events/);
      await log.close();
      await child.kill();
    }));
});
