import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { quietMs } from '../../sagas/alert/alert-routes.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { SagaData } from '../../src/domain/sagas.ts';
import { transactionOf } from '../support/event-builders.ts';
import { respondWith } from '../support/saga-rig.ts';
import { SagaWorld } from './saga-world.ts';

const HOUR_MS = 3_600_000;
const PAYMENT = transactionOf('t1', { cardId: 'c1', accountId: 'a1', deviceId: 'd1', ip: '198.51.100.7' });
const responses = respondWith({
  freeze: 'freeze-card',
  sessions: 'invalidate-sessions',
  challenge: 'step-up',
  alert: 'alert',
});
const ROUTE = { name: 'pager', endpoint: 'pager', severityMin: 'info', resolves: true };

async function worldOf(options: readonly (readonly [string, SagaData])[] = []): Promise<SagaWorld> {
  const routes: readonly [string, SagaData] = ['alert', { routes: [ROUTE] }];
  const world = new SagaWorld({ reply: 'prompt', crash: null, responses, options: new Map([routes, ...options]) });
  await world.open();
  return world;
}

describe('a person', () => {
  test('is called when a freeze is not confirmed in time, and the freeze goes on', async () => {
    const world = await worldOf();
    world.down.add('card-processor');
    await world.happens((rig) => rig.decide(PAYMENT, ['freeze']));
    for (let second = 0; second < 70; second += 5) await world.pass(5_000);
    const alerts = world.carriedOut.filter(({ type }) => type === 'alert.raise');
    assert.equal(alerts.length, 1);
    assert.match(String(alerts[0]?.body.text), /\[critical\] A person is needed for freeze-card: the freeze is not/);
    assert.equal((await world.rig.runner.read('freeze-card', 'c1'))?.row.isEscalated, true);
    world.down.delete('card-processor');
    assert.equal((await world.ends('freeze-card', 'c1', HOUR_MS)).row.status, 'frozen');
  });

  test('may say that the card is frozen, but not that it is not to be', async () => {
    const world = await worldOf();
    world.down.add('card-processor');
    await world.happens((rig) => rig.decide(PAYMENT, ['freeze']));
    const order = { kind: 'freeze-card', id: 'c1', by: 'alice', input: {} } as const;
    const cancel = world.rig.runner.order({ ...order, command: 'cancel' });
    await assert.rejects(cancel, (error) => isPalisadeError(error, 'SAGA_REFUSED'));
    await world.order({ ...order, command: 'resolve' });
    assert.equal((await world.ends('freeze-card', 'c1', HOUR_MS)).row.status, 'frozen');
    assert.ok(!world.carriedOut.some(({ type }) => type === 'card.freeze'));
  });

  test('gets the sessions of an account when they are given up, and may resolve them', async () => {
    const world = await worldOf();
    world.down.add('identity-provider');
    await world.happens((rig) => rig.decide(PAYMENT, ['sessions']));
    for (let hour = 0; hour < 40; hour++) await world.pass(HOUR_MS);
    const waiting = await world.rig.runner.read('invalidate-sessions', 'a1');
    assert.ok(['overdue', 'left_to_person'].includes(waiting?.row.status ?? ''), waiting?.row.status);
    await world.order({ kind: 'invalidate-sessions', id: 'a1', command: 'resolve', by: 'alice', input: {} });
    assert.equal((await world.ends('invalidate-sessions', 'a1', HOUR_MS)).row.status, 'revoked');
  });
});

describe('a challenge that cannot be sent', () => {
  test('lets the hold of the payment go again, and ends', async () => {
    const world = await worldOf([['step-up', { hold: true, deadlineMs: 24 * HOUR_MS }]]);
    world.down.add('authenticator');
    await world.happens((rig) => rig.decide(PAYMENT, ['challenge']));
    for (let minute = 0; minute < 60; minute += 1) await world.pass(60_000);
    assert.equal((await world.ends('step-up', 't1', HOUR_MS)).row.status, 'unsent');
    const types = world.carriedOut.map(({ type }) => type).filter((type) => type.startsWith('hold.'));
    assert.deepEqual(types, ['hold.place', 'hold.release']);
  });
});

describe('quiet hours', () => {
  const route = {
    ...ROUTE,
    severityMin: 'info',
    quiet: { fromMinute: 22 * 60, toMinute: 7 * 60, offsetMinutes: 60 },
  } as const;

  test('are told by the local time of the route, over midnight', () => {
    const at = (time: string): number => quietMs(route, 'error', Date.parse(`2026-03-01T${time}Z`));
    assert.equal(at('20:59:59'), 0);
    assert.equal(at('21:00:00'), 9 * HOUR_MS);
    assert.equal(at('05:59:30'), 30_000);
    assert.equal(at('06:00:00'), 0);
    assert.equal(quietMs(route, 'critical', Date.parse('2026-03-01T23:00:00Z')), 0);
  });

  test('put a notice off until they are over; it tells the count by then', async () => {
    const options: [string, SagaData] = ['alert', { routes: [route] }];
    const world = new SagaWorld({ reply: 'prompt', crash: null, responses, options: new Map([options]) });
    await world.open();
    // The simulated day starts at noon.
    await world.pass(10 * HOUR_MS);
    for (let payment = 0; payment < 3; payment++) {
      await world.happens((rig) => rig.decide(transactionOf(`t-${payment}`), ['alert']));
      await world.pass(2_000);
    }
    for (let hour = 0; hour < 7; hour++) await world.pass(HOUR_MS);
    assert.equal(world.carriedOut.length, 0);
    for (let step = 0; step < 8; step++) await world.pass(HOUR_MS / 4);
    const counts = world.carriedOut.map(({ body }) => body.count);
    assert.equal(counts[0], 3);
    assert.equal((await world.ends('alert', 'impossible-travel', 24 * HOUR_MS)).row.status, 'closed');
  });
});

describe('the end of an alert', () => {
  const quiet = { fromMinute: 0, toMinute: 24 * 60 - 1, offsetMinutes: 0 };
  const silent = { name: 'mail', endpoint: 'notifier', severityMin: 'info', resolves: false, quiet: null };
  const asleep = { name: 'night', endpoint: 'pager', severityMin: 'info', resolves: true, quiet };
  const routes: [string, SagaData] = ['alert', { routes: [ROUTE, silent, asleep] }];
  const sent = (world: SagaWorld) =>
    world.carriedOut.map(({ endpoint, type, sagaId }) => `${endpoint} ${type} ${sagaId}`);

  test('is told to the routes that want to know, and that were told of its beginning', async () => {
    const world = await worldOf([routes]);
    await world.happens((rig) => rig.decide(PAYMENT, ['alert']));
    await world.pass(5_000);
    await world.order({ kind: 'alert', id: 'impossible-travel', command: 'resolve', by: 'alice', input: {} });
    await world.pass(5_000);
    assert.deepEqual(sent(world).sort(), [
      'notifier alert.raise impossible-travel',
      'pager alert.raise impossible-travel',
      'pager alert.resolve impossible-travel',
    ]);
    assert.equal(world.carriedOut.find(({ type }) => type === 'alert.resolve')?.body.resolved, true);
    assert.equal((await world.ends('alert', 'impossible-travel', HOUR_MS)).row.status, 'acknowledged');
  });

  test('is told when the pattern is over, and once more after the next alert of it', async () => {
    const world = await worldOf();
    for (const payment of ['t1', 't2']) {
      await world.happens((rig) => rig.decide(transactionOf(payment), ['alert']));
      assert.equal((await world.ends('alert', 'impossible-travel', HOUR_MS)).row.status, 'closed');
    }
    const types = world.carriedOut.map(({ type, run }) => `${run} ${type}`);
    assert.deepEqual(types, ['1 alert.raise', '1 alert.resolve', '2 alert.raise', '2 alert.resolve']);
  });

  test('is not told of a call for a person that nobody answered', async () => {
    const world = await worldOf();
    world.down.add('card-processor');
    await world.happens((rig) => rig.decide(PAYMENT, ['freeze']));
    for (let minute = 0; minute < 60; minute++) await world.pass(60_000);
    const call = 'saga:freeze-card:c1';
    assert.equal((await world.rig.runner.read('alert', call))?.row.status, 'closed');
    assert.deepEqual(
      sent(world).filter((line) => line.startsWith('pager')),
      [`pager alert.raise ${call}`],
    );
  });
});
