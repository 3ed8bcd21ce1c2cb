import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMemoryEventLog } from '../../src/adapters/memory/mod.ts';
import { encodeFact } from '../../src/codec/mod.ts';
import { isPalisadeError } from '../../src/domain/errors.ts';
import { RULESETS_STREAM } from '../../src/domain/records.ts';
import type { StoredSnapshot } from '../../src/ports/event-log.ts';
import { cardFeature, RIG_RULESET, startRig, turn } from '../support/engine-rig.ts';
import { transactionOf } from '../support/event-builders.ts';
import { Gate, logLike } from '../support/log-like.ts';
import { type RulesetParts, rulesetText } from '../support/ruleset-builder.ts';
import { rulesetWithViews } from '../views/view-rig.ts';

const STRICTER: RulesetParts = {
  ...RIG_RULESET,
  name: 'stricter',
  rules: ['{ id: any, when: event.amount > 1.0, outcome: decline, score: 50, reason: ANY }'],
};
const WITH_MEAN: RulesetParts = {
  ...RIG_RULESET,
  name: 'with-mean',
  features: [...RIG_RULESET.features, cardFeature('mean_1h', { aggregate: { function: 'mean', field: 'amount' } })],
};
const DEARER: RulesetParts = { ...RIG_RULESET, name: 'dearer', rates: { USD: 0.8 } };

describe('a ruleset that is published', () => {
  test('decides what comes after; actors of the same windows stay', async () => {
    const { authorize, engine } = await startRig();
    assert.equal((await authorize(transactionOf('t1'))).outcome, 'approve');
    const before = engine.statistics();
    const { version } = await engine.publishRuleset(rulesetText(STRICTER));
    const { outcome, body } = await authorize(transactionOf('t2'));
    assert.deepEqual([outcome, JSON.parse(body).rulesetVersion], ['decline', version]);
    assert.equal(engine.statistics().rehydrations, before.rehydrations);
    assert.equal((await engine.readEntity('card', 'card-a'))?.windows.count_1h, 2);
    assert.equal((await authorize(transactionOf('t1'))).outcome, 'approve');
  });

  test('gives a new feature its past, from the stream', async () => {
    const { authorize, engine } = await startRig();
    await authorize(transactionOf('t1', { amountMinor: 1000 }));
    await authorize(transactionOf('t2', { amountMinor: 3000 }));
    await engine.publishRuleset(rulesetText(WITH_MEAN));
    await authorize(transactionOf('t3', { amountMinor: 5000 }));
    const windows = (await engine.readEntity('card', 'card-a'))?.windows;
    assert.deepEqual([windows?.mean_1h, windows?.count_1h], [30, 3]);
  });

  test('with other rates has every amount in them, of what is past too', async () => {
    const { authorize, engine, log } = await startRig({ settings: { snapshotEveryEvents: 1 } });
    await authorize(transactionOf('t1', { currency: 'USD', amountMinor: 1000 }));
    assert.equal((await engine.readEntity('card', 'card-a'))?.windows.sum_1h, 5);
    await engine.publishRuleset(rulesetText(DEARER));
    assert.equal((await engine.readEntity('card', 'card-a'))?.windows.sum_1h, 8);
    await authorize(transactionOf('t2', { currency: 'USD', amountMinor: 1000 }));
    const after = await startRig({ log: log.crash() });
    assert.equal((await after.engine.readEntity('card', 'card-a'))?.windows.sum_1h, 16);
  });

  test('is in force after a restart', async () => {
    const { engine, log } = await startRig();
    const { version, publishedAt } = await engine.publishRuleset(rulesetText(STRICTER));
    const after = await startRig({ log: log.crash() });
    assert.deepEqual([after.engine.ruleset().version, after.engine.ruleset().publishedAt], [version, publishedAt]);
    assert.equal((await after.authorize(transactionOf('t1'))).outcome, 'decline');
    assert.equal((await log.crash().readStream('rulesets', 0, 10)).length, 2);
  });

  test('and is not valid any more for a stricter version stops the start, and names the way on', async () => {
    const log = createMemoryEventLog();
    const before = await startRig({ log });
    const text = before.engine.ruleset().text.replaceAll('event.amount', 'event.amout');
    const recordedAt = '2026-03-01T12:00:00.000Z';
    const body = encodeFact({ type: 'RulesetPublished', version: 'laxer', text, recordedAt });
    const streams = [{ stream: RULESETS_STREAM, expectedRevision: 0 }];
    await log.append({ recordId: 'r:laxer', type: 'RulesetPublished', body, streams });
    const said =
      /^Cannot start with .+ refuses it: laxer, published at 2026-03-01.+ has 3 problem.+ Start with --ruleset FILE/;
    await assert.rejects(startRig({ log: log.crash() }), { code: 'RULESET_INVALID', message: said });
    const { engine } = await startRig({ log: log.crash(), given: STRICTER });
    assert.equal(engine.ruleset().text, rulesetText(STRICTER));
  });

  test('lists all of its rules, those on views too', async () => {
    const { engine } = await startRig();
    const views = '  busy: { from: login, group_by: ip, window: tumbling 1m, aggregates: { n: count } }';
    const rule = '  - { id: busy, on: view.busy, state: shadow, outcome: alert, score: 9, reason: BUSY }';
    const { rules } = await engine.publishRuleset(rulesetWithViews(views, rule));
    assert.deepEqual(rules, [
      { id: 'large', on: 'transaction', state: 'active', outcome: 'decline', reason: 'LARGE' },
      { id: 'busy', on: 'view.busy', state: 'shadow', outcome: 'alert', reason: 'BUSY' },
    ]);
  });

  test('and is the one in force is no news', async () => {
    const { engine, log } = await startRig();
    const first = engine.ruleset();
    assert.deepEqual(await engine.publishRuleset(`# Another comment\n${first.text}`), first);
    assert.equal((await log.readStream('rulesets', 0, 10)).length, 1);
  });

  test('and is not valid changes nothing, and is told by line and field', async () => {
    const { authorize, engine, log } = await startRig();
    const before = engine.ruleset();
    const broken = before.text.replace('event.amount > 500', 'event.amout > 500');
    await assert.rejects(engine.publishRuleset(broken), (error: unknown) => {
      assert.ok(isPalisadeError(error, 'RULESET_INVALID'));
      assert.deepEqual(
        error.fields.map(({ field }) => field),
        ['rules[1].when'],
      );
      assert.ok(error.fields.every(({ line = 0, column = 0 }) => line > 1 && column > 0));
      return true;
    });
    assert.equal(engine.validateRuleset(broken)[0]?.field, 'rules[1].when');
    assert.deepEqual(engine.validateRuleset(before.text), []);
    assert.deepEqual(engine.ruleset(), before);
    assert.equal((await authorize(transactionOf('t1', { amountMinor: 60_000 }))).outcome, 'decline');
    assert.equal((await log.readStream('rulesets', 0, 10)).length, 1);
  });

  test('while commands wait and few actors fit: each runs on windows of one ruleset', async () => {
    const gate = new Gate();
    const snapshots: StoredSnapshot[] = [];
    const { authorize, engine, log } = await startRig({
      settings: { residentMax: 2 },
      before: (inner) =>
        logLike(inner, {
          mayHaveStream: () => true,
          readImage: (...call) => gate.pass(() => inner.readImage(...call)),
          writeSnapshot: (snapshot) => {
            snapshots.push(snapshot);
            inner.writeSnapshot(snapshot);
          },
        }),
    });
    for (const id of ['1', '2', '3']) await authorize(transactionOf(id, { cardId: `c${id}`, accountId: 'a' }));
    gate.shut();
    const waiting = ['4', '5', '6'].map((id) => authorize(transactionOf(id, { cardId: `c${id}`, accountId: 'a' })));
    const { version } = await engine.publishRuleset(rulesetText(WITH_MEAN));
    gate.open();
    for (const answer of await Promise.all(waiting)) assert.equal(JSON.parse(answer.body).rulesetVersion, version);
    await turn();
    const after = await startRig({ log: log.crash() });
    for (const id of ['1', '2', '3', '4', '5', '6']) {
      const report = await after.engine.readEntity('card', `c${id}`);
      assert.deepEqual([report?.windows.mean_1h, report?.windows.count_1h], [10, 1]);
    }
    assert.ok(snapshots.length > 0);
  });
});
