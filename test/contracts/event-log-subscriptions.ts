import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventLog, StoredRecord, Subscription } from '../../src/ports/event-log.ts';
import { draftOf, fillStream, type OpenLog, withLog } from './log-under-test.ts';

type Reader = { readonly seen: number[]; readonly reached: Promise<void>; readonly subscription: Subscription };

/** Subscribes and tells when a position has been seen. */
function readUntil(log: EventLog, afterPosition: number, until: number): Reader {
  const { promise: reached, resolve, reject } = Promise.withResolvers<void>();
  const seen: number[] = [];
  const onRecords = (records: readonly StoredRecord[]): void => {
    for (const { position } of records) seen.push(position);
    if (seen.at(-1) === until) resolve();
  };
  return { seen, reached, subscription: log.subscribe({ afterPosition, onRecords, onError: reject }) };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Subscriptions: what is stored, then what is appended. */
export function describeSubscriptions(open: OpenLog): void {
  describe('subscriptions', () => {
    describeDelivery(open);
    describeEnds(open);
  });
}

function describeDelivery(open: OpenLog): void {
  test('deliver what is stored, then what is appended meanwhile, each once and in order', () =>
    withLog(open, async ({ log }) => {
      await fillStream(log, 'stored', 700);
      const first = readUntil(log, 0, 2100);
      const late = readUntil(log, 650, 2100);
      const appends: Promise<void>[] = [];
      for (let batch = 0; batch < 7; batch++) {
        appends.push(fillStream(log, `live-${batch}`, 200));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const tail = readUntil(log, 1500, 2100);
      await Promise.all([...appends, first.reached, late.reached, tail.reached]);
      assert.deepEqual(first.seen, range(1, 2100));
      assert.deepEqual(late.seen, range(651, 2100));
      assert.deepEqual(tail.seen, range(1501, 2100));
    }));

  test('carry the record as it is read', () =>
    withLog(open, async ({ log }) => {
      const records: StoredRecord[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      log.subscribe({
        afterPosition: 0,
        onRecords: (batch) => {
          records.push(...batch);
          if (records.length === 2) resolve();
        },
        onError: assert.fail,
      });
      await log.append(draftOf('a', { card: -1, device: -1 }, '"a"'));
      await log.append(draftOf('b', { card: 0 }, '"b"'));
      await promise;
      assert.deepEqual(records, await log.readAll(0, 9));
    }));

  test('wait for a slow reader, who holds up nobody else', () =>
    withLog(open, async ({ log }) => {
      await fillStream(log, 'stored', 600);
      const gate = Promise.withResolvers<void>();
      let running = 0;
      let most = 0;
      let count = 0;
      const done = Promise.withResolvers<void>();
      log.subscribe({
        afterPosition: 0,
        onRecords: async (batch) => {
          most = Math.max(most, ++running);
          await gate.promise;
          running--;
          count += batch.length;
          if (count === 700) done.resolve();
        },
        onError: done.reject,
      });
      const quick = readUntil(log, 0, 700);
      await fillStream(log, 'live', 100);
      await quick.reached;
      assert.equal(count, 0);
      gate.resolve();
      await done.promise;
      assert.equal(most, 1);
    }));
}

function describeEnds(open: OpenLog): void {
  test('end when they are closed: no call follows', () =>
    withLog(open, async ({ log }) => {
      await fillStream(log, 'stored', 10);
      const closed = readUntil(log, 0, 10);
      await closed.reached;
      await closed.subscription.close();
      const other = readUntil(log, 10, 15);
      await fillStream(log, 'live', 5);
      await other.reached;
      assert.deepEqual(closed.seen, range(1, 10));
    }));

  test('end with the error that the reader throws, told once', () =>
    withLog(open, async ({ log }) => {
      await fillStream(log, 'stored', 10);
      const thrown = new Error('the reader is broken');
      const told = Promise.withResolvers<Error>();
      let calls = 0;
      const onRecords = (): void => {
        calls++;
        throw thrown;
      };
      log.subscribe({ afterPosition: 0, onRecords, onError: told.resolve });
      assert.equal(await told.promise, thrown);
      const other = readUntil(log, 10, 15);
      await fillStream(log, 'live', 5);
      await other.reached;
      assert.equal(calls, 1);
    }));
}
