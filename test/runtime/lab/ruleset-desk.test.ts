import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MemoryEventLog } from '../../../src/adapters/memory/mod.ts';
import { isPalisadeError } from '../../../src/domain/errors.ts';
import { RulesetDesk } from '../../../src/runtime/lab/ruleset-desk.ts';
import { RIG_RULESET, startRig, turn } from '../../support/engine-rig.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { type RulesetParts, rulesetText } from '../../support/ruleset-builder.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import { localTrials } from './local-trials.ts';

const STRICT: RulesetParts = {
  ...RIG_RULESET,
  rules: RIG_RULESET.rules.map((rule) => rule.replace('event.amount > 500', 'event.amount > 250')),
};
const LIVE_TEXT = rulesetText(RIG_RULESET);
const TEXT = rulesetText(STRICT);
const BROKEN = TEXT.replace('outcome: decline,', 'outcome: deny,');

async function startDesk(log?: MemoryEventLog) {
  const rig = await startRig(log === undefined ? {} : { log });
  const trials = localTrials(rig.log);
  const random = new SeededRandom(rig.log.statistics().headPosition + 7);
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const desk = await RulesetDesk.open({ log: rig.log, clock: rig.clock, random, engine: rig.engine, trials, logger });
  const save = (text: string, by: string | null = 'ann') => desk.save('draft-1', { text, note: '', basedOn: null }, by);
  return { ...rig, trials, desk, save };
}

function refusal(code: 'DRAFT_REFUSED' | 'APPROVAL_NEEDED' | 'RULESET_INVALID', words: RegExp) {
  return (error: unknown): boolean => isPalisadeError(error, code) && words.test(error.message);
}

describe('a draft of a ruleset', () => {
  test('goes into force once a second person has approved it, and every step stands in its history', async () => {
    const { desk, engine, log, save, clock } = await startDesk();
    await save(TEXT);
    await assert.rejects(desk.publish('draft-1', '', 'ann'), refusal('APPROVAL_NEEDED', /nobody has approved/));
    await assert.rejects(desk.approve('draft-1', '', 'ann'), refusal('APPROVAL_NEEDED', /the same key: ann/));
    clock.advance(1_000);
    const approved = await desk.approve('draft-1', 'looks right', 'bob');
    assert.deepEqual([approved?.row.approvedBy, approved?.row.publishedAt], ['bob', null]);
    clock.advance(1_000);
    const report = await desk.publish('draft-1', 'go', 'ann');
    assert.equal(report?.version, engine.ruleset().version);
    assert.equal(engine.ruleset().text, TEXT);
    const detail = await desk.read('draft-1');
    assert.deepEqual(
      detail?.history.map(({ action, by, note }) => `${action} ${by} ${note}`.trim()),
      ['publish ann go', 'approve bob looks right', 'save ann'],
    );
    assert.deepEqual([detail?.row.isInForce, detail?.row.publishedAt], [true, report?.publishedAt]);
    const after = await startDesk(log.crash());
    assert.deepEqual(await after.desk.read('draft-1'), detail);
    assert.equal(after.engine.ruleset().version, report?.version);
    await assert.rejects(after.desk.publish('draft-1', '', 'ann'), refusal('DRAFT_REFUSED', /is in force/));
  });

  test('loses its approval with every other text, whoever wrote it', async () => {
    const { desk, save } = await startDesk();
    await save(TEXT, 'ann');
    await desk.approve('draft-1', '', 'bob');
    await save(`# by bob\n${TEXT}`, 'bob');
    assert.equal((await desk.read('draft-1'))?.row.approvedBy, null);
    for (const author of ['ann', 'bob']) {
      await assert.rejects(desk.approve('draft-1', '', author), refusal('APPROVAL_NEEDED', /same key/));
    }
    await desk.approve('draft-1', '', 'cem');
    assert.equal((await desk.publish('draft-1', '', 'bob'))?.name, 'rig');
  });

  test('with problems is kept with line and field, and can neither be tried nor approved nor published', async () => {
    const { desk, save } = await startDesk();
    const { problems, row } = await save(BROKEN);
    const line = BROKEN.split('\n').findIndex((each) => each.includes('outcome: deny,')) + 1;
    assert.deepEqual([problems.length > 0, row.version, row.name], [true, '', '']);
    assert.deepEqual([problems[0]?.line, problems[0]?.field], [line, 'rules[0].outcome']);
    const steps = [
      desk.startBacktest('draft-1', 'ann'),
      desk.startShadow('draft-1', 'ann'),
      desk.approve('draft-1', '', 'bob'),
      desk.publish('draft-1', '', 'ann'),
    ];
    for (const step of steps) await assert.rejects(step, refusal('RULESET_INVALID', /problem/));
  });

  test('is not overwritten by a text that was made from an older one', async () => {
    const { desk, save, clock } = await startDesk();
    const { row } = await save(TEXT);
    clock.advance(5);
    await save(`${TEXT}\n# more`, 'bob');
    const late = desk.save('draft-1', { text: LIVE_TEXT, note: '', basedOn: row.changedAt }, 'ann');
    await assert.rejects(late, refusal('DRAFT_REFUSED', /changed since.*by bob/));
    assert.match((await desk.read('draft-1'))?.text ?? '', /# more/);
  });

  test('is gone when it is deleted, and what was published from it stays in force', async () => {
    const { desk, engine, log, save } = await startDesk();
    await save(TEXT, null);
    await desk.publish('draft-1', '', null);
    assert.equal(await desk.remove('draft-1', null), true);
    assert.equal(await desk.remove('draft-1', null), false);
    assert.equal(await desk.read('draft-1'), null);
    const after = await startDesk(log.crash());
    assert.equal(await after.desk.read('draft-1'), null);
    assert.equal(after.engine.ruleset().version, engine.ruleset().version);
  });

  test('needs no approval where calls need no key, and cannot have one', async () => {
    const { desk, save } = await startDesk();
    await save(TEXT, null);
    await assert.rejects(desk.approve('draft-1', '', null), refusal('APPROVAL_NEEDED', /need no key/));
    assert.equal((await desk.publish('draft-1', '', null))?.text, TEXT);
  });
});

describe('a version that was in force', () => {
  test('comes into force again by a roll-back, with who did it, and after a restart', async () => {
    const { desk, engine, log, save } = await startDesk();
    const first = engine.ruleset();
    await save(TEXT, null);
    await desk.publish('draft-1', '', null);
    assert.equal((await desk.rollBack(first.version, 'too strict', 'ann'))?.version, first.version);
    await assert.rejects(desk.rollBack(first.version, '', 'ann'), refusal('DRAFT_REFUSED', /in force/));
    assert.equal(await desk.rollBack('0'.repeat(32), '', 'ann'), null);
    const { publications, inForce } = await desk.shelf();
    assert.deepEqual(
      publications.map(({ source, by, note }) => [source, by, note]),
      [
        ['rollback', 'ann', 'too strict'],
        ['draft', '', ''],
        ['default', '', ''],
      ],
    );
    assert.equal(inForce, first.version);
    const after = await startDesk(log.crash());
    assert.deepEqual((await after.desk.shelf()).publications, publications);
    assert.equal(after.engine.ruleset().version, first.version);
    assert.equal(await after.desk.publishedText(first.version), first.text);
  });
});

describe('a backtest of a draft', () => {
  test('tells how far it is, is kept with its hash, and is one at a time', async () => {
    const { desk, log, save, trials, authorize } = await startDesk();
    await authorize(transactionOf('t-1', { amountMinor: 30_000 }));
    await save(TEXT);
    const begun = await desk.startBacktest('draft-1', 'ann');
    assert.deepEqual([begun?.backtest?.state, begun?.backtest?.result], ['running', null]);
    await desk.save('draft-2', { text: TEXT, note: '', basedOn: null }, 'ann');
    await assert.rejects(desk.startBacktest('draft-2', 'ann'), refusal('DRAFT_REFUSED', /draft-1 runs/));
    trials.release();
    let detail = await desk.read('draft-1');
    for (let turns = 0; detail?.backtest?.state === 'running' && turns < 1_000; turns++) {
      await turn();
      detail = await desk.read('draft-1');
    }
    assert.deepEqual([detail?.backtest?.state, detail?.backtest?.result?.total.flipped], ['done', 1]);
    assert.equal(detail?.history[0]?.hash, detail?.backtest?.result?.hash);
    assert.deepEqual((await (await startDesk(log.crash())).desk.read('draft-1'))?.backtest, detail?.backtest);
  });

  test('that is cancelled leaves nothing behind', async () => {
    const { desk, save } = await startDesk();
    await save(TEXT);
    await desk.startBacktest('draft-1', 'ann');
    assert.equal((await desk.cancelBacktest('draft-1'))?.backtest, null);
    assert.deepEqual((await desk.read('draft-1'))?.history.length, 1);
    assert.equal((await desk.startBacktest('draft-1', 'ann'))?.backtest?.state, 'running');
  });
});

describe('a draft in the shadow', () => {
  test('tells where it disagrees with live traffic, acts on nothing, and goes on after a restart', async () => {
    const { desk, log, save, authorize, trials } = await startDesk();
    await authorize(transactionOf('before', { amountMinor: 30_000 }));
    await save(TEXT);
    await desk.startShadow('draft-1', 'ann');
    const first = await authorize(transactionOf('t-1', { amountMinor: 30_000 }));
    assert.equal(first.outcome, 'approve');
    await authorize(transactionOf('t-2', { amountMinor: 60_000 }));
    const told = (await desk.read('draft-1'))?.shadow;
    assert.deepEqual([told?.isRunning, told?.result?.total.decisions, told?.result?.total.flipped], [true, 2, 1]);
    assert.deepEqual(
      told?.result?.flips.map(({ transactionId, before, after }) => [transactionId, before, after]),
      [['t-1', 'approve', 'decline']],
    );
    const after = await startDesk(log.crash());
    assert.deepEqual((await after.desk.read('draft-1'))?.shadow, told);
    await after.authorize(transactionOf('t-3', { amountMinor: 30_000 }));
    assert.equal((await after.desk.read('draft-1'))?.shadow?.result?.total.flipped, 2);
    const ended = await after.desk.stopShadow('draft-1', 'bob');
    assert.deepEqual([ended?.shadow?.isRunning, ended?.shadow?.result?.total.flipped], [false, 2]);
    assert.deepEqual([trials.started.length, after.trials.started.at(-1)], [1, 'stop']);
    const last = await startDesk(after.log.crash());
    assert.deepEqual((await last.desk.read('draft-1'))?.shadow, ended?.shadow);
    assert.deepEqual(last.trials.started, []);
  });

  test('ends with another ruleset in its text, and with its publication', async () => {
    const { desk, save, trials } = await startDesk();
    await save(TEXT, null);
    await desk.startShadow('draft-1', null);
    await save(`${TEXT}\n# a comment`, null);
    assert.equal((await desk.read('draft-1'))?.row.isInShadow, true);
    await save(TEXT.replace('event.amount > 250', 'event.amount > 200'), null);
    assert.equal((await desk.read('draft-1'))?.row.isInShadow, false);
    await desk.startShadow('draft-1', null);
    await desk.publish('draft-1', '', null);
    const detail = await desk.read('draft-1');
    assert.deepEqual([detail?.row.isInShadow, detail?.row.isInForce], [false, true]);
    assert.equal(trials.started.filter((each) => each === 'stop').length, 2);
  });

  test('is seen by another process on the log, and ends there too when it is ended', async () => {
    const { desk, log, save, clock, engine } = await startDesk();
    await save(TEXT, null);
    await desk.startShadow('draft-1', null);
    const trials = localTrials(log);
    const logger = { info: () => {}, warn: () => {}, error: () => {} };
    const other = await RulesetDesk.open({ log, clock, random: new SeededRandom(99), engine, trials, logger });
    assert.equal((await other.read('draft-1'))?.shadow?.isRunning, true);
    await desk.stopShadow('draft-1', null);
    assert.equal((await other.read('draft-1'))?.row.isInShadow, false);
    assert.equal(trials.started.at(-1), 'stop');
    await other.save('draft-1', { text: `${TEXT}\n# from there`, note: '', basedOn: null }, null);
    assert.match((await desk.read('draft-1'))?.text ?? '', /from there/);
  });

  test('says why it says nothing where its records cannot be read', async () => {
    const { desk, save, trials } = await startDesk();
    await save(TEXT, null);
    trials.shadow = () => ({ report: () => Promise.reject(new Error('the thread failed')), stop: () => {} });
    const detail = await desk.startShadow('draft-1', null);
    const shown = await desk.read('draft-1');
    assert.deepEqual([detail?.shadow?.isRunning, shown?.shadow?.message], [true, 'the thread failed']);
  });
});
