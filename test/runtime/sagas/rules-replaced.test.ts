import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OutboundAnswer, OutboundCommand } from '../../../src/ports/outbound.ts';
import { DEFAULT_LANE } from '../../../src/runtime/sagas/saga-outbox.ts';
import type { SagaRules } from '../../../src/runtime/sagas/saga-rules.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { openSagaRig, quiet, respondWith } from '../../support/saga-rig.ts';

function rules(endpoints: readonly string[], saga: string, more: Partial<SagaRules> = {}): SagaRules {
  const lanes = new Map(endpoints.map((name) => [name, DEFAULT_LANE]));
  return { responses: respondWith({ stop: saga }), endpoints: lanes, options: new Map(), ...more };
}

describe('rules of sagas that are replaced while sagas run', () => {
  test('hold from the next record on; what waits for an endpoint that went goes when it is back', async () => {
    const sent: OutboundCommand[] = [];
    let answer: OutboundAnswer = { outcome: 'failed', code: 404, detail: 'there is no endpoint', pauseMs: 0 };
    const outbound = {
      deliver: (command: OutboundCommand) => {
        sent.push(command);
        return Promise.resolve(command.endpoint === 'engine' ? { ...answer, outcome: 'confirmed' as const } : answer);
      },
    };
    const first = rules(['engine', 'card-processor'], 'freeze-card');
    const rig = await openSagaRig({ outbound, endpoints: ['engine', 'card-processor'], responses: first.responses });
    await rig.decide(transactionOf('t1', { cardId: 'c1' }), ['stop']);
    await quiet();
    rig.runner.install(rules(['engine', 'identity-provider'], 'invalidate-sessions'));
    await rig.decide(transactionOf('t2', { cardId: 'c2', accountId: 'a2' }), ['stop']);
    rig.clock.advance(60_000);
    await quiet();
    assert.equal(await rig.runner.read('freeze-card', 'c2'), null);
    assert.notEqual(await rig.runner.read('invalidate-sessions', 'a2'), null);
    const waiting = rig.runner.statistics().endpoints.find(({ name }) => name === 'card-processor');
    assert.equal(waiting?.waiting, 1, 'an endpoint that is gone is told of while something waits for it');
    answer = { outcome: 'confirmed', code: 200, detail: '', pauseMs: 0 };
    rig.runner.install(first);
    await rig.runner.order({ kind: 'freeze-card', id: 'c1', command: 'retry', by: 'op', input: {} });
    await quiet();
    assert.equal((await rig.runner.read('freeze-card', 'c1'))?.row.status, 'frozen');
  });

  test('give open sagas their new settings with the next step', async () => {
    const outbound = {
      deliver: () => Promise.resolve({ outcome: 'confirmed' as const, code: 200, detail: '', pauseMs: 0 }),
    };
    const rig = await openSagaRig({ outbound, endpoints: ['engine'], responses: respondWith({ stop: 'step-up' }) });
    const options = new Map([['step-up', { deadlineMs: 1_000 }]]);
    rig.runner.install(rules(['engine'], 'step-up', { options }));
    await rig.decide(transactionOf('t1'), ['stop']);
    await quiet();
    rig.clock.advance(1_500);
    await quiet();
    assert.equal((await rig.runner.read('step-up', 't1'))?.row.status, 'lapsed');
  });
});
