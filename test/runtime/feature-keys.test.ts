import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pairId, parseStream } from '../../src/domain/entities.ts';
import { type EngineRig, startRig } from '../support/engine-rig.ts';
import { loginOf, transactionOf } from '../support/event-builders.ts';

const FEATURES = [
  'card_merchant.count_1h: { by: card+merchant, aggregate: count, window: tumbling 1h }',
  'card_merchant.life: { aggregate: count, window: unbounded }',
  'bin.cards_1h: { by: bin, aggregate: distinct(event.cardId), window: sliding 1h }',
  'country.amount_mean: { aggregate: mean(event.amount), window: unbounded, outcome: approved }',
  'account_ip.failed_10m: { on: login, aggregate: count, window: sliding 10m, where: event.status == "failed" }',
];

const RULESET = [
  'name: keys',
  'currency: { base: EUR, rates: {} }',
  'features:',
  ...FEATURES.map((line) => `  ${line}`),
  'rules:',
  '  - { id: often, when: card_merchant.count_1h >= 3 && card_merchant.known, outcome: review, reason: OFTEN }',
  '  - { id: attack, when: bin.cards_1h > 2, outcome: decline, reason: BIN_ATTACK }',
  '  - { id: guess, on: login, when: account_ip.failed_10m > 1, outcome: alert, reason: GUESS }',
  'policy:',
  '  fallback: [{ outcome: review }]',
].join('\n');

async function start(options: Parameters<typeof startRig>[0] = {}): Promise<EngineRig> {
  const rig = await startRig(options);
  await rig.engine.publishRuleset(RULESET);
  return rig;
}

async function windowsOf({ engine }: EngineRig, kind: 'bin' | 'country' | 'card_merchant' | 'account_ip', id: string) {
  return (await engine.readEntity(kind, id))?.windows;
}

describe('features kept by a pair of keys, a bin or a country', () => {
  test('count by that key alone, and rules read them', async () => {
    const rig = await start();
    const pay = async (id: string, merchantId: string) =>
      (await rig.authorize(transactionOf(id, { merchantId, bin: '424242', country: 'DE' }))).outcome;
    assert.deepEqual(
      [await pay('t1', 'a'), await pay('t2', 'b'), await pay('t3', 'a')],
      ['approve', 'approve', 'approve'],
    );
    assert.equal(await pay('t4', 'a'), 'review');
    assert.deepEqual(await windowsOf(rig, 'card_merchant', 'card-a+a'), { count_1h: 3, life: 3 });
    assert.deepEqual(await windowsOf(rig, 'card_merchant', 'card-a+b'), { count_1h: 1, life: 1 });
    assert.deepEqual(await windowsOf(rig, 'bin', '424242'), { cards_1h: 1 });
    assert.equal(await rig.engine.readEntity('card_merchant', 'a+card-a'), null);
  });

  test('come back from their streams as they were', async () => {
    const rig = await start();
    for (let index = 0; index < 9; index++) {
      const changes = { merchantId: `m${index % 2}`, cardId: `card-${index % 4}`, bin: '400000', country: 'AT' };
      await rig.authorize(transactionOf(`t${index}`, changes));
    }
    const again = await start({ log: rig.log.crash() });
    for (const [kind, id] of [
      ['bin', '400000'],
      ['country', 'AT'],
      ['card_merchant', 'card-2+m0'],
    ] as const) {
      assert.deepEqual(await again.engine.readEntity(kind, id), {
        ...(await rig.engine.readEntity(kind, id)),
        resident: false,
      });
    }
    const { outcome } = await again.authorize(transactionOf('next', { bin: '400000', cardId: 'card-9' }));
    assert.equal(outcome, 'decline');
  });

  test('are kept for logins that name both parts', async () => {
    const rig = await start();
    const alerts = [];
    for (const [id, ip] of [
      ['e1', '192.0.2.1'],
      ['e2', '192.0.2.2'],
      ['e3', '192.0.2.1'],
    ] as const) {
      alerts.push((await rig.engine.record(loginOf(id, { status: 'failed', ip }))).alerts);
    }
    assert.deepEqual(alerts, [[], [], ['GUESS']]);
  });

  test('have no stream where no feature is kept by them', async () => {
    const rig = await startRig();
    await rig.authorize(transactionOf('t1', { merchantId: 'a', bin: '424242', country: 'DE' }));
    assert.equal(await rig.engine.readEntity('bin', '424242'), null);
    assert.equal((await rig.log.readStream('card_merchant-card-a+a', 0, 10)).length, 0);
    assert.deepEqual(Object.keys(rig.engine.statistics().residentActors), [
      'card',
      'account',
      'device',
      'merchant',
      'ip',
    ]);
  });
});

test('no two pairs have one id, and a stream name tells its kind and id', () => {
  const ids = ['a', 'b', 'a+b', '+', '%2B', '%', 'a%', '-', 'a-b'];
  const pairs = ids.flatMap((left) => ids.map((right) => pairId(left, right)));
  assert.equal(new Set(pairs).size, pairs.length);
  assert.deepEqual(parseStream(`card_merchant-${pairId('a-1', 'b')}`), { kind: 'card_merchant', id: 'a-1+b' });
  assert.equal(parseStream('merchant_card-a+b'), null);
});
