import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { EventLog, RecordDraft, StoredRecord } from '../../src/ports/event-log.ts';
import { describeLogModel } from './event-log-model.ts';
import { describeSubscriptions } from './event-log-subscriptions.ts';
import { draftOf, fillStream, type OpenLog, rejectsWith, withLog } from './log-under-test.ts';

/** The suite that every adapter of the EventLog port passes. `modelRuns`: random sequences to try. */
export function describeEventLogContract(
  name: string,
  open: OpenLog,
  modelRuns: number,
  skip: string | false = false,
): void {
  describe(`${name} keeps the contract of the event log`, { skip }, () => {
    describeAppends(open);
    describeRefusals(open);
    describeIdempotence(open);
    describeReads(open);
    describeSnapshots(open);
    describeEnd(open);
    describeSubscriptions(open);
    describeLogModel(open, modelRuns);
  });
}

function describeAppends(open: OpenLog): void {
  test('positions follow the order of the calls, from 1', () =>
    withLog(open, async ({ log }) => {
      const positions = await Promise.all(['a', 'b', 'c'].map((id) => log.append(draftOf(id, { [id]: -1 }))));
      assert.deepEqual(positions, [1, 2, 3]);
    }));

  test('one record is in all its streams, with its revision in each', () =>
    withLog(open, async ({ log }) => {
      await log.append(draftOf('a', { card: -1 }));
      await log.append(draftOf('b', { card: 0, device: -1 }, '{"amount":1}'));
      const expected: StoredRecord = {
        position: 2,
        recordId: 'b',
        type: 'Tested',
        body: '{"amount":1}',
        streams: [
          { stream: 'card', revision: 1 },
          { stream: 'device', revision: 0 },
        ],
      };
      assert.deepEqual(await log.readRecord('b'), expected);
      assert.deepEqual(await log.readStream('device', 0, 9), [expected]);
      assert.deepEqual((await log.readStream('card', 0, 9)).at(-1), expected);
    }));
}

function describeRefusals(open: OpenLog): void {
  test('a stream elsewhere refuses the record for all its streams, and nobody else', () =>
    withLog(open, async ({ log }) => {
      await log.append(draftOf('a', { card: -1 }));
      const refused = log.append(draftOf('b', { device: -1, card: 4 }));
      const other = log.append(draftOf('c', { account: -1 }));
      await assert.rejects(refused, (error: unknown) => {
        assert.ok(isPalisadeError(error, 'LOG_REVISION_CONFLICT'));
        assert.deepEqual({ ...error.details }, { stream: 'card', actualRevision: 0 });
        return true;
      });
      assert.equal(await other, 2);
      assert.equal(await log.readRecord('b'), null);
      assert.deepEqual(await log.readStream('device', 0, 9), []);
    }));

  test('a record names a stream once', () =>
    withLog(open, async ({ log }) => {
      const streams = [
        { stream: 'card', expectedRevision: -1 },
        { stream: 'card', expectedRevision: -1 },
      ];
      await rejectsWith(log.append({ recordId: 'a', type: 'Tested', body: '{}', streams }), 'LOG_REVISION_CONFLICT');
      assert.equal(await log.append(draftOf('a', { card: -1 })), 1);
    }));

  test('what was appended on top of a refused record is refused, until the refusal is known', () =>
    withLog(open, async ({ log }) => {
      await log.append(draftOf('first', { card: -1 }));
      await log.append(draftOf('rival', { card: 0 }));
      const refused = log.append(draftOf('mine', { card: 0, device: -1 }));
      const onTop = log.append(draftOf('on top', { card: 1 }));
      const further = log.append(draftOf('further', { device: -1, account: -1 }));
      const last = log.append(draftOf('last', { account: -1 }));
      const aside = log.append(draftOf('aside', { merchant: -1 }));
      for (const each of [refused, onTop, further, last]) await rejectsWith(each, 'LOG_REVISION_CONFLICT');
      assert.equal(await aside, 3);
      assert.equal(await log.append(draftOf('on top', { card: 1 })), 4);
      assert.equal(await log.append(draftOf('last', { account: -1, device: -1 })), 5);
    }));

  test('a record may belong to no stream', () =>
    withLog(open, async ({ log }) => {
      assert.equal(await log.append(draftOf('a', {})), 1);
      assert.deepEqual((await log.readRecord('a'))?.streams, []);
    }));
}

function describeIdempotence(open: OpenLog): void {
  const draft = draftOf('a', { card: -1, device: -1 }, '{"amount":1}');

  test('the identical call again gives the first position: at once, later and after a restart', () =>
    withLog(open, async ({ log, reopen }) => {
      const other = log.append(draftOf('b', { card: 0 }));
      await rejectsWith(other, 'LOG_REVISION_CONFLICT');
      assert.deepEqual(await Promise.all([log.append(draft), log.append(draft)]), [1, 1]);
      await log.append(draftOf('b', { card: 0 }));
      assert.equal(await log.append(draft), 1);
      assert.equal(log.statistics().headPosition, 2);
      const again = await reopen();
      assert.equal(await again.append(draft), 1);
      assert.equal((await again.readAll(0, 9)).length, 2);
    }));

  test('the id with anything else about it is refused with the first position', () =>
    withLog(open, async ({ log }) => {
      await log.append(draftOf('z', { other: -1 }));
      await log.append(draft);
      const changed: RecordDraft[] = [
        { ...draft, body: '{"amount":2}' },
        { ...draft, type: 'Other' },
        { ...draft, streams: draft.streams.slice(0, 1) },
        { ...draft, streams: draft.streams.toReversed() },
        { ...draft, streams: [...draft.streams, { stream: 'ip', expectedRevision: -1 }] },
        { ...draft, streams: draft.streams.map(({ stream }) => ({ stream, expectedRevision: 0 })) },
      ];
      for (const each of changed) {
        await assert.rejects(log.append(each), (error: unknown) => {
          assert.ok(isPalisadeError(error, 'LOG_RECORD_EXISTS'));
          return error.details.position === 2;
        });
      }
    }));

  test('it is known at once which ids the log may hold, and almost never of others', () =>
    withLog(open, async ({ log, reopen }) => {
      const appended = log.append(draft);
      assert.equal(log.mayHaveRecord('a'), true);
      await appended;
      await fillStream(log, 'card-1', 200);
      const again = await reopen();
      for (let index = 0; index < 200; index++) assert.equal(again.mayHaveRecord(`card-1#${index}`), true);
      const mistakes = Array.from({ length: 1000 }, (_, index) => again.mayHaveRecord(`absent-${index}`)).filter(
        Boolean,
      );
      assert.ok(mistakes.length < 200, `${mistakes.length} of 1000 absent ids taken for present`);
    }));

  test('no stream that has a record is ever denied: while it is appended, later and after a restart', () =>
    withLog(open, async ({ log, reopen }) => {
      const drafts = Array.from({ length: 300 }, (_, index) => draftOf(`r-${index}`, { [`card-${index}`]: -1 }));
      const appends = drafts.map((each) => log.append(each));
      const isKnown = (each: EventLog): boolean =>
        drafts.every(({ streams }) => streams.every(({ stream }) => each.mayHaveStream(stream)));
      assert.ok(isKnown(log));
      await Promise.all(appends);
      assert.ok(isKnown(log));
      assert.ok(isKnown(await reopen()));
    }));
}

function describeReads(open: OpenLog): void {
  test('what is not there reads as nothing', () =>
    withLog(open, async ({ log }) => {
      await fillStream(log, 'card', 3);
      assert.equal(await log.readRecord('absent'), null);
      assert.deepEqual(await log.readStream('absent', 0, 9), []);
      assert.deepEqual(await log.readStream('card', 3, 9), []);
      assert.deepEqual(await log.readStream('card', 0, 0), []);
      assert.deepEqual(await log.readAll(3, 9), []);
      assert.deepEqual(await log.readAll(0, 0), []);
      assert.deepEqual(await log.readImage('absent', 's'), { snapshot: null, records: [], revision: -1 });
    }));

  test('a read sees the appends that were called before it', () =>
    withLog(open, async ({ log }) => {
      const appended = log.append(draftOf('a', { card: -1 }));
      const [image, record] = await Promise.all([log.readImage('card', 's'), log.readRecord('a')]);
      assert.equal(image.revision, 0);
      assert.equal(image.records.length, 1);
      assert.equal(record?.position, 1);
      await appended;
    }));

  test('pages of a stream and of the log come together to the whole', () =>
    withLog(open, async ({ log, reopen }) => {
      await Promise.all([fillStream(log, 'odd', 60), fillStream(log, 'even', 60)]);
      const again = await reopen();
      const pages = await Promise.all([0, 25, 50].map((from) => again.readStream('even', from, 25)));
      const bodies = pages.flat().map(({ body }) => body);
      assert.deepEqual(
        bodies,
        Array.from({ length: 60 }, (_, index) => `"${index}"`),
      );
      const all = await Promise.all([0, 50, 100].map((after) => again.readAll(after, 50)));
      assert.deepEqual(
        all.flat().map(({ position }) => position),
        Array.from({ length: 120 }, (_, index) => index + 1),
      );
    }));

  test('a long stream is read whole, whatever the way', () =>
    withLog(open, async ({ log }) => {
      await fillStream(log, 'card', 1300);
      const revisions = Array.from({ length: 1300 }, (_, index) => index);
      const ways = [
        (await log.readImage('card', 's')).records,
        await log.readStream('card', 0, 9999),
        await log.readAll(0, 9999),
      ];
      for (const records of ways) {
        assert.deepEqual(
          records.map(({ streams }) => streams[0]?.revision),
          revisions,
        );
      }
    }));
}

function describeSnapshots(open: OpenLog): void {
  const bytes = Uint8Array.of(1, 2, 3);

  test('an image is the newest snapshot of the schema and the records after it', () =>
    withLog(open, async ({ log, reopen }) => {
      await fillStream(log, 'card', 10);
      log.writeSnapshot({ stream: 'card', revision: 3, schema: 's', state: Uint8Array.of(9) });
      log.writeSnapshot({ stream: 'card', revision: 6, schema: 's', state: bytes });
      const images = [await log.readImage('card', 's'), await (await reopen()).readImage('card', 's')];
      for (const { snapshot, records, revision } of images) {
        assert.equal(revision, 9);
        assert.equal(snapshot?.revision, 6);
        assert.deepEqual([...(snapshot?.state ?? [])], [1, 2, 3]);
        assert.deepEqual(
          records.map(({ body }) => body),
          ['"7"', '"8"', '"9"'],
        );
      }
    }));

  test('a snapshot of the last record leaves none to read', () =>
    withLog(open, async ({ log }) => {
      await fillStream(log, 'card', 3);
      log.writeSnapshot({ stream: 'card', revision: 2, schema: 's', state: bytes });
      const image = await log.readImage('card', 's');
      assert.equal(image.snapshot?.revision, 2);
      assert.deepEqual(image.records, []);
    }));

  test('a snapshot of another schema, or ahead of its stream, is ignored', () =>
    withLog(open, async ({ log }) => {
      await fillStream(log, 'card', 3);
      log.writeSnapshot({ stream: 'card', revision: 1, schema: 'other', state: bytes });
      assert.equal((await log.readImage('card', 's')).snapshot, null);
      log.writeSnapshot({ stream: 'card', revision: 3, schema: 's', state: bytes });
      assert.equal((await log.readImage('card', 's')).snapshot, null);
      assert.equal((await log.readImage('card', 's')).records.length, 3);
    }));

  test('the bytes are those of the call, whatever becomes of the buffer', () =>
    withLog(open, async ({ log }) => {
      await fillStream(log, 'card', 1);
      const buffer = Uint8Array.of(7, 7, 1, 2, 3, 7);
      log.writeSnapshot({ stream: 'card', revision: 0, schema: 's', state: buffer.subarray(2, 5) });
      buffer.fill(0);
      const { snapshot } = await log.readImage('card', 's');
      assert.deepEqual([...(snapshot?.state ?? [])], [1, 2, 3]);
    }));
}

function describeEnd(open: OpenLog): void {
  test('closing makes durable what was accepted, and takes no more', () =>
    withLog(open, async ({ log, reopen }) => {
      const appended = log.append(draftOf('a', { card: -1 }));
      const again = await reopen();
      assert.equal(await appended, 1);
      await rejectsWith(log.append(draftOf('b', { card: 0 })), 'LOG_FAILED');
      await rejectsWith(log.readRecord('a'), 'LOG_FAILED');
      assert.equal((await again.readRecord('a'))?.position, 1);
      assert.equal(await again.append(draftOf('b', { card: 0 })), 2);
    }));

  test('the counters add up', () =>
    withLog(open, async ({ log }) => {
      const appended = fillStream(log, 'card', 20);
      assert.equal(log.statistics().pendingCount, 20);
      await appended;
      await log.append(draftOf('card#0', { card: -1 }, '"0"'));
      const { headPosition, appendedCount, pendingCount, commitCount } = log.statistics();
      assert.deepEqual([headPosition, appendedCount, pendingCount], [20, 20, 0]);
      assert.ok(commitCount >= 1 && commitCount <= 21);
    }));
}
