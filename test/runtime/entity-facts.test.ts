import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EntityKind } from '../../src/domain/entities.ts';
import type { SideEvent } from '../../src/domain/events.ts';
import type { EntityReport } from '../../src/ports/engine.ts';
import { type EngineRig, startRig } from '../support/engine-rig.ts';
import { labelOf, loginOf, referenceOf, signalOf, transactionOf } from '../support/event-builders.ts';

async function reportOf({ engine }: EngineRig, kind: EntityKind, id: string): Promise<EntityReport> {
  const report = await engine.readEntity(kind, id);
  assert.ok(report !== null);
  return report;
}

async function recordAll({ engine }: EngineRig, events: readonly SideEvent[]): Promise<void> {
  for (const event of events) await engine.record(event);
}

describe('what is stated about an entity', () => {
  test('adds up, is told, and outlives a crash', async () => {
    const rig = await startRig();
    await recordAll(rig, [
      referenceOf('e1', { homeCountry: 'DE', attributes: { tier: 1, vip: true } }),
      referenceOf('e2', { attributes: { tier: 2 }, status: 'watch' }),
    ]);
    const check = async (one: EngineRig): Promise<void> => {
      const { status, homeCountry, attributes, revision } = await reportOf(one, 'card', 'card-a');
      assert.deepEqual(
        { status, homeCountry, attributes, revision },
        {
          status: 'watched',
          homeCountry: 'DE',
          attributes: { tier: 2, vip: true },
          revision: 1,
        },
      );
    };
    await check(rig);
    assert.equal(await rig.engine.readEntity('card', 'card-b'), null);
    await check(await startRig({ log: rig.log.crash() }));
  });

  test('as a freeze declines from then on, until it is taken back', async () => {
    const rig = await startRig();
    const pay = async (id: string): Promise<string> => (await rig.authorize(transactionOf(id))).outcome;
    assert.equal(await pay('t1'), 'approve');
    await recordAll(rig, [referenceOf('e1', { status: 'freeze' })]);
    assert.equal(await pay('t2'), 'decline');
    await recordAll(rig, [labelOf('e2', 't1', { label: 'legitimate' }), referenceOf('e3', { status: 'clear' })]);
    assert.equal(await pay('t3'), 'decline');
    assert.equal((await reportOf(rig, 'card', 'card-a')).status, 'frozen');
    await recordAll(rig, [referenceOf('e4', { status: 'unfreeze' })]);
    assert.equal(await pay('t4'), 'approve');
  });
});

describe('what became of a transaction', () => {
  test('is counted on every entity that it names, fraud and chargeback only', async () => {
    const rig = await startRig();
    const names = { accountId: 'account-a', deviceId: 'device-a', merchantId: 'merchant-a' };
    await rig.authorize(transactionOf('t1', { deviceId: 'device-a', merchantId: 'merchant-a' }));
    await recordAll(rig, [
      labelOf('e1', 't1', names),
      labelOf('e2', 't1', { label: 'chargeback' }),
      labelOf('e3', 't1', { label: 'legitimate', cardId: 'card-b' }),
    ]);
    const labels = async (kind: EntityKind, id: string): Promise<number> => (await reportOf(rig, kind, id)).fraudLabels;
    assert.equal(await labels('card', 'card-a'), 2);
    assert.equal(await labels('card', 'card-b'), 0);
    for (const kind of ['account', 'device', 'merchant'] as const) assert.equal(await labels(kind, `${kind}-a`), 1);
    const device = await reportOf(rig, 'device', 'device-a');
    assert.deepEqual([device.status, device.revision], ['suspicious', 1]);
  });
});

describe('logins and signals', () => {
  test('touch the entities that they name, and alert by the rules of their source', async () => {
    const rig = await startRig();
    const failed = loginOf('e1', { status: 'failed', deviceId: 'device-a', ip: '192.0.2.1' });
    assert.deepEqual((await rig.engine.record(failed)).alerts, ['GUESS']);
    assert.deepEqual((await rig.engine.record(signalOf('e2', { signal: 'malware' }))).alerts, []);
    assert.equal((await reportOf(rig, 'account', 'account-a')).status, 'at_risk');
    assert.equal((await reportOf(rig, 'ip', '192.0.2.1')).revision, 0);
    const device = await reportOf(rig, 'device', 'device-a');
    assert.deepEqual([device.status, device.revision], ['suspicious', 1]);
    const after = await startRig({ log: rig.log.crash() });
    assert.equal((await reportOf(after, 'account', 'account-a')).status, 'at_risk');
    assert.equal((await reportOf(after, 'device', 'device-a')).status, 'suspicious');
  });
});

describe('a report', () => {
  test('tells when the entity was first seen and where its windows stand, and makes nothing resident', async () => {
    const rig = await startRig();
    await rig.authorize(transactionOf('t1', { occurredAt: '2026-03-01T11:00:00Z' }));
    await rig.authorize(transactionOf('t2', { occurredAt: '2026-03-01T10:00:00Z' }));
    const live = await reportOf(rig, 'card', 'card-a');
    assert.deepEqual([live.firstSeenAt, live.asOf], ['2026-03-01T10:00:00.000Z', '2026-03-01T11:00:00.000Z']);
    assert.equal(live.resident, true);
    assert.equal(rig.engine.statistics().lateEvents, 1);
    const after = await startRig({ log: rig.log.crash() });
    assert.deepEqual(await reportOf(after, 'card', 'card-a'), { ...live, resident: false });
    assert.equal(after.engine.statistics().residentActors.card, 0);
  });
});
