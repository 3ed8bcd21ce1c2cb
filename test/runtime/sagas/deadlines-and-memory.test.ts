import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemorySagaIndex } from '../../../src/adapters/memory/memory-saga-index.ts';
import type { OutboundCommand } from '../../../src/ports/outbound.ts';
import { BinaryHeap } from '../../../src/runtime/sagas/binary-heap.ts';
import { SagaTime } from '../../../src/runtime/sagas/saga-time.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { EVERY_SAGA } from '../../support/saga-queries.ts';
import { openSagaRig, quiet } from '../../support/saga-rig.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { SimulatedClock } from '../../support/simulated-clock.ts';

const ENDPOINTS = ['engine', 'authenticator'];
const responses = { byName: new Map([['challenge', { saga: 'step-up', options: {} }]]) };
const outbound = {
  deliver: (_command: OutboundCommand) =>
    Promise.resolve({ outcome: 'confirmed', code: 200, detail: '', pauseMs: 0 } as const),
};
const DEADLINE_MS = 5 * 60_000;

/** A clock whose wall time can be set wrong. */
class WrongClock extends SimulatedClock {
  offsetMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.offsetMs;
  }
}

describe('a deadline', () => {
  for (const offsetMs of [-3_600_000, -365 * 86_400_000, 0]) {
    test(`falls due in its time though the wall clock jumps by ${offsetMs} ms`, async () => {
      const clock = new WrongClock();
      const rig = await openSagaRig({ clock, outbound, endpoints: ENDPOINTS, responses });
      await rig.decide(transactionOf('t1'), ['challenge']);
      await quiet();
      clock.offsetMs = offsetMs;
      clock.advance(DEADLINE_MS - 1_000);
      await quiet();
      assert.equal((await rig.runner.read('step-up', 't1'))?.row.status, 'challenging');
      clock.advance(3_000);
      await quiet();
      assert.equal((await rig.runner.read('step-up', 't1'))?.row.status, 'lapsed');
    });

    test(`is kept over a restart after which the wall clock is off by ${offsetMs} ms`, async () => {
      const clock = new WrongClock();
      const rig = await openSagaRig({ clock, outbound, endpoints: ENDPOINTS, responses });
      await rig.decide(transactionOf('t1'), ['challenge']);
      await quiet();
      clock.forgetTimers();
      clock.offsetMs = offsetMs;
      const log = rig.log.crash();
      const next = await openSagaRig({ log, clock, outbound, endpoints: ENDPOINTS, responses });
      clock.advance(DEADLINE_MS + 3_000);
      await quiet();
      assert.equal((await next.runner.read('step-up', 't1'))?.row.status, 'lapsed');
    });
  }

  test('that a wall clock leaping ahead has passed falls due', async () => {
    const clock = new WrongClock();
    const rig = await openSagaRig({ clock, outbound, endpoints: ENDPOINTS, responses });
    await rig.decide(transactionOf('t1'), ['challenge']);
    await quiet();
    clock.offsetMs = 3_600_000;
    clock.advance(1_500);
    await quiet();
    assert.equal((await rig.runner.read('step-up', 't1'))?.row.status, 'lapsed');
  });
});

describe('time', () => {
  test('never goes back, and never stands still while the machine runs', () => {
    const clock = new WrongClock();
    const time = new SagaTime(clock);
    const random = new SeededRandom(5);
    let lastMs = time.nowMs();
    let elapsedMs = 0;
    const firstMs = lastMs;
    for (let step = 0; step < 2_000; step++) {
      const ms = random.next() * 3;
      clock.advance(ms);
      elapsedMs += ms;
      clock.offsetMs = -random.integer(0, 100_000);
      const nowMs = time.nowMs();
      assert.ok(nowMs >= lastMs);
      lastMs = nowMs;
    }
    assert.ok(Math.abs(lastMs - firstMs - elapsedMs) < 5, `${lastMs - firstMs} of ${elapsedMs}`);
  });
});

describe('many sagas', () => {
  test('that have left memory go on as if they had not', async () => {
    const index = new MemorySagaIndex();
    const rig = await openSagaRig({ index, outbound, endpoints: ENDPOINTS, responses, residentMax: 3 });
    for (let payment = 0; payment < 40; payment++) await rig.decide(transactionOf(`t${payment}`), ['challenge']);
    await quiet();
    const told = { command: 'outcome', by: 'bank', input: { outcome: 'passed' } } as const;
    for (let payment = 0; payment < 20; payment++) {
      await rig.runner.order({ kind: 'step-up', id: `t${payment}`, ...told });
    }
    rig.clock.advance(DEADLINE_MS + 2_000);
    await quiet();
    await quiet();
    const query = { ...EVERY_SAGA, kind: 'step-up', isOpen: false };
    assert.equal((await rig.runner.list({ ...query, status: 'passed' })).total, 20);
    assert.equal((await rig.runner.list({ ...query, status: 'lapsed' })).total, 20);
    assert.deepEqual(rig.runner.statistics().openByKind, {});
  });

  test('a heap gives its items in order', () => {
    const heap = new BinaryHeap<number>((left, right) => left < right);
    const random = new SeededRandom(3);
    const items = Array.from({ length: 500 }, () => random.integer(0, 200));
    for (const item of items) heap.push(item);
    const out = items.map(() => heap.pop());
    assert.deepEqual(
      out,
      items.sort((left, right) => left - right),
    );
    assert.equal(heap.pop(), undefined);
  });
});
