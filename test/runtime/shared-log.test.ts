import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { RIG_RULESET, type RigOptions, startRig, turn } from '../support/engine-rig.ts';
import { referenceOf, transactionOf } from '../support/event-builders.ts';
import { rulesetText } from '../support/ruleset-builder.ts';
import { SharedMemoryLog } from '../support/shared-log.ts';

/** Two engines on one log. */
async function rivals(options: RigOptions = {}) {
  const log = createMemoryEventLog();
  const field = new SharedMemoryLog(log);
  const one = await startRig({ ...options, log, before: () => field.process() });
  const other = await startRig({ ...options, log, before: () => field.process() });
  return { field, log, one, other };
}

function cardRevision(body: string): number {
  return JSON.parse(body).revisions.card;
}

describe('an engine beside others', () => {
  test('takes their records into the actors that it has, without asking the log and without a conflict', async () => {
    const { field, one, other } = await rivals();
    for (let index = 0; index < 12; index += 1) {
      const { body } = await (index % 2 === 0 ? one : other).authorize(transactionOf(`t${index}`));
      assert.equal(cardRevision(body), index);
      await field.tell();
    }
    for (const { engine } of [one, other]) {
      assert.equal(engine.statistics().conflictRetries, 0);
      const report = await engine.readEntity('card', 'card-a');
      assert.deepEqual([report?.revision, report?.windows.count_1h, report?.resident], [11, 12, true]);
    }
    assert.ok(other.engine.statistics().rehydrations <= 5);
  });

  test('decides anew where another was first, on what it remembers and what it heard', async () => {
    const { field, one, other } = await rivals();
    await one.authorize(transactionOf('t0'));
    await field.tell();
    await other.authorize(transactionOf('t1'));
    await field.tell();
    const { rehydrations } = one.engine.statistics();
    field.isHeld = true;
    const answers = [
      one.authorize(transactionOf('t2')),
      other.authorize(transactionOf('t3')),
      one.authorize(transactionOf('t4', { accountId: 'account-b' })),
    ];
    const settled = Promise.all(answers);
    let isOver = false;
    void settled.then(() => {
      isOver = true;
    });
    while (!isOver) {
      await turn();
      field.give();
      await turn();
      await field.tell();
    }
    const revisions = (await settled).map(({ body }) => cardRevision(body)).sort();
    assert.deepEqual(revisions, [2, 3, 4]);
    await field.tell();
    field.isHeld = false;
    for (const { engine } of [one, other]) {
      const report = await engine.readEntity('card', 'card-a');
      assert.deepEqual([report?.revision, report?.windows.count_1h, report?.windows.sum_1h], [4, 5, 50]);
    }
    const retries = one.engine.statistics().conflictRetries + other.engine.statistics().conflictRetries;
    assert.ok(retries > 0);
    // The account that only the last payment has is the one actor that had to be read.
    assert.ok(one.engine.statistics().rehydrations <= rehydrations + 1);
  });

  test('lets an actor go that falls too far behind', async () => {
    const { field, one, other } = await rivals();
    await one.authorize(transactionOf('t0'));
    for (let index = 1; index <= 70; index += 1) await other.authorize(transactionOf(`t${index}`));
    await field.tell();
    assert.equal(one.engine.statistics().residentActors.card, 0);
    assert.equal(cardRevision((await one.authorize(transactionOf('last'))).body), 71);
  });

  test('takes over what they state: lists, suppressions and the ruleset', async () => {
    const { field, one, other } = await rivals();
    await one.engine.setListEntry({ list: 'block', kind: 'card', value: 'card-a', expiresAtMs: null, note: '' });
    await field.tell();
    assert.deepEqual(
      other.engine.lists().map(({ value }) => value),
      ['card-a'],
    );
    assert.equal((await other.authorize(transactionOf('t0'))).outcome, 'decline');
    await one.engine.removeListEntry('block', 'card', 'card-a');
    const next = rulesetText({ ...RIG_RULESET, name: 'next' });
    const { version } = await one.engine.publishRuleset(next);
    await field.tell();
    while (other.engine.ruleset().version !== version) await turn();
    assert.deepEqual([other.engine.ruleset(), other.engine.lists()], [one.engine.ruleset(), []]);
  });

  test('keeps the status that another gave an actor', async () => {
    const { field, one, other } = await rivals();
    await one.authorize(transactionOf('t0'));
    await other.engine.record(referenceOf('r1', { status: 'freeze' }));
    await field.tell();
    assert.equal((await one.authorize(transactionOf('t1'))).outcome, 'decline');
    await other.engine.record(referenceOf('r2', { status: 'unfreeze' }));
    await field.tell();
    assert.equal((await one.authorize(transactionOf('t2'))).outcome, 'approve');
    await field.tell();
    const [first, second] = await Promise.all([one, other].map(({ engine }) => engine.readEntity('card', 'card-a')));
    assert.deepEqual(first, second);
  });
});
