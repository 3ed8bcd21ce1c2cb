import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PublishedMessages } from '../../src/runtime/publishing/published-messages.ts';
import { topicNamesOf } from '../../src/runtime/publishing/topic-names.ts';
import { startRig, turn } from '../support/engine-rig.ts';
import { isoAt, loginOf, referenceOf } from '../support/event-builders.ts';
import { KeptCheckpoint } from '../support/kept-checkpoint.ts';
import {
  MINUTE_MS,
  pay,
  reviewed,
  revisionOf,
  rulesetOf,
  startReviewed,
  windowsOf,
  withLatePayment,
  withPast,
} from '../support/reviewed-rig.ts';
import { SIMULATION_START_MS } from '../support/simulated-clock.ts';

const CORRECT = rulesetOf('{ late: correct }');

describe('an approval that a late event makes a decline', () => {
  test('is superseded by a record that names it and the event; the caller is still told what it was told', async () => {
    const rig = await startReviewed(CORRECT);
    await withLatePayment(rig);
    const revision = await revisionOf(rig, 't7');
    assert.ok(revision !== null);
    assert.deepEqual(
      [revision.superseded.outcome, revision.decision.outcome, revision.decision.reasons.map(({ code }) => code)],
      ['approve', 'decline', ['BUSY']],
    );
    const [decided, cause] = await Promise.all([rig.log.readRecord('t:t7'), rig.log.readRecord('t:late')]);
    assert.deepEqual(revision.revisedBy, {
      corrects: decided?.position,
      causePosition: cause?.position,
      causeId: 't:late',
      occurredAt: isoAt(SIMULATION_START_MS + MINUTE_MS),
    });
    assert.equal(JSON.parse((await rig.engine.findDecision('t7')) ?? '').outcome, 'approve');
    assert.equal(await pay(rig, 't7', 7), 'approve');
    for (const other of ['t5', 't6', 'late']) assert.equal(await revisionOf(rig, other), null);
    assert.deepEqual(rig.engine.statistics().lateReviews, {
      ...{ reviewed: 1, kept: 2, unclear: 0, revised: 1, failed: 0, lagRecords: 0 },
    });
  });

  test('counts as a decline for its entities from then on, also after a restart', async () => {
    const rig = await startReviewed(CORRECT);
    await withLatePayment(rig);
    const before = await windowsOf(rig);
    assert.deepEqual(before, { count_10m: 4, approved_10m: 2, declined_10m: 2 });
    const again = await startRig({ log: rig.log.crash() });
    assert.deepEqual(await windowsOf(again), before);
  });

  test('is published as superseded, by card, and as an alert', async () => {
    const rig = await startReviewed(CORRECT);
    await withLatePayment(rig);
    const record = (await rig.log.readRecord('v:t7')) ?? assert.fail('nothing was revised');
    const messages = await new PublishedMessages(topicNamesOf('palisade'), '/palisade', async () => null).of(record);
    assert.deepEqual(
      messages.map(({ topic, key, headers }) => [topic, key, headers.ce_type, headers.ce_id]),
      [
        ['palisade.decisions', 'card-a', 'palisade.decision.superseded', 'v:t7'],
        ['palisade.alerts', 'card-a', 'palisade.alert.decision', 'v:t7:alert'],
      ],
    );
    const { superseded, decision } = JSON.parse(String(messages[0]?.value));
    assert.deepEqual([superseded.outcome, decision.outcome], ['approve', 'decline']);
  });

  test('is found by a login that came late as well', async () => {
    const rig = await startReviewed(CORRECT);
    const guess = async (id: string, minute: number) => {
      const occurredAt = isoAt(SIMULATION_START_MS + minute * MINUTE_MS);
      await rig.engine.record(loginOf(id, { status: 'failed', occurredAt }));
    };
    for (const minute of [1, 2]) await guess(`g${minute}`, minute);
    assert.equal(await pay(rig, 'paid', 5), 'approve');
    await guess('g3', 3);
    await reviewed(rig);
    const revision = await revisionOf(rig, 'paid');
    assert.deepEqual(
      [revision?.decision.reasons.map(({ code }) => code), revision?.revisedBy?.causeId],
      [['GUESSED'], 'e:g3'],
    );
  });

  test('is found where two late events make it one only together', async () => {
    const rig = await startReviewed(CORRECT);
    for (const minute of [5, 6]) await pay(rig, `t${minute}`, minute);
    await pay(rig, 'first-late', 1);
    await reviewed(rig);
    assert.equal(await revisionOf(rig, 't6'), null);
    await pay(rig, 'second-late', 2);
    await reviewed(rig);
    assert.equal((await revisionOf(rig, 't6'))?.revisedBy?.causeId, 't:second-late');
  });

  test('counts as one for the approvals after it, in the same look', async () => {
    const rig = await startReviewed(
      rulesetOf('{ late: correct }', [
        '  - { id: refused, when: card.declined_10m >= 2, outcome: decline, reason: REFUSED }',
        '  - { id: worse, when: card.declined_10m >= 3, outcome: decline, reason: WORSE }',
        '  - { id: large, when: event.amount > 500, outcome: decline, reason: LARGE }',
      ]),
    );
    await pay(rig, 'large', 0, { amountMinor: 90_000 });
    for (const minute of [4, 5]) assert.equal(await pay(rig, `t${minute}`, minute), 'approve');
    assert.equal(await pay(rig, 'late', 1, { amountMinor: 90_000 }), 'decline');
    await reviewed(rig);
    const reasonsOf = async (id: string) => (await revisionOf(rig, id))?.decision.reasons.map(({ code }) => code);
    assert.deepEqual(await reasonsOf('t4'), ['REFUSED']);
    assert.deepEqual(await reasonsOf('t5'), ['BUSY', 'REFUSED', 'WORSE']);
  });

  test('is found by the lists of its time, where those of today have it declined anyway', async () => {
    const blocked = '  - { id: blocked, when: lists.block.card, outcome: decline, reason: BLOCKED }';
    const rig = await startReviewed(rulesetOf('{ late: correct }', [blocked]));
    for (const minute of [5, 6, 7]) assert.equal(await pay(rig, `t${minute}`, minute), 'approve');
    const entry = { list: 'block', kind: 'card', value: 'card-a', expiresAtMs: null, note: '' } as const;
    await rig.engine.setListEntry(entry);
    assert.equal(await pay(rig, 'late', 1), 'decline');
    await reviewed(rig);
    assert.deepEqual(
      (await revisionOf(rig, 't7'))?.decision.reasons.map(({ code }) => code),
      ['BUSY'],
    );
    assert.equal(await revisionOf(rig, 't6'), null);
    assert.equal(rig.engine.statistics().lateReviews.unclear, 0);
  });

  test('is one of an entity with more past than is looked at, and none that only more of it would tell', async () => {
    const life = '  - { id: old, when: card.life >= 604, outcome: decline, reason: OLD }';
    const text = rulesetOf('{ late: correct }', [life]).replace(
      'rules:',
      '  card.life: { aggregate: count, window: unbounded }\nrules:',
    );
    const rig = await startReviewed(text);
    for (let hour = 600; hour > 0; hour--) await pay(rig, `old${hour}`, -60 * hour);
    await withLatePayment(rig);
    assert.deepEqual(
      (await revisionOf(rig, 't7'))?.decision.reasons.map(({ code }) => code),
      ['BUSY'],
      'the whole life is taken as the record has it',
    );
    assert.equal(rig.engine.statistics().lateReviews.unclear, 0);
  });
});

describe('an approval stands', () => {
  test('that was given for a time before the late event, or after all windows that the event is in', async () => {
    const rig = await startReviewed(CORRECT);
    for (const minute of [3, 9, 9.5, 20]) assert.equal(await pay(rig, `t${minute}`, minute), 'approve');
    await pay(rig, 'late', 9.2);
    await reviewed(rig);
    for (const id of ['t3', 't9', 't20']) assert.equal(await revisionOf(rig, id), null);
    assert.notEqual(await revisionOf(rig, 't9.5'), null);
    assert.equal(rig.engine.statistics().lateReviews.kept, 0);
  });

  test('that is further after the late event than the ruleset says, or not among the newest it asks for', async () => {
    for (const revise of ['within: 5m', 'decisions: 1']) {
      const rig = await startReviewed(rulesetOf(`{ late: correct, revise: { ${revise} } }`));
      for (const minute of [2, 3, 4]) await pay(rig, `t${minute}`, minute);
      await pay(rig, 't10', 10, { cardId: 'other' });
      const isWithin = revise === 'decisions: 1';
      await pay(rig, 'late', isWithin ? 1 : -2);
      await reviewed(rig);
      assert.equal((await revisionOf(rig, 't4')) !== null, isWithin);
      assert.equal(rig.engine.statistics().lateReviews.kept, isWithin ? 0 : 2);
    }
  });

  test('where the rules ask for less than the ruleset revises for', async () => {
    const text = (revise: string) =>
      rulesetOf(`{ late: correct${revise} }`).replace('id: busy, when: card.count_10m >= 4, outcome: decline', (rule) =>
        rule.replace('decline', 'review'),
      );
    const usual = await startReviewed(text(''));
    await withLatePayment(usual);
    assert.equal(await revisionOf(usual, 't7'), null);
    const strict = await startReviewed(text(', revise: { at_least: review }'));
    await withLatePayment(strict);
    assert.equal((await revisionOf(strict, 't7'))?.decision.outcome, 'review');
    assert.equal((await windowsOf(strict))?.approved_10m, 2);
  });

  test('where the ruleset has late events do anything else, and the record of the event says nothing', async () => {
    for (const features of ['{ late: drop }', '{ late: side_output }', '{ late: correct, revise: { decisions: 0 } }']) {
      const rig = await startReviewed(rulesetOf(features));
      await withLatePayment(rig);
      assert.equal(await revisionOf(rig, 't7'), null);
      assert.equal((await rig.log.readRecord('t:late'))?.body.includes('overtaken'), false);
      assert.equal(rig.engine.statistics().lateReviews.reviewed, 0);
    }
  });

  test('where it cannot be told what its card was then, and what it is today has it declined anyway', async () => {
    const stopped = '  - { id: stopped, when: card.status == "frozen", outcome: decline, reason: STOPPED }';
    for (const pastCount of [0, 520]) {
      const rig = await startReviewed(rulesetOf('{ late: correct }', [stopped]));
      for (let hour = pastCount; hour > 0; hour--) await pay(rig, `old${hour}`, -60 * hour);
      for (const minute of [5, 6, 7]) assert.equal(await pay(rig, `t${minute}`, minute), 'approve');
      await rig.engine.record(referenceOf('freeze', { status: 'freeze' }));
      await pay(rig, 'late', 1);
      await reviewed(rig);
      const isWhole = pastCount === 0;
      assert.equal((await revisionOf(rig, 't7')) !== null, isWhole);
      assert.equal(rig.engine.statistics().lateReviews.unclear, isWhole ? 0 : 3);
    }
  });
});

describe('a review', () => {
  test('is made up for after a restart, and made once', async () => {
    const rig = await startReviewed(CORRECT);
    await rig.reviewer.close();
    const { kept } = rig.checkpoints;
    await withPast(rig);
    assert.equal(await revisionOf(rig, 't7'), null);
    const checkpoints = new KeptCheckpoint();
    checkpoints.kept = kept;
    const again = await startReviewed(null, { log: rig.log.crash(), checkpoints });
    await reviewed(again);
    const revision = await revisionOf(again, 't7');
    assert.notEqual(revision, null);
    const { headPosition } = again.log.statistics();
    // The checkpoint is lost once more: everything is looked at again.
    checkpoints.kept = kept;
    const third = await startReviewed(null, { log: again.log.crash(), checkpoints });
    await reviewed(third);
    assert.deepEqual(await revisionOf(third, 't7'), revision);
    assert.equal(third.log.statistics().headPosition, headPosition);
    assert.equal(third.engine.statistics().lateReviews.revised, 0);
  });

  test('begins where the log ends when there is no checkpoint', async () => {
    const rig = await startReviewed(CORRECT);
    await rig.reviewer.close();
    await withPast(rig);
    const again = await startReviewed(null, { log: rig.log.crash() });
    await reviewed(again);
    assert.equal(await revisionOf(again, 't7'), null);
    assert.equal(again.checkpoints.kept?.position, again.log.statistics().headPosition);
  });

  test('goes by the rules that decided, also when others are in force by now', async () => {
    const rig = await startReviewed(CORRECT);
    for (const minute of [5, 6, 7]) await pay(rig, `t${minute}`, minute);
    const milder = CORRECT.replace('card.count_10m >= 4', 'card.count_10m >= 9');
    await rig.engine.publishRuleset(milder);
    await pay(rig, 'late', 1);
    await reviewed(rig);
    const revision = await revisionOf(rig, 't7');
    assert.equal(revision?.decision.rulesetVersion, revision?.superseded.rulesetVersion);
    assert.equal(revision?.decision.outcome, 'decline');
  });

  test('begins with the ruleset that wants it', async () => {
    const rig = await startReviewed(rulesetOf('{ late: drop }'));
    await pay(rig, 'before', 1, { cardId: 'other' });
    await rig.engine.publishRuleset(CORRECT);
    await turn();
    await withLatePayment(rig);
    assert.notEqual(await revisionOf(rig, 't7'), null);
  });
});
