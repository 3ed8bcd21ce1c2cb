import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { streamOf } from '../../src/domain/entities.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { EventLog, StoredSnapshot } from '../../src/ports/event-log.ts';
import type { ActorEngine } from '../../src/runtime/actor-engine.ts';
import { Directory } from '../../src/runtime/directory.ts';
import { startRig, turn } from '../support/engine-rig.ts';
import { transactionOf } from '../support/event-builders.ts';
import { Gate, logLike } from '../support/log-like.ts';

function residentCount(engine: ActorEngine): number {
  return Object.values(engine.statistics().residentActors).reduce((sum, count) => sum + count, 0);
}

/** Counts the images that are read, and keeps the snapshots that are written. */
function watched(log: EventLog, images: string[], snapshots: StoredSnapshot[] = []): EventLog {
  return logLike(log, {
    readImage: (stream, schema) => {
      images.push(stream);
      return log.readImage(stream, schema);
    },
    writeSnapshot: (snapshot) => {
      snapshots.push(snapshot);
      log.writeSnapshot(snapshot);
    },
  });
}

describe('resident actors', () => {
  test('stay within their bound, the least recently used leaving first', async () => {
    const images: string[] = [];
    const { authorize, engine } = await startRig({
      settings: { residentMax: 6 },
      before: (log) => watched(log, images),
    });
    const pay = (id: string, owner: string) =>
      authorize(transactionOf(id, { cardId: `c-${owner}`, accountId: `a-${owner}` }));
    for (const owner of ['x', 'y', 'z']) await pay(`1${owner}`, owner);
    await pay('2x', 'x');
    await pay('1w', 'w');
    assert.equal(residentCount(engine), 6);
    images.length = 0;
    for (const owner of ['x', 'z', 'w']) await pay(`3${owner}`, owner);
    assert.deepEqual(images, []);
    await pay('3y', 'y');
    assert.deepEqual(images, ['card-c-y', 'account-a-y']);
  });

  test('are bounded whatever the number of cards', async () => {
    const { authorize, engine } = await startRig({ settings: { residentMax: 20, recentMax: 10 } });
    for (let index = 0; index < 400; index++) {
      await authorize(transactionOf(`t${index}`, { cardId: `c${index}`, accountId: `a${index % 37}` }));
      assert.ok(residentCount(engine) <= 22, `${residentCount(engine)} are resident`);
    }
    assert.ok(engine.statistics().passivations > 300);
  });

  test('come back the same, byte for byte', async () => {
    const run = async (residentMax: number): Promise<Map<string, string>> => {
      const { authorize, engine, log } = await startRig({ settings: { residentMax } });
      const random = [3, 1, 4, 1, 5, 2, 6, 5, 3, 5, 0, 7, 1, 3, 2, 4, 6, 2, 6, 4];
      for (const [index, digit] of random.entries()) {
        const occurredAt = new Date(Date.parse('2026-03-01T12:00:00Z') + digit * 17_000 * index).toISOString();
        const amountMinor = digit * 9000 + 1;
        await authorize(transactionOf(`t${index}`, { cardId: `c${digit}`, accountId: 'a', occurredAt, amountMinor }));
      }
      const bodies = new Map<string, string>();
      for (const { recordId, body } of await log.readAll(0, 1000)) {
        if (recordId.startsWith('t:')) bodies.set(recordId, body);
      }
      for (let digit = 0; digit < 8; digit++) {
        bodies.set(`c${digit}`, JSON.stringify({ ...(await engine.readEntity('card', `c${digit}`)), resident: 0 }));
      }
      return bodies;
    };
    assert.deepEqual(await run(2), await run(1000));
  });

  test('that the log cannot know are live at once, without asking it', async () => {
    const images: string[] = [];
    const { authorize, engine } = await startRig({
      settings: { residentMax: 2 },
      before: (log) => watched(log, images),
    });
    const pay = (id: string, owner: string) =>
      authorize(transactionOf(id, { cardId: `c-${owner}`, accountId: `a-${owner}` }));
    await pay('1', 'x');
    assert.equal(engine.statistics().waitingCommands, 0);
    assert.deepEqual(images, []);
    await pay('2', 'y');
    await pay('3', 'x');
    assert.deepEqual(images, ['card-c-x', 'account-a-x']);
  });

  test('that a waiting command needs do not leave, so that a host of any size serves every command', async () => {
    for (const residentMax of [1, 4, 7]) {
      const gate = new Gate();
      const { authorize, engine } = await startRig({
        settings: { residentMax, rehydrationsMax: 2 },
        before: (log) =>
          logLike(log, { mayHaveStream: () => true, readImage: (...call) => gate.pass(() => log.readImage(...call)) }),
      });
      const commands = Array.from({ length: 12 }, (_, index) => {
        const places = { deviceId: `d${index % 4}`, merchantId: `m${index % 3}`, ip: `192.0.2.${index % 5}` };
        return transactionOf(`t${index}`, { cardId: `c${index}`, accountId: `a${index % 2}`, ...places });
      });
      await Promise.all(commands.slice(0, 3).map((command) => authorize(command)));
      gate.shut();
      const answers = Promise.all(commands.map((command) => authorize(command, 1e9)));
      let rounds = 0;
      for (; engine.statistics().waitingCommands > 0; rounds++) {
        assert.ok(rounds < 200, `residentMax ${residentMax}: ${engine.statistics().waitingCommands} still wait`);
        gate.letIn(1);
        await turn();
      }
      gate.open();
      assert.equal((await answers).length, 12);
    }
  });

  test('that have unconfirmed events do not leave', async () => {
    const log = createMemoryEventLog({ commit: 'manual' });
    const starting = startRig({ log, settings: { residentMax: 1 } });
    await turn();
    log.commitPending();
    const { authorize, engine } = await starting;
    const answers = ['1', '2', '3'].map((id) =>
      authorize(transactionOf(id, { cardId: `c${id}`, accountId: `a${id}` })),
    );
    await turn();
    assert.equal(residentCount(engine), 6);
    log.commitPending();
    await Promise.all(answers);
    const last = authorize(transactionOf('4'));
    await turn();
    log.commitPending();
    await last;
    assert.equal(residentCount(engine), 2);
  });
});

describe('bounds of the host', () => {
  test('a mailbox takes so many commands and refuses the next', async () => {
    const gate = new Gate();
    const { authorize, engine } = await startRig({
      settings: { mailboxDepthMax: 3 },
      before: (log) =>
        logLike(log, { mayHaveStream: () => true, readImage: (...call) => gate.pass(() => log.readImage(...call)) }),
    });
    gate.shut();
    const taken = ['1', '2', '3'].map((id) => authorize(transactionOf(id, { accountId: `a${id}` })));
    await assert.rejects(authorize(transactionOf('4')), { code: 'ACTOR_MAILBOX_FULL' });
    const other = authorize(transactionOf('5', { cardId: 'card-b', accountId: 'account-b' }));
    assert.equal(engine.statistics().waitingCommands, 4);
    gate.open();
    assert.equal((await Promise.all([...taken, other])).length, 4);
    assert.equal((await authorize(transactionOf('4'))).mode, 'full');
    assert.equal(engine.statistics().waitingCommands, 0);
  });

  test('so many actors are read at the same time, the others in their turn', async () => {
    const gate = new Gate();
    const { authorize, engine } = await startRig({
      settings: { rehydrationsMax: 3 },
      before: (log) =>
        logLike(log, { mayHaveStream: () => true, readImage: (...call) => gate.pass(() => log.readImage(...call)) }),
    });
    gate.shut();
    const answers = Array.from({ length: 10 }, (_, index) =>
      authorize(transactionOf(`t${index}`, { cardId: `c${index}`, accountId: `a${index}` })),
    );
    for (let left = 20; left > 0; left--) {
      assert.equal(gate.waitingCount, Math.min(3, left));
      assert.equal(engine.statistics().rehydrationsActive, Math.min(3, left));
      gate.letIn(1);
      await turn();
    }
    await Promise.all(answers);
  });

  test('an actor that cannot be read fails its commands and nobody else, and is tried again', async () => {
    let broken = true;
    const { authorize } = await startRig({
      before: (log) =>
        logLike(log, {
          mayHaveStream: () => true,
          readImage: (stream, schema) =>
            broken && stream === streamOf('card', 'card-a')
              ? Promise.reject(new Error('unreadable'))
              : log.readImage(stream, schema),
        }),
    });
    const [first, second] = await Promise.allSettled([
      authorize(transactionOf('1')),
      authorize(transactionOf('2', { cardId: 'card-b' })),
    ]);
    assert.ok(first.status === 'rejected' && isPalisadeError(first.reason, 'ENGINE_INTERNAL'));
    assert.equal(second.status, 'fulfilled');
    broken = false;
    assert.equal((await authorize(transactionOf('1'))).mode, 'full');
  });
});

test('the directory is an LRU list: against an array, for any order of use', () => {
  const actions = fc.array(fc.tuple(fc.constantFrom('use', 'use', 'use', 'remove'), fc.integer({ min: 0, max: 9 })));
  fc.assert(
    fc.property(actions, (list) => {
      const directory = new Directory();
      let order: string[] = [];
      for (const [action, number] of list) {
        const id = `${number}`;
        const slot = directory.find('card', id);
        if (action === 'use') {
          if (slot === undefined) directory.add('card', id);
          else directory.touch(slot);
          order = [...order.filter((other) => other !== id), id];
        } else if (slot !== undefined) {
          directory.remove(slot);
          directory.remove(slot);
          order = order.filter((other) => other !== id);
        }
        const found: string[] = [];
        for (let one = directory.oldest; one !== null; one = one.newer) found.push(one.id);
        assert.deepEqual(found, order);
        assert.equal(directory.size, order.length);
        assert.equal(directory.countByKind().card, order.length);
      }
    }),
  );
});
