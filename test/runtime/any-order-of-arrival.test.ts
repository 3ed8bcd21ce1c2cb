import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntityKind } from '../../src/domain/entities.ts';
import type { Login, Transaction } from '../../src/domain/events.ts';
import { type EngineRig, startRig } from '../support/engine-rig.ts';
import { isoAt, loginOf, transactionOf } from '../support/event-builders.ts';
import { SIMULATION_START_MS } from '../support/simulated-clock.ts';

const RULESET = `
name: any-order
currency: { base: EUR, rates: {} }
event_time: { out_of_orderness: 1s, lateness: 1h, features: { late: drop } }
features:
  card.count_10m: { aggregate: count, window: sliding 10m }
  card.sum_hop: { aggregate: sum(event.amount), window: hopping 10m every 1m }
  card.session: { aggregate: count, window: session 15m }
  card.first: { aggregate: first(event.amount), window: unbounded }
  account.ips_1m: { on: login, aggregate: distinct(event.ip), window: tumbling 1m, where: event.status == "failed" }
  country.count_1h: { aggregate: count, window: sliding 1h }
  card_merchant.count_1h: { aggregate: count, window: sliding 1h }
rules:
  - { id: never, when: event.amount > 100000, outcome: decline, reason: NEVER }
policy: { fallback: [ { outcome: review } ] }
`;

/** Every entity of these tests. */
const ENTITIES: readonly (readonly [EntityKind, string])[] = [
  ['card', 'card-a'],
  ['account', 'account-a'],
  ['device', 'device-a'],
  ['merchant', 'mer-1'],
  ['merchant', 'mer-2'],
];

type Sent = { readonly transaction: Transaction } | { readonly login: Login };

/** An event within the hour of lateness: a payment in one of two countries, or a login from one of three addresses. */
function sentOf(index: number, isLogin: boolean, second: number): Sent {
  const occurredAt = isoAt(SIMULATION_START_MS + second * 1000);
  if (isLogin) {
    return {
      login: loginOf(`l${index}`, { occurredAt, status: 'failed', ip: `192.0.2.${index % 3}`, deviceId: 'device-a' }),
    };
  }
  const merchantId = `mer-${1 + (index % 2)}`;
  const country = index % 3 === 0 ? 'DE' : 'FR';
  return { transaction: transactionOf(`t${index}`, { occurredAt, merchantId, country, amountMinor: 100 + index }) };
}

async function play(events: readonly Sent[]): Promise<EngineRig> {
  const rig = await startRig();
  await rig.engine.publishRuleset(RULESET);
  for (const event of events) {
    if ('login' in event) await rig.engine.record(event.login);
    else await rig.authorize(event.transaction);
  }
  return rig;
}

/** What there is of all entities, in memory or not. */
async function stateOf({ engine }: EngineRig): Promise<unknown[]> {
  const reports = await Promise.all(ENTITIES.map(([kind, id]) => engine.readEntity(kind, id)));
  return reports.map((report) => (report === null ? null : { ...report, resident: true }));
}

test('any order of arrival within the lateness leaves every entity as the order of time does', async () => {
  const drawn = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 3500 })), { minLength: 2, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(drawn, fc.infiniteStream(fc.nat()), async (facts, keys) => {
      const events = facts.map(([isLogin, second], index) => ({
        second,
        key: keys.next().value,
        sent: sentOf(index, isLogin, second),
      }));
      const inTime = events.toSorted((left, right) => left.second - right.second).map(({ sent }) => sent);
      const shuffled = events.toSorted((left, right) => left.key - right.key).map(({ sent }) => sent);
      const live = await play(shuffled);
      const expected = await stateOf(await play(inTime));
      assert.deepEqual(await stateOf(live), expected);
      assert.deepEqual(await stateOf(await startRig({ log: live.log.crash() })), expected);
    }),
    { numRuns: 60 },
  );
});
