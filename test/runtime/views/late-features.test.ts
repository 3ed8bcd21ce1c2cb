import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeFact } from '../../../src/codec/mod.ts';
import { type Fact, LATE_FEATURES } from '../../../src/domain/records.ts';
import { startRig } from '../../support/engine-rig.ts';
import { isoAt, loginOf, transactionOf } from '../../support/event-builders.ts';
import { SIMULATION_START_MS } from '../../support/simulated-clock.ts';
import { ArrayLog, RunnerRig } from './runner-rig.ts';

const MINUTE_MS = 60_000;

function rulesetOf(policy: string): string {
  return [
    'name: late',
    'currency: { base: EUR, rates: {} }',
    `event_time: { out_of_orderness: 0s, lateness: 1m, features: { late: ${policy} } }`,
    'features:',
    '  card.count_1h: { aggregate: count, window: sliding 1h }',
    '  card.z: { aggregate: zscore(event.amount), window: unbounded }',
    '  account.logins_1h: { on: login, aggregate: count, window: sliding 1h }',
    'rules:',
    '  - { id: large, when: event.amount > 500, outcome: decline, reason: LARGE }',
    'policy:',
    '  fallback: [{ outcome: review }]',
  ].join('\n');
}

const at = (minute: number) => isoAt(SIMULATION_START_MS + minute * MINUTE_MS);

/** An engine's log in which a payment and a login came too late, and the projections that follow it. */
async function followed(policy: string): Promise<RunnerRig> {
  const { engine, authorize, log } = await startRig();
  await engine.publishRuleset(rulesetOf(policy));
  await authorize(transactionOf('t1', { occurredAt: at(60) }));
  await authorize(transactionOf('t2', { occurredAt: at(30), cardId: 'new' }));
  await authorize(transactionOf('t3', { occurredAt: at(20) }));
  await engine.record(loginOf('e1', { occurredAt: at(60) }));
  await engine.record(loginOf('e2', { occurredAt: at(40) }));
  const copy = new ArrayLog();
  const records = await log.readAll(0, 100);
  for (const { recordId, type, body } of records) copy.appendBody(recordId, type, body);
  const rig = new RunnerRig(copy);
  await rig.follow();
  return rig;
}

function factsOf(rig: RunnerRig, type: Fact['type']): readonly Fact[] {
  return rig.log.ofType(type).map((record) => decodeFact(record.type, record.body));
}

describe('an event that came too late for features', () => {
  test('is listed with those of views, and said in the log, with side_output', async () => {
    const rig = await followed('side_output');
    const page = rig.queries.lateEvents(null, 10);
    assert.deepEqual(
      page?.lateEvents.map(({ view, recordId, occurredAt, watermark, policy }) => [
        view,
        recordId,
        occurredAt,
        watermark,
        policy,
      ]),
      [
        [LATE_FEATURES, 'e:e2', at(40), at(60), 'side_output'],
        [LATE_FEATURES, 't:t3', at(20), at(60), 'side_output'],
        [LATE_FEATURES, 't:t2', at(30), at(60), 'side_output'],
      ],
    );
    assert.deepEqual(rig.queries.lateEvents(LATE_FEATURES, 1)?.lateEvents.length, 1);
    assert.equal(rig.queries.lateEvents('unknown', 1), null);
    const [first] = factsOf(rig, 'EventDiverted');
    const { recordedAt, causePosition, ...told } = first?.type === 'EventDiverted' ? first : assert.fail('none');
    const place = { type: 'EventDiverted', view: LATE_FEATURES, causeId: 't:t2' };
    assert.deepEqual(told, { ...place, occurredAt: at(30), watermark: at(60) });
    assert.equal(rig.log.records[causePosition - 1]?.recordId, 't:t2');
    assert.ok(recordedAt !== '');
    assert.equal(factsOf(rig, 'EventDiverted').length, 3);
    assert.deepEqual(rig.queries.views(), []);
  });

  test('has its correction said in the log, naming what it corrects, with correct', async () => {
    const rig = await followed('correct');
    assert.deepEqual(rig.queries.lateEvents(null, 10)?.lateEvents, []);
    const corrections = factsOf(rig, 'ResultCorrected').map((fact) =>
      fact.type === 'ResultCorrected' ? [fact.causeId, fact.place, fact.corrects, fact.before, fact.after] : [],
    );
    const placeOf = (kind: string, id: string) => {
      return { view: LATE_FEATURES, rowId: `${kind}-${id}`, group: { kind, id }, windowStart: null, windowEnd: null };
    };
    assert.deepEqual(corrections, [
      ['t:t3', placeOf('card', 'card-a'), 0, { count_1h: 1 }, { count_1h: 2 }],
      ['e:e2', placeOf('account', 'account-a'), 3, { logins_1h: 1 }, { logins_1h: 2 }],
    ]);
  });

  test('is nowhere but in the counters with drop', async () => {
    const rig = await followed('drop');
    assert.deepEqual(rig.queries.lateEvents(LATE_FEATURES, 10)?.lateEvents, []);
    assert.deepEqual([...factsOf(rig, 'EventDiverted'), ...factsOf(rig, 'ResultCorrected')], []);
  });

  test('is told once, also by a rebuild', async () => {
    const rig = await followed('side_output');
    const [contents, count] = [rig.contents(), rig.log.records.length];
    assert.ok(rig.runner.rebuild(LATE_FEATURES));
    await rig.runner.settled();
    assert.deepEqual(rig.contents(), contents);
    assert.equal(rig.log.records.length, count);
    assert.equal(rig.failure, null);
  });
});
