import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemorySagaIndex } from '../../../src/adapters/memory/memory-saga-index.ts';
import { createMemoryEventLog, type MemoryEventLog } from '../../../src/adapters/memory/mod.ts';
import type { OutboundAnswer, OutboundCommand } from '../../../src/ports/outbound.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { openSagaRig, quiet, respondWith, type SagaRig } from '../../support/saga-rig.ts';
import { SimulatedClock } from '../../support/simulated-clock.ts';

const CONFIRMED: OutboundAnswer = { outcome: 'confirmed', code: 200, detail: '', pauseMs: 0 };
const FREEZE_ID = 'freeze-card:c1:1:freeze';

/** Lives of one runner whose appends wait for the test; what was sent is kept over all of them. */
class HeldLives {
  readonly sent: OutboundCommand[] = [];
  readonly #clock = new SimulatedClock();
  readonly #index = new MemorySagaIndex();
  log: MemoryEventLog = createMemoryEventLog({ commit: 'manual' });

  async open(): Promise<SagaRig> {
    const opening = openSagaRig({
      log: this.log,
      index: this.#index,
      clock: this.#clock,
      endpoints: ['engine', 'card-processor'],
      responses: respondWith({ freeze: 'freeze-card', tell: 'alert' }),
      options: new Map([['alert', { routes: [{ name: 'pager', endpoint: 'card-processor', severityMin: 'info' }] }]]),
      outbound: {
        deliver: (command) => {
          this.sent.push(command);
          return Promise.resolve(CONFIRMED);
        },
      },
    });
    await this.commit(4);
    return opening;
  }

  async commit(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await quiet();
      this.log.commitPending();
    }
    await quiet();
  }

  /** What was not durable is gone. */
  crash(): void {
    this.#clock.forgetTimers();
    this.log = this.log.crash();
  }

  ids(endpoint: string): string[] {
    return this.sent.filter((command) => command.endpoint === endpoint).map(({ effectId }) => effectId);
  }
}

describe('the effects of a first step', () => {
  test('go out once what asked for them is durable, and after a crash again with the same id', async () => {
    const lives = new HeldLives();
    const first = await lives.open();
    const decided = first.decide(transactionOf('t1', { cardId: 'c1' }), ['freeze']);
    await quiet();
    assert.equal(lives.sent.length, 0, 'nothing is sent before the decision is durable');
    await lives.commit(1);
    await decided;
    assert.deepEqual(lives.ids('card-processor'), [FREEZE_ID]);
    assert.ok(lives.log.statistics().pendingCount > 0, 'the step itself is not durable');
    lives.crash();
    const second = await lives.open();
    await lives.commit(8);
    assert.deepEqual(lives.ids('card-processor'), [FREEZE_ID, FREEZE_ID]);
    const [before, after] = lives.sent.filter(({ endpoint }) => endpoint === 'card-processor');
    assert.deepEqual(before?.body, after?.body);
    const report = await second.runner.read('freeze-card', 'c1');
    assert.deepEqual([report?.row.status, report?.row.attempts], ['frozen', 2]);
  });

  test('are recorded as attempts after the step, each once', async () => {
    const lives = new HeldLives();
    const rig = await lives.open();
    void rig.decide(transactionOf('t1', { cardId: 'c1' }), ['freeze']);
    await lives.commit(8);
    const report = await rig.runner.read('freeze-card', 'c1');
    assert.deepEqual(
      report?.history.map(({ stimulus }) => (stimulus.type === 'attempt' ? stimulus.step : stimulus.type)),
      ['trigger', 'stop', 'freeze'],
    );
    assert.deepEqual([lives.sent.length, report?.row.isOpen], [2, false]);
  });

  test('wait for the step where they depend on more than on what asked for them, or a person asked', async () => {
    const lives = new HeldLives();
    const rig = await lives.open();
    const request = { kind: 'freeze-card', id: 'c2', requestId: 'r', by: 'alice', reasons: [], input: {} };
    void rig.runner.start({ ...request, source: 'analyst' });
    await quiet();
    assert.equal(lives.sent.length, 0, 'what a person asks for stands in no record but the step');
    await lives.commit(4);
    assert.deepEqual(lives.ids('card-processor'), ['freeze-card:c2:1:freeze']);
    void rig.decide(transactionOf('t1', { cardId: 'c1' }), ['tell']);
    await lives.commit(1);
    assert.equal(lives.ids('card-processor').length, 1, 'an alert looks at the time of day');
    await lives.commit(4);
    assert.equal(lives.ids('card-processor')[1], 'alert:impossible-travel:1:pager%201');
  });
});
