import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CommitChoice, createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { describeEventLogContract } from '../contracts/event-log.contract.ts';
import { draftOf, rejectsWith } from '../contracts/log-under-test.ts';

describeEventLogContract(
  'the memory log',
  async () => {
    let log = createMemoryEventLog();
    return {
      log,
      reopen: async () => {
        const before = log;
        await before.close();
        log = before.crash();
        return log;
      },
      dispose: () => log.close(),
    };
  },
  100,
);

describe('the memory log under a scheduler', () => {
  test('holds appends until it is told to commit, and the reads behind them', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const settled: string[] = [];
    const appends = ['a', 'b'].map(async (id) => {
      await log.append(draftOf(id, { [id]: -1 }));
      settled.push(id);
    });
    const read = log.readRecord('b').then(() => settled.push('read b'));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(settled, []);
    log.commitPending(1);
    await appends[0];
    assert.deepEqual(settled, ['a']);
    log.commitPending();
    await Promise.all([...appends, read]);
    assert.deepEqual(settled, ['a', 'b', 'read b']);
  });

  test('keeps in a crash what was acknowledged, and no more without a draw', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const kept = log.append(draftOf('a', { card: -1 }));
    log.append(draftOf('b', { card: 0 })).catch(() => {});
    log.commitPending(1);
    await kept;
    const after = log.crash();
    assert.equal((await after.readRecord('a'))?.position, 1);
    assert.equal(await after.readRecord('b'), null);
    await rejectsWith(log.append(draftOf('c', { card: 0 })), 'LOG_FAILED');
  });

  test('may keep in a crash the first of those that were not acknowledged', async () => {
    const random = { next: () => 0.5, id: () => 'id' };
    const log = createMemoryEventLog({ commit: 'manual', random });
    for (const id of ['a', 'b', 'c']) log.append(draftOf(id, { [id]: -1 })).catch(() => {});
    const after = log.crash();
    const read = await after.readAll(0, 9);
    assert.deepEqual(
      read.map(({ recordId }) => recordId),
      ['a', 'b'],
    );
  });

  test('fails for good when it is told to', async () => {
    const choices: CommitChoice[] = ['commit', 'hold', 'fail'];
    const log = createMemoryEventLog({ commit: 'manual', beforeCommit: () => choices.shift() ?? 'commit' });
    const appends = ['a', 'b', 'c'].map((id) => log.append(draftOf(id, { [id]: -1 })));
    const refused = appends.slice(1).map((append) => rejectsWith(append, 'LOG_FAILED'));
    log.commitPending();
    assert.equal(await appends[0], 1);
    assert.equal(log.statistics().pendingCount, 2);
    log.commitPending();
    await Promise.all(refused);
    assert.match((await log.failed).message, /a fault was asked for/);
    await rejectsWith(log.readRecord('a'), 'LOG_FAILED');
  });
});
