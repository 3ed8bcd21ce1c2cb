import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeadNotices } from '../../src/cli/projections/head-notices.ts';
import { SimulatedClock } from '../support/simulated-clock.ts';

const PAUSE_MS = 50;

/** Notices of a log whose head the test moves. */
function noticesFrom(start: number): {
  notices: HeadNotices;
  told: number[];
  clock: SimulatedClock;
  move: (head: number) => void;
} {
  const clock = new SimulatedClock();
  const told: number[] = [];
  const listeners = new Set<() => void>();
  let head = start;
  const log = {
    directory: '',
    onHead: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const send = (position: number) => void told.push(position);
  const notices = new HeadNotices({ log, head: () => head, clock, pauseMs: PAUSE_MS, send }, 0);
  const move = (to: number): void => {
    head = to;
    for (const listener of listeners) listener();
  };
  return { notices, told, clock, move };
}

test('what is in the log already is told at once, and what comes after a pause', () => {
  const { told, clock, move } = noticesFrom(7);
  assert.deepEqual(told, [7]);
  clock.advance(PAUSE_MS);
  assert.equal(clock.timerCount, 0, 'nothing happens while nothing comes');
  move(8);
  assert.deepEqual(told, [7, 8]);
});

test('an empty log has nothing to tell', () => {
  assert.deepEqual(noticesFrom(0).told, []);
});

test('the newest head is told within a pause, never twice, and no more often than the pause allows', () => {
  const step = fc.record({ records: fc.integer({ min: 0, max: 3 }), ms: fc.integer({ min: 0, max: 120 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { told, clock, move } = noticesFrom(0);
      let head = 0;
      for (const { records, ms } of steps) {
        head += records;
        move(head);
        clock.advance(ms);
      }
      const most = Math.floor(clock.monotonicMs() / PAUSE_MS) + 1;
      clock.advance(PAUSE_MS);
      assert.equal(told.at(-1) ?? 0, head);
      assert.deepEqual(
        told,
        [...new Set(told)].sort((left, right) => left - right),
      );
      assert.ok(told.length <= most + 1, `${told.length} notices in ${most} pauses`);
    }),
  );
});

test('a batch is on its way until the thread says how far it is', () => {
  const { notices, clock, move } = noticesFrom(3);
  assert.equal(notices.depth, 1);
  notices.taken(1, 2);
  assert.equal(notices.depth, 1);
  notices.taken(1, 3);
  assert.equal(notices.depth, 0);
  notices.stop();
  move(9);
  clock.advance(1_000);
  assert.equal(notices.depth, 0);
  assert.equal(clock.timerCount, 0);
});
