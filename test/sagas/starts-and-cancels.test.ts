import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeFact } from '../../src/codec/mod.ts';
import type { AlertRaised } from '../../src/domain/records.ts';
import type { OutboundAnswer, OutboundCommand } from '../../src/ports/outbound.ts';
import { transactionOf } from '../support/event-builders.ts';
import { EVERY_SAGA } from '../support/saga-queries.ts';
import { openSagaRig, quiet, respondWith, type SagaRig } from '../support/saga-rig.ts';

const CONFIRMED: OutboundAnswer = { outcome: 'confirmed', code: 200, detail: '', pauseMs: 0 };
const ENDPOINTS = ['engine', 'edge', 'authenticator', 'card-processor', 'identity-provider'];

type World = { readonly rig: SagaRig; readonly sent: string[]; answer: OutboundAnswer };

async function world(names: Readonly<Record<string, string>>, options = {}): Promise<World> {
  const sent: string[] = [];
  const { byName } = respondWith(names);
  const responses = { byName: new Map([...byName].map(([name, { saga }]) => [name, { saga, options }])) };
  const outbound = {
    deliver: async ({ type }: OutboundCommand) => {
      sent.push(type);
      return state.answer;
    },
  };
  const state: World = {
    rig: await openSagaRig({ outbound, endpoints: ENDPOINTS, responses }),
    sent,
    answer: CONFIRMED,
  };
  return state;
}

function raise({ rig }: World, ruleId: string, group: AlertRaised['place']['group'], isActive = true): Promise<number> {
  const at = new Date(rig.clock.nowMs()).toISOString();
  const fact: AlertRaised = {
    type: 'AlertRaised',
    ruleId,
    state: isActive ? 'active' : 'shadow',
    reason: 'MANY_FAILED_LOGINS',
    score: 70,
    responses: ['block'],
    place: { view: 'failed_logins', rowId: ruleId, group, windowStart: null, windowEnd: null },
    row: { count: 9 },
    causePosition: 1,
    occurredAt: at,
    rulesetVersion: 'v',
    recordedAt: at,
  };
  const streams = [{ stream: `view-alerts-${ruleId}`, expectedRevision: -1 }];
  return rig.log.append({ recordId: `a:${ruleId}`, type: fact.type, body: encodeFact(fact), streams });
}

describe('an alert of a view', () => {
  test('starts what its rule asks for, about whom its row is about; one in the shadow starts nothing', async () => {
    const at = await world({ block: 'block-source' }, { by: 'ip', durationMs: 60_000 });
    await raise(at, 'spray', { ip: '198.51.100.7' });
    await raise(at, 'shadowed', { ip: '198.51.100.8' }, false);
    await raise(at, 'elsewhere', { accountId: 'a1' });
    await quiet();
    const { rows } = await at.rig.runner.list(EVERY_SAGA);
    assert.deepEqual(
      rows.map(({ kind, id, status }) => [kind, id, status]),
      [['block-source', 'ip:198.51.100.7', 'blocked']],
    );
    const report = await at.rig.runner.read('block-source', 'ip:198.51.100.7');
    const stimulus = report?.history[0]?.stimulus;
    const cause = stimulus?.type === 'trigger' ? stimulus.cause : assert.fail('not asked for');
    assert.deepEqual([cause.source, cause.reference, cause.reasons], ['view', 'a:spray', ['MANY_FAILED_LOGINS']]);
  });

  test('groups what views and payments say of one address into one saga', async () => {
    const at = await world({ block: 'block-source' }, { by: 'ip', durationMs: 60_000 });
    await raise(at, 'spray', { ip: '198.51.100.7' });
    await at.rig.decide(transactionOf('t1', { ip: '198.51.100.7' }), ['block']);
    await quiet();
    const report = await at.rig.runner.read('block-source', 'ip:198.51.100.7');
    assert.deepEqual([report?.row.run, report?.row.triggerCount], [1, 2]);
    assert.deepEqual(at.sent, ['list.block', 'source.block'], 'each once');
  });
});

describe('a saga that is cancelled', () => {
  test('takes back what it did: a block is lifted, the last step first', async () => {
    const at = await world({ block: 'block-source' }, { by: 'ip', durationMs: 3_600_000 });
    await at.rig.decide(transactionOf('t1', { ip: '198.51.100.7' }), ['block']);
    await quiet();
    const id = 'ip:198.51.100.7';
    const row = await at.rig.runner.order({ kind: 'block-source', id, command: 'cancel', by: 'alice', input: {} });
    assert.equal(row.kind, 'block-source');
    await quiet();
    const report = await at.rig.runner.read('block-source', id);
    assert.deepEqual([report?.row.status, report?.row.isOpen], ['lifted', false]);
    assert.deepEqual(at.sent.slice(-2), ['source.unblock', 'list.unblock']);
    const again = at.rig.runner.order({ kind: 'block-source', id, command: 'cancel', by: 'alice', input: {} });
    await assert.rejects(again, { code: 'SAGA_REFUSED' });
  });

  test('is a challenge that is withdrawn before it was sent: nothing goes out any more', async () => {
    const at = await world({ ask: 'step-up' });
    at.answer = { outcome: 'failed', code: 503, detail: 'down', pauseMs: 0 };
    await at.rig.decide(transactionOf('t1'), ['ask']);
    await quiet();
    await at.rig.runner.order({ kind: 'step-up', id: 't1', command: 'cancel', by: 'alice', input: {} });
    at.rig.clock.advance(3_600_000);
    await quiet();
    const report = await at.rig.runner.read('step-up', 't1');
    assert.deepEqual([report?.row.status, report?.row.isOpen, report?.data.by], ['abandoned', false, 'alice']);
    assert.deepEqual(at.sent, ['challenge.request']);
  });

  test('is not a freeze, whatever state it is in', async () => {
    const at = await world({ freeze: 'freeze-card' });
    at.answer = { outcome: 'failed', code: 503, detail: 'down', pauseMs: 0 };
    await at.rig.decide(transactionOf('t1', { cardId: 'c1' }), ['freeze']);
    await quiet();
    const order = { kind: 'freeze-card', id: 'c1', command: 'cancel', by: 'alice', input: {} } as const;
    await assert.rejects(at.rig.runner.order(order), { code: 'SAGA_REFUSED' });
    at.answer = CONFIRMED;
    at.rig.clock.advance(60_000);
    await quiet();
    await assert.rejects(at.rig.runner.order(order), { code: 'SAGA_REFUSED' });
    assert.equal((await at.rig.runner.read('freeze-card', 'c1'))?.row.status, 'frozen');
  });
});
