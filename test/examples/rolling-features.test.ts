import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { play } from '../../examples/kit/findings.ts';
import { httpDoor, taken } from '../../examples/kit/http-door.ts';
import type { ActorKind } from '../../src/domain/entities.ts';
import type { Transaction } from '../../src/domain/events.ts';
import { startInProcess } from './in-process.ts';
import { paymentsOf, SEEDS, type Timed } from './plain-definitions.ts';
import { assertExpected, assertFlawless, exampleNamed, playExample } from './played.ts';
import { cardFeatures, type Expected, OTHER_FEATURES } from './rolling-oracle.ts';
import { startExample } from './running-example.ts';

const EXAMPLE = exampleNamed('rolling-features');
const TOLERANCE = 1e-6;

type Values = Readonly<Record<string, number>>;

function assertFeatures(place: string, actual: Values, expected: Readonly<Record<string, Expected>>): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), place);
  for (const [name, value] of Object.entries(expected)) {
    const [low, high] = typeof value === 'number' ? [value, value] : value;
    const slack = TOLERANCE * Math.max(1, Math.abs(low), Math.abs(high));
    const found = actual[name] ?? Number.NaN;
    assert.ok(!(found < low - slack || found > high + slack), `${place} ${name} is ${found}, not ${low} to ${high}`);
    assert.ok(!Number.isNaN(found), `${place} ${name}`);
  }
}

/** Entities of a payment beside its card: kind and id. */
function othersOf(event: Transaction): readonly (readonly [ActorKind, string])[] {
  const { accountId, deviceId = '', ip = '', merchantId = '', cardId } = event;
  return [
    ['account', accountId],
    ['device', deviceId],
    ['ip', ip],
    ['merchant', merchantId],
    ['card_merchant', `${cardId}+${merchantId}`],
  ];
}

function isOf(event: Transaction, kind: ActorKind, id: string): boolean {
  return othersOf(event).some((other) => other[0] === kind && other[1] === id);
}

/** Where a condition is known to hold, and where it may: a sketch leaves some cases open. */
type Verdict = { readonly must: boolean; readonly may: boolean };

function above(value: Expected | undefined, bound: number): Verdict {
  const [low, high] = typeof value === 'object' ? value : [value ?? 0, value ?? 0];
  return { must: low > bound, may: high > bound };
}

/** What each rule has to say about a payment with the features that the definitions give. */
function verdictsOf(
  amount: number,
  card: Readonly<Record<string, Expected>>,
  others: ReadonlyMap<string, Values>,
): Readonly<Record<string, Verdict>> {
  const all = (...parts: readonly Verdict[]): Verdict => ({
    must: parts.every(({ must }) => must),
    may: parts.every(({ may }) => may),
  });
  const mean = card.mean_1h;
  return {
    VELOCITY: all(above(card.count_1m, 3), above(card.burst, 0.5)),
    DEVIATION: all(
      above(card.count_1h, 5),
      above(amount, 3 * (typeof mean === 'number' ? mean : 0)),
      above(card.zscore_1h, 4),
      above(card.iqr_1h, 3),
    ),
    GEOGRAPHY: all(above(card.speed_kmh, 1000), above(card.distance_km, 200)),
    SHARED_DEVICE: all(above(others.get('device')?.cards_5m, 3), above(others.get('ip')?.accounts_1h, 3)),
  };
}

describe('rolling features', () => {
  for (const seed of SEEDS.slice(0, 3)) {
    test(`of every entity of a payment are as the definitions say after each arrival, seed ${seed}`, async () => {
      const engine = await startInProcess(EXAMPLE.name);
      const arrivals = paymentsOf(EXAMPLE.generate(seed));
      const windowsOf = async (kind: ActorKind, id: string): Promise<Values> =>
        (await engine.engine.readEntity(kind, id))?.windows ?? {};
      const arrived: Timed[] = [];
      for (const payment of arrivals) {
        arrived.push(payment);
        const { event } = payment;
        const { codes } = await engine.send(event);
        const ofCard = cardFeatures(arrived.filter((other) => other.event.cardId === event.cardId));
        assertFeatures(`${payment.id} card`, await windowsOf('card', event.cardId), ofCard);
        const found = new Map<string, Values>();
        for (const [kind, id] of othersOf(event)) {
          const own = arrived.filter((other) => isOf(other.event, kind, id));
          const windows = await windowsOf(kind, id);
          found.set(kind, windows);
          assertFeatures(`${payment.id} ${kind}`, windows, OTHER_FEATURES[kind]?.(own) ?? {});
        }
        for (const [code, { must, may }] of Object.entries(verdictsOf(event.amountMinor / 100, ofCard, found))) {
          const isFlagged = codes.includes(code);
          assert.ok(isFlagged ? may : !must, `${payment.id} ${code} ${isFlagged}`);
        }
      }
      assert.ok(arrived.length > 200);
    });
  }

  for (const seed of SEEDS) {
    test(`tell the attacks from honest payments, seed ${seed}`, async () => {
      const played = await playExample(EXAMPLE, seed);
      assertFlawless(played, Object.keys(EXAMPLE.aims));
      if (seed === 1) await assertExpected(EXAMPLE, played);
    });
  }

  test('are read over HTTP, for each entity, and the findings over HTTP are the expected ones', async () => {
    const server = await startExample(EXAMPLE.name);
    try {
      const events = EXAMPLE.generate(1);
      const findings = await play(EXAMPLE, 1, events, httpDoor(server.url));
      await assertExpected(EXAMPLE, { events, findings, scores: new Map() });
      const arrivals = paymentsOf(events);
      const read = async (path: string): Promise<Values> => {
        const response = await taken(() => fetch(`${server.url}/v1/${path}`));
        assert.equal(response.status, 200, path);
        const report: { readonly windows: Values } = JSON.parse(await response.text());
        return report.windows;
      };
      for (const cardId of ['card-fast1', 'card-dear1', 'card-far1', 'card-0']) {
        const own = arrivals.filter(({ event }) => event.cardId === cardId);
        assertFeatures(cardId, await read(`cards/${cardId}`), cardFeatures(own));
      }
      const ofDevice = arrivals.filter(({ event }) => event.deviceId === 'device-farm-1');
      assertFeatures('device', await read('devices/device-farm-1'), OTHER_FEATURES.device?.(ofDevice) ?? {});
      const ofIp = arrivals.filter(({ event }) => event.ip === '198.51.100.1');
      assertFeatures('ip', await read('ips/198.51.100.1'), OTHER_FEATURES.ip?.(ofIp) ?? {});
      const ofShop = arrivals.filter(({ event }) => event.merchantId === 'shop-1');
      assertFeatures('merchant', await read('merchants/shop-1'), OTHER_FEATURES.merchant?.(ofShop) ?? {});
    } finally {
      await server.stop();
    }
  });
});
