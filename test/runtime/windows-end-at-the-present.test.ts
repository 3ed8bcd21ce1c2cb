import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type EngineRig, startRig } from '../support/engine-rig.ts';
import { isoAt, loginOf, transactionOf } from '../support/event-builders.ts';
import { SIMULATION_START_MS } from '../support/simulated-clock.ts';

const HOUR_MS = 3_600_000;

/** Features of logins alone, read by a rule for payments. */
const RULESET = [
  'name: logins',
  'currency: { base: EUR, rates: {} }',
  'features:',
  '  account.failed_10m: { on: login, aggregate: count, window: sliding 10m, where: event.status == "failed" }',
  '  account_ip.failed_session: { on: login, aggregate: count, window: session 15m }',
  'rules:',
  '  - { id: guessed, when: account.failed_10m >= 3, outcome: decline, reason: GUESSED }',
  '  - { id: tried, when: account_ip.failed_session >= 3, outcome: review, reason: TRIED }',
  'policy:',
  '  fallback: [{ outcome: review }]',
].join('\n');

const ip = '192.0.2.1';

async function withFailedLogins(): Promise<EngineRig> {
  const rig = await startRig();
  await rig.engine.publishRuleset(RULESET);
  for (const id of ['a', 'b', 'c']) await rig.engine.record(loginOf(id, { status: 'failed', ip }));
  return rig;
}

describe('windows of another stream than that of the event that is decided', () => {
  test('end at the event all the same: what is long over does not count', async () => {
    const { authorize } = await withFailedLogins();
    const at = (afterMs: number) => ({ ip, occurredAt: isoAt(SIMULATION_START_MS + afterMs) });
    assert.equal((await authorize(transactionOf('soon', at(60_000)))).outcome, 'decline');
    assert.equal((await authorize(transactionOf('later', at(12 * 60_000)))).outcome, 'review');
    assert.equal((await authorize(transactionOf('much-later', at(3 * HOUR_MS)))).outcome, 'approve');
  });

  test('are the same after a restart', async () => {
    const rig = await withFailedLogins();
    await rig.authorize(transactionOf('later', { ip, occurredAt: isoAt(SIMULATION_START_MS + 3 * HOUR_MS) }));
    const before = await rig.engine.readEntity('account', 'account-a');
    assert.deepEqual(before?.windows, { failed_10m: 0 });
    const again = await startRig({ log: rig.log.crash() });
    assert.deepEqual(await again.engine.readEntity('account', 'account-a'), { ...before, resident: false });
  });

  test('make a late login late, and keep no row of what they do not select', async () => {
    const rig = await withFailedLogins();
    const early = { ip, occurredAt: isoAt(SIMULATION_START_MS + HOUR_MS) };
    for (let index = 0; index < 600; index++) await rig.authorize(transactionOf(`t${index}`, early));
    const justBefore = isoAt(SIMULATION_START_MS + HOUR_MS - 9 * 60_000);
    await rig.engine.record(loginOf('late', { status: 'failed', ip, occurredAt: justBefore }));
    const entity = await rig.engine.readEntity('account', 'account-a');
    assert.deepEqual(entity?.windows, { failed_10m: 1 });
    assert.equal(entity?.asOf, isoAt(SIMULATION_START_MS + HOUR_MS));
    assert.equal(rig.engine.statistics().lateEvents, 1);
  });
});
