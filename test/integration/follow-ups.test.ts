import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { postText, RawClient } from '../http/raw-client.ts';
import { drivesNode } from './engine-process.ts';
import { paymentText } from './http-caller.ts';
import { onSandboxedEngine, type SandboxedEngine } from './sandboxed-engine.ts';

const RULESET = `name: follow-ups
currency: { base: EUR, rates: {} }
features:
  device.passed_1h: { on: signal, where: 'event.type == "challenge_passed"', aggregate: count, window: sliding 1h }
  device.late_1h: { on: signal, where: 'event.type == "challenge_passed_late"', aggregate: count, window: sliding 1h }
  account.failed_1h: { on: signal, where: 'event.type == "challenge_failed"', aggregate: count, window: sliding 1h }
  account.left_1h: { on: signal, where: 'event.type == "challenge_abandoned"', aggregate: count, window: sliding 1h }
rules:
  - { id: above-ten, when: event.amount > 10, outcome: challenge, score: 10, reason: ABOVE_TEN }
policy:
  thresholds: { challenge: 80, review: 90, decline: 100 }
  fallback: [{ outcome: review }]
`;
/** On a slow machine the deadline of an approval may pass: then it is the fallback that approves. */
const APPROVING = RULESET.replace('outcome: review }]', 'outcome: approve }]');
const CHALLENGES = { outcomes: { challenge: { saga: 'step-up' } } };
const ATTEMPTS = 50;
const LOOK_MS = 20;

async function challenge({ caller }: SandboxedEngine, id: string, changes: object = {}): Promise<string> {
  const occurredAt = new Date().toISOString();
  const answer = await caller.authorize(paymentText(id, { occurredAt, ...changes }));
  assert.equal(JSON.parse(answer.text).outcome, 'challenge', answer.text);
  return answer.text;
}

async function tell(engine: SandboxedEngine, id: string, outcome: string): Promise<number> {
  await engine.untilFollowedBy(id, ({ kind }) => kind === 'step-up');
  const order = { by: 'authenticator', input: { outcome } };
  return (await engine.post(`/v1/sagas/step-up/${id}/outcome`, order)).status;
}

async function window(engine: SandboxedEngine, path: string, feature: string): Promise<unknown> {
  const { windows } = await engine.get(path);
  return typeof windows === 'object' && windows !== null ? Reflect.get(windows, feature) : undefined;
}

/** Asks until a window has a value: the outcome is an effect of its own. */
async function untilWindow(engine: SandboxedEngine, path: string, feature: string, value: number): Promise<void> {
  while ((await window(engine, path, feature)) !== value) await sleep(LOOK_MS);
}

describe('what follows from a decision', { skip: drivesNode, concurrency: true }, () => {
  test('is told with it: a challenge that was passed or failed, and its windows know', () =>
    onSandboxedEngine(RULESET, CHALLENGES, async (engine) => {
      const text = await challenge(engine, 'p1');
      assert.equal(await tell(engine, 'p1', 'passed'), 200);
      const passed = await engine.untilFollowedBy('p1', ({ isOpen }) => isOpen === false);
      assert.deepEqual([passed.kind, passed.state, passed.outcome], ['step-up', 'passed', 'passed']);
      const read = (await engine.caller.get('/v1/authorizations/p1')).text;
      assert.ok(read.startsWith(text.slice(0, -1)), 'the decision stands as it was answered');
      await untilWindow(engine, '/v1/devices/device-1', 'passed_1h', 1);
      // Without a device the account learns it all the same.
      await challenge(engine, 'p2', { deviceId: undefined, cardId: 'card-2', accountId: 'account-2' });
      assert.equal(await tell(engine, 'p2', 'failed'), 200);
      await engine.untilFollowedBy('p2', ({ state, isOpen }) => state === 'failed' && isOpen === false);
      await untilWindow(engine, '/v1/accounts/account-2', 'failed_1h', 1);
      while ((await engine.get('/v1/cards/card-2')).status !== 'watched') await sleep(LOOK_MS);
      await challenge(engine, 'p3', { accountId: 'account-3' });
      assert.equal(await tell(engine, 'p3', 'abandoned'), 200);
      await engine.untilFollowedBy('p3', ({ outcome, isOpen }) => outcome === 'abandoned' && isOpen === false);
      await untilWindow(engine, '/v1/accounts/account-3', 'left_1h', 1);
      assert.equal(await tell(engine, 'p1', 'failed'), 409, 'an outcome stands');
    }));

  test('is told as late where a challenge is passed after its deadline, and clears nothing', () =>
    onSandboxedEngine(RULESET, { ...CHALLENGES, sagas: { 'step-up': { deadline: '50ms' } } }, async (engine) => {
      await challenge(engine, 'p1');
      const lapsed = await engine.untilFollowedBy('p1', ({ state }) => state === 'lapsed');
      assert.equal(lapsed.outcome, 'lapsed');
      await untilWindow(engine, '/v1/accounts/account-1', 'left_1h', 1);
      assert.equal(await tell(engine, 'p1', 'passed'), 200);
      const late = await engine.untilFollowedBy(
        'p1',
        ({ state, isOpen }) => state === 'passed_late' && isOpen === false,
      );
      assert.deepEqual([late.outcome, late.lateOutcome], ['lapsed', 'passed']);
      await untilWindow(engine, '/v1/devices/device-1', 'late_1h', 1);
      assert.equal(await window(engine, '/v1/devices/device-1', 'passed_1h'), 0);
    }));

  test('is the reversal of an approval whose caller was gone, and who asks later is told', () =>
    onSandboxedEngine(APPROVING, {}, async (engine) => {
      const lost = await loseApproval(engine);
      const reversal = await engine.untilFollowedBy(lost.id, ({ isOpen }) => isOpen === false);
      assert.deepEqual([reversal.kind, reversal.state, reversal.why], ['reversal', 'reversed', 'approval_unheard']);
      assert.equal(engine.world.effects.get('authorization.reverse'), 1);
      assert.equal(engine.world.effects.get('authorization.reversed'), 1);
      const again = await engine.caller.authorize(lost.body);
      assert.deepEqual(
        [JSON.parse(again.text).outcome, again.headers['palisade-repeated'], again.headers['palisade-reversal']],
        ['approve', 'true', 'reversed'],
      );
    }));
});

/** Sends a payment that is approved and leaves at once, again and again until its answer was not written in time. */
async function loseApproval(engine: SandboxedEngine): Promise<{ readonly id: string; readonly body: string }> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const id = `lost-${attempt}`;
    const body = paymentText(id, { amountMinor: 500, occurredAt: new Date().toISOString() });
    const client = await RawClient.open(engine.url);
    client.write(postText('/v1/authorizations', body, ['X-Deadline-Ms: 500']));
    client.end();
    if ((await client.untilEnd()) === '') return { id, body };
  }
  assert.fail(`every one of ${ATTEMPTS} answers was written in time`);
}
