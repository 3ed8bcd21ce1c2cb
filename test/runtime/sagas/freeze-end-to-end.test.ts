import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OutboundAnswer, OutboundCommand } from '../../../src/ports/outbound.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { openSagaRig, quiet, respondWith } from '../../support/saga-rig.ts';

const CONFIRMED: OutboundAnswer = { outcome: 'confirmed', code: 200, detail: '', pauseMs: 0 };
const FAILED: OutboundAnswer = { outcome: 'failed', code: 503, detail: 'down', pauseMs: 0 };
const ENDPOINTS = ['engine', 'card-processor', 'notifier', 'cases'];
const responses = respondWith({ 'freeze-card': 'freeze-card' });

describe('a freeze', () => {
  test('goes from a rule to the processor, the holder and a case', async () => {
    const sent: OutboundCommand[] = [];
    const outbound = {
      deliver: (command: OutboundCommand) => {
        sent.push(command);
        return Promise.resolve(CONFIRMED);
      },
    };
    const rig = await openSagaRig({ outbound, endpoints: ENDPOINTS, responses });
    await rig.decide(transactionOf('t1', { cardId: 'c1' }), ['freeze-card']);
    await quiet();
    assert.deepEqual(sent.map(({ type }) => type).sort(), [
      'card.freeze',
      'cardholder.notify',
      'case.open',
      'entity.status',
    ]);
    const report = await rig.runner.read('freeze-card', 'c1');
    assert.equal(report?.row.status, 'frozen');
    assert.equal(report?.row.isOpen, false);
  });

  test('is resumed after a crash, with the same key of idempotency', async () => {
    const sent: OutboundCommand[] = [];
    let answer = FAILED;
    const outbound = {
      deliver: (command: OutboundCommand) => {
        sent.push(command);
        return Promise.resolve(command.endpoint === 'card-processor' ? answer : CONFIRMED);
      },
    };
    const rig = await openSagaRig({ outbound, endpoints: ENDPOINTS, responses });
    await rig.decide(transactionOf('t2', { cardId: 'c2' }), ['freeze-card']);
    await quiet();
    const { clock } = rig;
    clock.forgetTimers();
    const log = rig.log.crash();
    answer = CONFIRMED;
    const next = await openSagaRig({ log, index: rig.index, clock, outbound, endpoints: ENDPOINTS, responses });
    clock.advance(2_000);
    await quiet();
    assert.equal((await next.runner.read('freeze-card', 'c2'))?.row.status, 'frozen');
    const ids = new Set(sent.filter(({ type }) => type === 'card.freeze').map(({ effectId }) => effectId));
    assert.deepEqual([...ids], ['freeze-card:c2:1:freeze']);
  });
});
