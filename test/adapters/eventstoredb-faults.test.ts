import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { EventLog, RecordDraft } from '../../src/ports/event-log.ts';
import { draftOf, fillStream, inDirectory, rejectsWith } from '../contracts/log-under-test.ts';
import type { AppendFault } from '../support/eventstoredb/faults.ts';
import { ServerChild } from '../support/eventstoredb/server-child.ts';
import { startTestServer } from '../support/eventstoredb/test-server.ts';
import { freshPrefix, noStoreHere, openPatientLog } from './eventstoredb-opener.ts';

const FAULTS: readonly AppendFault[] = [
  'lose-request',
  'lose-reply',
  'answer-late',
  'answer-twice',
  'close-stream',
  'break-stream',
  'refuse',
  'time-out',
];
const SHORT = { appendTimeoutMs: 150, indexDelayMs: 5 };

const server = await startTestServer();
after(() => server.stop());

/** Repeats an append while its outcome is not known, as the engine does. */
async function appendSurely(log: EventLog, draft: RecordDraft): Promise<number> {
  for (;;) {
    try {
      return await log.append(draft);
    } catch (error) {
      if (!isPalisadeError(error, 'LOG_OUTCOME_UNKNOWN')) throw error;
    }
  }
}

/** Reads how far a stream is, and again while the server gives no answer in time. */
async function revisionSurely(log: EventLog, stream: string): Promise<number> {
  for (;;) {
    try {
      return (await log.readImage(stream, 'none')).revision;
    } catch (error) {
      if (!isPalisadeError(error, 'LOG_UNAVAILABLE')) throw error;
    }
  }
}

/** Appends to a stream one after the other, each on the revision that the stream then has, whoever else does. */
async function appendInTurn(log: EventLog, stream: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    for (;;) {
      const { revision } = await log.readImage(stream, 'none');
      try {
        await appendSurely(log, draftOf(id, { [stream]: revision, [`of-${id}`]: -1 }));
        break;
      } catch (error) {
        if (!isPalisadeError(error, 'LOG_REVISION_CONFLICT')) throw error;
      }
    }
  }
}

/** Asserts that the log holds exactly these records, and that streams and log agree. */
async function assertHolds(log: EventLog, ids: readonly string[]): Promise<void> {
  const all = await log.readAll(0, 100_000);
  assert.deepEqual(all.map(({ recordId }) => recordId).toSorted(), ids.toSorted());
  assert.deepEqual(
    all.map(({ position }) => position),
    all.map((_, index) => index + 1),
  );
  const streams = new Set(all.flatMap((record) => record.streams.map(({ stream }) => stream)));
  for (const stream of streams) {
    const wanted = all.filter((record) => record.streams.some((each) => each.stream === stream));
    assert.deepEqual(await log.readStream(stream, 0, 100_000), wanted);
  }
}

/** Asserts that the server has a link to each record in each stream, once and in order. */
function assertLinked(prefix: string, stream: string, count: number): void {
  const name = `${prefix}${stream}`;
  const links = Array.from({ length: server.store.headOf(name) + 1 }, (_, at) => server.store.event(name, at)).filter(
    (event) => event?.type === '$>',
  );
  const revisions = links.map((event) => JSON.parse(Buffer.from(event?.metadata ?? []).toString()).revision);
  assert.deepEqual(
    revisions,
    Array.from({ length: count }, (_, index) => index),
  );
}

describe('the EventStoreDB log when the server misbehaves', { skip: noStoreHere }, () => {
  for (const fault of FAULTS) {
    test(`stores each record once where an append to the journal meets ${fault}`, async () => {
      const prefix = freshPrefix();
      const log = await openPatientLog({ connectionString: server.url, prefix, ...SHORT });
      await fillStream(log, 'before', 3);
      server.faults.next(fault, new RegExp(`^${prefix}palisade-journal$`), 2);
      const positions = await Promise.all(
        ['a', 'b'].map((id) => log.append(draftOf(id, { card: id === 'a' ? -1 : 0 }))),
      );
      assert.deepEqual(positions, [4, 5]);
      assert.equal(await log.append(draftOf('c', { card: 1 })), 6);
      await assertHolds(log, ['before#0', 'before#1', 'before#2', 'a', 'b', 'c']);
      await log.close();
    });

    test(`links each record once where an append to a stream meets ${fault}`, async () => {
      const prefix = freshPrefix();
      const log = await openPatientLog({ connectionString: server.url, prefix, ...SHORT });
      server.faults.next(fault, new RegExp(`^${prefix}card$`), 2);
      for (let index = 0; index < 5; index++) {
        await fillStream(log, `other-${index}`, 2);
        await log.append(draftOf(`card#${index}`, { card: index - 1 }));
        await log.readStream('card', 0, 9);
      }
      log.writeSnapshot({ stream: 'card', revision: 4, schema: 's', state: Uint8Array.of(4) });
      await log.close();
      assertLinked(prefix, 'card', 5);
      const again = await openPatientLog({ connectionString: server.url, prefix, ...SHORT });
      const image = await again.readImage('card', 's');
      assert.deepEqual([image.revision, image.snapshot?.revision, image.records.length], [4, 4, 0]);
      await again.close();
    });
  }

  test('tells a caller in time that the outcome is not known, and the repeat its position', async () => {
    const prefix = freshPrefix();
    const options = { ...SHORT, appendTimeoutMs: 50, answerTimeoutMs: 60 };
    const log = await openPatientLog({ connectionString: server.url, prefix, ...options });
    await appendSurely(log, draftOf('a', { card: -1 }));
    server.faults.next('lose-reply', new RegExp(`^${prefix}palisade-journal$`), 3);
    const onTop = log.append(draftOf('b', { card: 0 }));
    const further = log.append(draftOf('c', { card: 1 }));
    await rejectsWith(onTop, 'LOG_OUTCOME_UNKNOWN');
    await rejectsWith(further, 'LOG_OUTCOME_UNKNOWN');
    assert.equal(await appendSurely(log, draftOf('b', { card: 0 })), 2);
    assert.equal(await appendSurely(log, draftOf('c', { card: 1 })), 3);
    await assertHolds(log, ['a', 'b', 'c']);
    await log.close();
  });

  test('fails for good where the server lets nobody in', async () => {
    const strict = await startTestServer({ login: 'admin:secret' });
    await rejectsWith(openPatientLog({ connectionString: strict.url }), 'LOG_FAILED');
    await strict.stop();
  });

  test('says that a server is not there, and what is wrong with an address', async () => {
    const gone = 'esdb://127.0.0.1:1?tls=false';
    await rejectsWith(openPatientLog({ connectionString: gone, patienceMs: 300 }), 'LOG_UNUSABLE');
    await rejectsWith(openPatientLog({ connectionString: 'http://localhost' }), 'LOG_UNUSABLE');
  });
});

describe('several processes with one EventStoreDB log', { skip: noStoreHere }, () => {
  test('win each revision once, whatever the server does, and agree in the end', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ fault: fc.constantFrom(...FAULTS), skip: fc.nat(4) }), { maxLength: 4 }),
        async (faults) => {
          const prefix = freshPrefix();
          const options = { connectionString: server.url, prefix, ...SHORT, appendTimeoutMs: 100 };
          const logs = await Promise.all([1, 2, 3].map(() => openPatientLog(options)));
          for (const { fault, skip } of faults) server.faults.next(fault, new RegExp(`^${prefix}`), 1, skip);
          const plans = logs.map((log, node) => ({ log, ids: Array.from({ length: 8 }, (_, at) => `${node}-${at}`) }));
          await Promise.all(plans.map(({ log, ids }) => appendInTurn(log, 'card', ids)));
          const ids = plans.flatMap((plan) => plan.ids);
          for (const log of logs) await log.close();
          assertLinked(prefix, 'card', ids.length);
          const again = await openPatientLog(options);
          await assertHolds(again, ids);
          await again.close();
        },
      ),
      { numRuns: 6 },
    ));

  test('hear of what others append, and deliver it in order', async () => {
    const prefix = freshPrefix();
    const options = { connectionString: server.url, prefix, ...SHORT };
    const [one, other] = await Promise.all([openPatientLog(options), openPatientLog(options)]);
    const seen: number[] = [];
    const all = Promise.withResolvers<void>();
    other.subscribe({
      afterPosition: 0,
      onRecords: (records) => {
        for (const { position } of records) seen.push(position);
        if (seen.length === 30) all.resolve();
      },
      onError: all.reject,
    });
    await fillStream(one, 'card', 20);
    await fillStream(other, 'device', 5);
    await fillStream(one, 'account', 5);
    await all.promise;
    assert.deepEqual(
      seen,
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
    await Promise.all([one.close(), other.close()]);
  });

  test('one that was cut off wins nothing when it comes back, and what it left is completed', async () => {
    const prefix = freshPrefix();
    const options = { connectionString: server.url, prefix, ...SHORT };
    const cutOff = await openPatientLog({ ...options, indexDelayMs: 600_000 });
    await fillStream(cutOff, 'card', 3);
    const taker = await openPatientLog(options);
    const { revision, records } = await taker.readImage('card', 's');
    assert.deepEqual([revision, records.length], [2, 3]);
    await taker.append(draftOf('taken', { card: 2 }));
    await rejectsWith(cutOff.append(draftOf('late', { card: 2 })), 'LOG_REVISION_CONFLICT');
    await taker.close();
    assertLinked(prefix, 'card', 4);
    await cutOff.close();
  });

  test('two that decide one transaction in two ways get one record', async () => {
    const prefix = freshPrefix();
    const options = { connectionString: server.url, prefix, ...SHORT };
    const [one, other] = await Promise.all([openPatientLog(options), openPatientLog(options)]);
    const outcomes = await Promise.allSettled([
      one.append(draftOf('t', { card: -1 }, '"approve"')),
      other.append(draftOf('t', { card: -1 }, '"decline"')),
    ]);
    const reasons = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    assert.equal(reasons.length, 1);
    assert.ok(isPalisadeError(reasons[0], 'LOG_RECORD_EXISTS'), String(reasons[0]));
    await Promise.all([one.close(), other.close()]);
  });
});

describe('the EventStoreDB log when the server dies', { skip: noStoreHere }, () => {
  test('loses nothing that was answered to kill -9, and takes up its work by itself', () =>
    inDirectory(async (directory) => {
      const child = await ServerChild.start(join(directory, 'events'));
      const log = await openPatientLog({ connectionString: child.url, ...SHORT, appendTimeoutMs: 500 });
      const acknowledged: string[] = [];
      const ids = Array.from({ length: 300 }, (_, index) => `card-${index % 3}#${Math.floor(index / 3)}`);
      const appends = ids.map(async (id) => {
        const [stream = '', at = ''] = id.split('#');
        await appendSurely(log, draftOf(id, { [stream]: Number(at) - 1 }));
        acknowledged.push(id);
        if (acknowledged.length === 100) await child.kill().then(() => child.restart());
      });
      await Promise.all(appends);
      await log.append(draftOf('after', { 'card-0': 99 }));
      await child.kill();
      await child.restart();
      await assertHolds(log, [...ids, 'after']);
      await log.close();
      const again = await openPatientLog({ connectionString: child.url, ...SHORT });
      await assertHolds(again, [...ids, 'after']);
      await again.close();
      await child.kill();
    }));

  test('goes on where the server stands still and comes back', () =>
    inDirectory(async (directory) => {
      const child = await ServerChild.start(join(directory, 'events'));
      const options = { ...SHORT, appendTimeoutMs: 100, readTimeoutMs: 100, answerTimeoutMs: 150 };
      const log = await openPatientLog({ connectionString: child.url, ...options });
      await appendSurely(log, draftOf('a', { card: -1 }));
      child.hang();
      await rejectsWith(log.append(draftOf('b', { card: 0 })), 'LOG_OUTCOME_UNKNOWN');
      await rejectsWith(log.readImage('unknown-card', 's'), 'LOG_UNAVAILABLE');
      child.goOn();
      assert.equal(await appendSurely(log, draftOf('b', { card: 0 })), 2);
      assert.equal(await revisionSurely(log, 'card'), 1);
      await log.close();
      const again = await openPatientLog({ connectionString: child.url, ...SHORT });
      await assertHolds(again, ['a', 'b']);
      await again.close();
      await child.kill();
    }));
});
