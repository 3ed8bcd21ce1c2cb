import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { EventLog, StoredRecord } from '../../src/ports/event-log.ts';
import { startTestServer } from '../support/eventstoredb/test-server.ts';
import { freshPrefix, noStoreHere, openPatientLog } from './eventstoredb-opener.ts';

const STREAM = 'card-shared';
const APPENDS = 40;
const server = await startTestServer();
after(() => server.stop());

/** A process that appends to a stream which others append to as well, and knows of it what it is told. */
class Writer {
  readonly heard: StoredRecord[] = [];
  readonly own: number[] = [];
  readonly #name: string;
  readonly #log: EventLog;
  #revision = -1;

  constructor(name: string, log: EventLog) {
    this.#name = name;
    this.#log = log;
    log.shared?.onForeign((records) => {
      this.heard.push(...records);
      for (const { streams } of records) this.#revision = Math.max(this.#revision, streams[0]?.revision ?? -1);
    });
  }

  async appendAll(): Promise<void> {
    for (let index = 0; index < APPENDS; ) {
      await this.#log.shared?.turn();
      const expectedRevision = this.#revision;
      const draft = { recordId: `${this.#name}-${index}`, type: 'T', body: '{}' };
      try {
        this.own.push(await this.#log.append({ ...draft, streams: [{ stream: STREAM, expectedRevision }] }));
        this.#revision = Math.max(this.#revision, expectedRevision + 1);
        index += 1;
      } catch (error) {
        // Overtaken: what overtook it was heard before it was told, so that the next try is on top of it.
        if (!isPalisadeError(error, 'LOG_REVISION_CONFLICT')) throw error;
        assert.ok(this.#revision > expectedRevision);
      }
    }
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

describe('a log that several processes write to all the time', { skip: noStoreHere }, () => {
  test('tells each of the records of the others, in order, each once, and lets all of them come through', async () => {
    const options = { connectionString: server.url, prefix: freshPrefix(), isShared: true };
    const logs = await Promise.all([0, 1, 2].map(() => openPatientLog(options)));
    const writers = logs.map((log, index) => new Writer(`writer-${index}`, log));
    await Promise.all(writers.map((writer) => writer.appendAll()));
    for (const writer of writers) {
      while (writer.heard.length < 2 * APPENDS) await new Promise((resolve) => setImmediate(resolve));
    }
    const all: readonly StoredRecord[] = (await logs[0]?.readAll(0, 1000)) ?? [];
    assert.equal(all.length, 3 * APPENDS);
    assert.deepEqual(
      all.map(({ streams }) => streams[0]?.revision),
      Array.from({ length: 3 * APPENDS }, (_, revision) => revision),
    );
    for (const writer of writers) {
      const positions = writer.heard.map(({ position }) => position);
      const others = all.map(({ position }) => position).filter((position) => !writer.own.includes(position));
      assert.deepEqual(positions, others);
    }
    for (const writer of writers) await writer.close();
  });

  test('lets nobody wait for a turn when it is closed', async () => {
    const log = await openPatientLog({ connectionString: server.url, prefix: freshPrefix(), isShared: true });
    await log.close();
    await log.shared?.turn();
    const stream = { stream: STREAM, expectedRevision: -1 };
    await assert.rejects(log.append({ recordId: 'late', type: 'T', body: '{}', streams: [stream] }), {
      code: 'LOG_FAILED',
    });
  });
});
