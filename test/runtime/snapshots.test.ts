import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryEventLog, type MemoryEventLog } from '../../src/adapters/memory/mod.ts';
import type { EventLog, StoredSnapshot, StreamImage } from '../../src/ports/event-log.ts';
import { type EngineRig, type RigOptions, startRig } from '../support/engine-rig.ts';
import { referenceOf, transactionOf } from '../support/event-builders.ts';
import { logLike } from '../support/log-like.ts';

const CARD = 'card-card-a';

type Seen = { readonly images: StreamImage[]; readonly written: StoredSnapshot[] };

function seeing(seen: Seen, log: EventLog, change = (snapshot: StoredSnapshot) => snapshot): EventLog {
  return logLike(log, {
    readImage: async (stream, schema) => {
      const image = await log.readImage(stream, schema);
      const snapshot = image.snapshot === null ? null : change(image.snapshot);
      if (stream === CARD) seen.images.push(image);
      return { ...image, snapshot };
    },
    writeSnapshot: (snapshot) => {
      seen.written.push(snapshot);
      log.writeSnapshot(snapshot);
    },
  });
}

/** A card with a past of `count` payments, its home and status, snapshots on the way. */
async function withPast(count: number, settings: RigOptions['settings'] = { snapshotEveryEvents: 4 }) {
  const log: MemoryEventLog = createMemoryEventLog();
  const seen: Seen = { images: [], written: [] };
  const rig = await startRig({ log, settings, before: (inner) => seeing(seen, inner) });
  const home = { latitude: 52.5, longitude: 13.4 };
  await rig.engine.record(referenceOf('home', { home, homeCountry: 'DE', status: 'watch', attributes: { vip: true } }));
  for (let index = 0; index < count; index++) {
    await rig.authorize(transactionOf(`t${index}`, { amountMinor: 100 * index + 1 }));
  }
  return { ...rig, seen };
}

/** The same log with an engine that has just started. */
function restarted(log: MemoryEventLog, seen: Seen, change?: (snapshot: StoredSnapshot) => StoredSnapshot) {
  return startRig({ log, before: (inner) => seeing(seen, inner, change) });
}

async function cardReport({ engine }: EngineRig): Promise<string> {
  return JSON.stringify({ ...(await engine.readEntity('card', 'card-a')), resident: false });
}

/** Answers each append only when the next one has been made, so that an actor always has an unconfirmed event. */
function overlapping(log: EventLog): { log: EventLog; finish(): void } {
  let release = (): void => {};
  const append: EventLog['append'] = (draft) => {
    if (draft.type !== 'TransactionDecided') return log.append(draft);
    release();
    const answer = log.append(draft);
    return new Promise((resolve) => {
      release = () => resolve(answer);
    });
  };
  return { log: logLike(log, { append }), finish: () => release() };
}

describe('a snapshot', () => {
  test('of an actor that is never without unconfirmed events is kept once it is a fact', async () => {
    const seen: Seen = { images: [], written: [] };
    const gate = { finish: (): void => {} };
    const log = createMemoryEventLog();
    const rig = await startRig({
      log,
      settings: { snapshotEveryEvents: 4 },
      before: (inner) => {
        const gated = overlapping(seeing(seen, inner));
        gate.finish = gated.finish;
        return gated.log;
      },
    });
    const answers: Promise<unknown>[] = [];
    for (let index = 0; index < 20; index++) {
      answers.push(rig.authorize(transactionOf(`t${index}`, { amountMinor: 100 + index })));
      for (let turn = 0; turn < 50; turn++) await null;
    }
    const written = seen.written.filter(({ stream }) => stream === CARD).map(({ revision }) => revision);
    assert.ok(written.length >= 3, `kept at ${written.join()}`);
    gate.finish();
    await Promise.all(answers);
    const again = await restarted(log, { images: [], written: [] });
    assert.equal(await cardReport(again), await cardReport(rig));
  });

  test('is renewed after so many events, and what it covers is not folded again', async () => {
    const past = await withPast(10);
    assert.deepEqual(
      past.seen.written.filter(({ stream }) => stream === CARD).map(({ revision }) => revision),
      [3, 7],
    );
    const seen: Seen = { images: [], written: [] };
    const after = await restarted(past.log, seen);
    assert.equal(await cardReport(after), await cardReport(past));
    const [image] = seen.images;
    assert.deepEqual([image?.snapshot?.revision, image?.records.length, image?.revision], [7, 3, 10]);
  });

  test('is written when an actor leaves, once for each revision', async () => {
    const { authorize, seen } = await withPast(2, { residentMax: 2 });
    const other = transactionOf('other', { cardId: 'card-b', accountId: 'account-b' });
    await authorize(other);
    await authorize({ ...other, transactionId: 'other-2' });
    assert.deepEqual(
      seen.written.map(({ stream, revision }) => [stream, revision]),
      [
        [CARD, 2],
        ['account-account-a', 1],
      ],
    );
  });

  test('that is damaged costs a fold of the whole stream, and nothing else', async () => {
    const past = await withPast(10);
    const expected = await cardReport(past);
    const damages: ((state: Uint8Array) => Uint8Array)[] = [
      () => new Uint8Array(),
      (state) => state.slice(0, 3),
      (state) => state.slice(0, state.length / 2),
      (state) => state.slice(0, -8),
      (state) => state.map((byte, index) => (index === 6 ? 0 : byte)),
      (state) => new Uint8Array([...state.slice(0, 4), ...state.slice(12)]),
    ];
    for (const damage of damages) {
      const seen: Seen = { images: [], written: [] };
      const after = await restarted(past.log, seen, (snapshot) => ({ ...snapshot, state: damage(snapshot.state) }));
      assert.equal(await cardReport(after), expected);
      assert.deepEqual(
        seen.images.map(({ records }) => records.length),
        [3, 11],
      );
      assert.equal((await after.authorize(transactionOf('t0', { amountMinor: 1 }))).repeated, true);
    }
    const after = await restarted(past.log, { images: [], written: [] }, (snapshot) => ({
      ...snapshot,
      state: snapshot.state.slice(9),
    }));
    const { body } = await after.authorize(transactionOf('next'));
    assert.equal(JSON.parse(body).revisions.card, 11);
  });

  test('of another layout is not looked at', async () => {
    const past = await withPast(10);
    const expected = await cardReport(past);
    for (const snapshot of past.seen.written) {
      past.log.writeSnapshot({ ...snapshot, schema: `older.${snapshot.schema}`, state: new Uint8Array([1, 2, 3]) });
    }
    const seen: Seen = { images: [], written: [] };
    const after = await restarted(past.log, seen);
    assert.equal(await cardReport(after), expected);
    assert.deepEqual([seen.images[0]?.snapshot, seen.images[0]?.records.length], [null, 11]);
  });
});

test('a stream that cannot be folded is an error that names it, with a snapshot or without', async () => {
  const past = await withPast(3, {});
  const rejects = async (change: (image: StreamImage) => StreamImage, code: string): Promise<void> => {
    const { authorize, engine } = await startRig({
      log: past.log,
      before: (log) => logLike(log, { readImage: async (...call) => change(await log.readImage(...call)) }),
    });
    await assert.rejects(authorize(transactionOf('next')), { code });
    await assert.rejects(engine.readEntity('card', 'card-a'), { code });
    assert.equal(engine.readiness().ready, true);
  };
  await rejects((image) => ({ ...image, records: image.records.slice(1) }), 'LOG_CORRUPT');
  await rejects(
    (image) => ({ ...image, records: image.records.map((record) => ({ ...record, body: '{}' })) }),
    'RECORD_UNREADABLE',
  );
});
