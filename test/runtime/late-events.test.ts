import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeFact } from '../../src/codec/mod.ts';
import type { ActorKind } from '../../src/domain/entities.ts';
import type { Transaction } from '../../src/domain/events.ts';
import type { LateArrival } from '../../src/domain/records.ts';
import { type EngineRig, heldRig, type RigOptions, startRig, turn } from '../support/engine-rig.ts';
import { isoAt, loginOf, transactionOf } from '../support/event-builders.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SIMULATION_START_MS } from '../support/simulated-clock.ts';

const MINUTE_MS = 60_000;

function rulesetOf(time: string): string {
  return [
    'name: late',
    'currency: { base: EUR, rates: {} }',
    ...(time === '' ? [] : [`event_time: ${time}`]),
    'features:',
    '  card.count_1h: { aggregate: count, window: sliding 1h }',
    '  card.session: { aggregate: count, window: session 30m }',
    '  card.life: { aggregate: sum(event.amount), window: unbounded, outcome: approved }',
    '  card.merchants: { aggregate: distinct(event.merchantId), window: tumbling 1d }',
    '  card.idle: { aggregate: idle_s }',
    '  card_merchant.count_1d: { aggregate: count, window: tumbling 1d }',
    '  account.logins_1h: { on: login, aggregate: count, window: sliding 1h }',
    'rules:',
    '  - { id: large, when: event.amount > 500, outcome: decline, reason: LARGE }',
    'policy:',
    '  fallback: [{ outcome: decline }]',
  ].join('\n');
}

const LATENESS = 'out_of_orderness: 10s, lateness: 1m';

async function start(time: string, options: RigOptions = {}): Promise<EngineRig> {
  const rig = await startRig(options);
  await rig.engine.publishRuleset(rulesetOf(time));
  return rig;
}

/** A payment so many milliseconds after the start. */
function pay(rig: EngineRig, id: string, afterMs: number, changes: Partial<Transaction> = {}) {
  const occurredAt = isoAt(SIMULATION_START_MS + afterMs);
  return rig.authorize(transactionOf(id, { merchantId: 'm', occurredAt, ...changes }));
}

async function windowsOf({ engine }: EngineRig, kind: ActorKind = 'card', id = 'card-a') {
  return (await engine.readEntity(kind, id))?.windows;
}

async function lateOf({ log }: EngineRig, recordId: string): Promise<LateArrival | undefined> {
  const record = await log.readRecord(recordId);
  const fact = record === null ? null : decodeFact(record.type, record.body);
  return fact !== null && 'late' in fact ? fact.late : undefined;
}

/** A payment, and an hour and a half of one payment a minute with another card: the watermark is where they end. */
async function withPast(time: string, options: RigOptions = {}): Promise<EngineRig> {
  const rig = await start(time, options);
  for (let minute = 0; minute <= 90; minute++) {
    await pay(rig, `o${minute}`, minute * MINUTE_MS, { cardId: 'other', accountId: 'other' });
    if (minute === 40) await pay(rig, 'first', minute * MINUTE_MS);
  }
  return rig;
}

describe('an event beyond the lateness of features', () => {
  test('counts where the ruleset declares none, whatever it says for views', async () => {
    for (const time of ['', `{ ${LATENESS}, late: drop }`]) {
      const rig = await withPast(time);
      await pay(rig, 'late', 30 * MINUTE_MS);
      assert.deepEqual((await windowsOf(rig))?.count_1h, 2);
      assert.equal(await lateOf(rig, 't:late'), undefined);
      assert.deepEqual(rig.engine.statistics().watermarksMs, {});
    }
  });

  test('is decided, counted, and left out of every window with drop', async () => {
    const rig = await withPast(`{ ${LATENESS}, features: { late: drop } }`);
    assert.equal((await pay(rig, 'late', 30 * MINUTE_MS, { amountMinor: 60_000 })).outcome, 'decline');
    const { count_1h, session, life, merchants } = (await windowsOf(rig)) ?? {};
    assert.deepEqual({ count_1h, session, life, merchants }, { count_1h: 1, session: 1, life: 10, merchants: 1 });
    assert.deepEqual(await windowsOf(rig, 'card_merchant', 'card-a+m'), { count_1d: 1 });
    const watermark = isoAt(SIMULATION_START_MS + 90 * MINUTE_MS - 10_000);
    assert.deepEqual(await lateOf(rig, 't:late'), { policy: 'drop', watermark, corrections: [] });
    assert.deepEqual(rig.engine.statistics().lateByPolicy, { drop: 1, correct: 0, side_output: 0 });
    assert.deepEqual(rig.engine.statistics().watermarksMs, { transaction: Date.parse(watermark) });
  });

  test('is not late on the edge: the watermark less the lateness', async () => {
    const rig = await withPast(`{ ${LATENESS}, features: { late: drop } }`);
    const edge = 90 * MINUTE_MS - 10_000 - MINUTE_MS;
    await pay(rig, 'on', edge);
    assert.equal((await windowsOf(rig))?.life, 20);
    await pay(rig, 'beyond', edge - 1);
    assert.equal((await windowsOf(rig))?.life, 20);
    assert.equal(rig.engine.statistics().lateByPolicy.drop, 1);
  });

  test('counts with correct, and the record names what it corrects', async () => {
    const rig = await withPast(`{ ${LATENESS}, features: { late: correct } }`);
    await pay(rig, 'late', 30 * MINUTE_MS, { merchantId: 'n' });
    const { corrections } = (await lateOf(rig, 't:late')) ?? {};
    assert.deepEqual(corrections, [
      {
        kind: 'card',
        id: 'card-a',
        corrects: 0,
        before: { count_1h: 1, life: 10, merchants: 1, session: 1 },
        after: { count_1h: 2, life: 20, merchants: 2, session: 2 },
      },
    ]);
    assert.equal((await windowsOf(rig))?.life, 20);
  });

  test('is judged by the watermark of its own stream', async () => {
    const rig = await withPast(`{ ${LATENESS}, features: { late: drop }, streams: { login: { lateness: 2h } } }`);
    const at = (minute: number) => ({ occurredAt: isoAt(SIMULATION_START_MS + minute * MINUTE_MS) });
    for (const minute of [80, 40]) await rig.engine.record(loginOf(`m${minute}`, at(minute)));
    assert.deepEqual(await windowsOf(rig, 'account', 'account-a'), { logins_1h: 2 });
    const { lateByPolicy, watermarksMs } = rig.engine.statistics();
    assert.equal(lateByPolicy.drop, 0);
    assert.equal(watermarksMs.login, SIMULATION_START_MS + 80 * MINUTE_MS - 10_000);
  });

  test('is in time where a producer of the stream is as far behind, until that one is idle', async () => {
    const rig = await start(`{ ${LATENESS}, features: { late: drop, idle_after: 30s } }`);
    await pay(rig, 'slow', 0, { producer: 'slow' });
    await pay(rig, 'fast', 90 * MINUTE_MS, { cardId: 'other', producer: 'fast' });
    await pay(rig, 'behind', MINUTE_MS, { producer: 'fast' });
    assert.equal((await windowsOf(rig))?.life, 20);
    rig.clock.advance(31_000);
    await pay(rig, 'fast-again', 91 * MINUTE_MS, { cardId: 'other', producer: 'fast' });
    await pay(rig, 'behind-again', MINUTE_MS, { producer: 'fast' });
    assert.equal((await windowsOf(rig))?.life, 20);
    assert.equal(rig.engine.statistics().lateByPolicy.drop, 1);
  });

  test('is never one of a stream that is in disorder by no more than was declared, in any order', async () => {
    const random = new SeededRandom(7);
    const sorted = Array.from({ length: 120 }, (_, index) => ({ id: `t${index}`, atMs: index * 20_000 }));
    const reports = [];
    for (let round = 0; round < 4; round++) {
      const keyed = sorted.map((one) => ({ ...one, key: one.atMs + (round === 0 ? 0 : random.integer(0, 70_000)) }));
      const rig = await start(`{ ${LATENESS}, features: { late: drop } }`);
      for (const { id, atMs } of keyed.sort((left, right) => left.key - right.key)) await pay(rig, id, atMs);
      await pay(rig, 'last', 41 * MINUTE_MS);
      assert.equal(rig.engine.statistics().lateByPolicy.drop, 0);
      reports.push(await windowsOf(rig));
    }
    assert.equal(reports[0]?.life, 1210);
    for (const report of reports) assert.deepEqual(report, reports[0]);
  });

  test('stays left out after a restart, and with another ruleset', async () => {
    const rig = await withPast(`{ ${LATENESS}, features: { late: side_output } }`, {
      settings: { snapshotEveryEvents: 1 },
    });
    await pay(rig, 'late', 30 * MINUTE_MS);
    const before = await rig.engine.readEntity('card', 'card-a');
    const again = await startRig({ log: rig.log.crash() });
    assert.deepEqual(await again.engine.readEntity('card', 'card-a'), { ...before, resident: false });
    await again.engine.publishRuleset(rulesetOf('').replace('sliding 1h }', 'sliding 2h }'));
    assert.equal((await windowsOf(again))?.count_1h, 1);
    assert.equal((await lateOf(again, 't:late'))?.policy, 'side_output');
  });

  test('is judged after a restart as before it', async () => {
    const rig = await withPast(`{ ${LATENESS}, features: { late: drop } }`);
    const again = await startRig({ log: rig.log.crash() });
    assert.deepEqual(again.engine.statistics().watermarksMs, rig.engine.statistics().watermarksMs);
    await pay(again, 'late', 30 * MINUTE_MS);
    assert.equal((await windowsOf(again))?.count_1h, 1);
  });

  test('stays left out when its decision is superseded: another payment like it is not corrected', async () => {
    const rig = await heldRig();
    const settle = async <Value>(answer: Promise<Value>): Promise<Value> => {
      for (let round = 0; round < 4; round++) {
        await turn();
        rig.log.commitPending();
      }
      return answer;
    };
    const declined = '  card.declined_1h: { aggregate: count, window: sliding 1h, outcome: declined }\nrules:';
    const text = rulesetOf(`{ ${LATENESS}, features: { late: drop } }`).replace('rules:', declined);
    await settle(rig.engine.publishRuleset(text));
    await settle(pay(rig, 'alike', 60 * MINUTE_MS));
    await settle(pay(rig, 'ahead', 90 * MINUTE_MS, { cardId: 'other' }));
    const answer = rig.authorize(
      transactionOf('late', { merchantId: 'm', occurredAt: isoAt(SIMULATION_START_MS + 60 * MINUTE_MS) }),
      20,
    );
    await turn();
    rig.clock.advance(20);
    assert.equal((await settle(answer)).mode, 'fallback');
    assert.equal((await settle(windowsOf(rig)))?.declined_1h, 0);
    assert.equal((await settle(lateOf(rig, 's:late')))?.policy, 'drop');
  });
});
