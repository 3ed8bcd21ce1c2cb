import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { OutboxEntry } from '../../src/ports/read-store.ts';
import { DerivedFacts } from '../../src/runtime/derived-facts.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

function entry(sequence: number, stream = 'view-a'): OutboxEntry {
  return { sequence, recordId: `a:${stream}:${sequence}`, stream, type: 'T', body: `{"n":${sequence}}` };
}

describe('facts that projections ask for', () => {
  test('are appended in their order, each once, however often they are asked for', async () => {
    const log = createMemoryEventLog();
    const facts = new DerivedFacts(log, new SimulatedClock());
    await facts.append([entry(1), entry(2), entry(3, 'view-b')]);
    await facts.append([entry(2), entry(4)]);
    const anew = new DerivedFacts(log, new SimulatedClock());
    await anew.append([entry(1), entry(5), entry(4), entry(6)]);
    const stored = await log.readStream('view-a', 0, 100);
    assert.deepEqual(
      stored.map(({ body }) => JSON.parse(body).n),
      [1, 2, 4, 5, 6],
    );
    assert.equal((await log.readStream('view-b', 0, 100)).length, 1);
  });

  test('go on where another writer has left the stream', async () => {
    const log = createMemoryEventLog();
    const facts = new DerivedFacts(log, new SimulatedClock());
    await facts.append([entry(1)]);
    for (const revision of [0, 1, 2]) {
      const streams = [{ stream: 'view-a', expectedRevision: revision }];
      await log.append({ recordId: `other ${revision}`, type: 'T', body: '{}', streams });
    }
    await facts.append([entry(2), entry(3)]);
    const stored = await log.readStream('view-a', 0, 100);
    assert.deepEqual(stored.map(({ recordId }) => recordId).slice(4), ['a:view-a:2', 'a:view-a:3']);
  });

  test('are refused where the log has failed', async () => {
    const log = createMemoryEventLog({ beforeCommit: () => 'fail' });
    const facts = new DerivedFacts(log, new SimulatedClock());
    await assert.rejects(facts.append([entry(1)]), (error: unknown) => isPalisadeError(error, 'LOG_FAILED'));
  });
});
