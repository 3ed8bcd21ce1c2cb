import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SagaData } from '../../../src/domain/sagas.ts';
import type { OutboundCommand } from '../../../src/ports/outbound.ts';
import { EngineEffects } from '../../../src/runtime/sagas/engine-effects.ts';
import { startRig } from '../../support/engine-rig.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { SIMULATION_START_MS } from '../../support/simulated-clock.ts';

const AT = new Date(SIMULATION_START_MS).toISOString();

function commandOf(type: string, body: SagaData, effectId = `e-${type}`): OutboundCommand {
  return {
    endpoint: 'engine',
    effectId,
    type,
    orderKey: 'k',
    attempt: 1,
    sagaKind: 'block-source',
    sagaId: 's',
    run: 1,
    step: 's',
    requestedAt: AT,
    body,
  };
}

describe('an effect on the engine', () => {
  test('freezes a card once, however often it is sent', async () => {
    const { engine, authorize } = await startRig();
    const effects = new EngineEffects(engine);
    await authorize(transactionOf('t1', { cardId: 'c' }));
    const freeze = commandOf('entity.status', { entity: 'card', entityId: 'c', status: 'freeze', occurredAt: AT });
    for (let time = 0; time < 3; time++) assert.equal((await effects.deliver(freeze)).outcome, 'confirmed');
    const report = await engine.readEntity('card', 'c');
    assert.deepEqual([report?.status, report?.revision], ['frozen', 1]);
    assert.equal((await authorize(transactionOf('t2', { cardId: 'c' }))).outcome, 'decline');
  });

  test('feeds the outcome of a challenge to the device', async () => {
    const { engine } = await startRig();
    const effects = new EngineEffects(engine);
    const body = { deviceId: 'd', accountId: 'a', signal: 'challenge_failed', occurredAt: AT };
    assert.equal((await effects.deliver(commandOf('entity.signal', body))).outcome, 'confirmed');
    assert.equal((await engine.readEntity('device', 'd'))?.revision, 0);
    assert.equal((await engine.readEntity('account', 'a'))?.revision, 0);
  });

  test('blocks one issuer at one merchant, and takes down no entry of an analyst', async () => {
    const { engine, authorize } = await startRig();
    const effects = new EngineEffects(engine);
    const expiresAtMs = SIMULATION_START_MS + 1_000;
    const body = { kind: 'bin_merchant', value: '424242@m', expiresAtMs };
    await effects.deliver(commandOf('list.block', body));
    const attack = { bin: '42424200', merchantId: 'm' };
    assert.equal((await authorize(transactionOf('t1', attack))).outcome, 'decline');
    assert.equal((await authorize(transactionOf('t2', { ...attack, merchantId: 'other' }))).outcome, 'approve');
    await effects.deliver(commandOf('list.unblock', body));
    assert.equal((await authorize(transactionOf('t3', attack))).outcome, 'approve');
    await engine.setListEntry({ list: 'block', kind: 'ip', value: '192.0.2.1', expiresAtMs: null, note: 'mine' });
    const ip = { kind: 'ip', value: '192.0.2.1', expiresAtMs };
    await effects.deliver(commandOf('list.block', ip));
    await effects.deliver(commandOf('list.unblock', ip));
    assert.deepEqual(
      engine.lists().map(({ value, note }) => [value, note]),
      [['192.0.2.1', 'mine']],
    );
  });

  test('that makes no sense fails, and changes nothing', async () => {
    const { engine } = await startRig();
    const effects = new EngineEffects(engine);
    for (const [type, body] of [
      ['entity.status', { entity: 'moon', entityId: 'c', status: 'freeze' }],
      ['entity.signal', { deviceId: 'd', signal: 'sings' }],
      ['list.block', { kind: 'planet', value: 'x' }],
      ['card.melt', {}],
    ] as const) {
      assert.equal((await effects.deliver(commandOf(type, body))).outcome, 'failed', type);
    }
    assert.deepEqual(engine.lists(), []);
  });
});
