import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runSagasList, runSagasRetry, runSagasShow } from '../../src/cli/saga-commands.ts';
import { captureIo } from '../cli/captured-io.ts';
import { drivesNode } from './engine-process.ts';
import { paymentText } from './http-caller.ts';
import { type Json, onSandboxedEngine, type SandboxedEngine } from './sandboxed-engine.ts';

const RULESET = `name: steered
currency: { base: EUR, rates: {} }
features: {}
rules:
  - id: large
    when: event.amount > 10
    outcome: decline
    reason: LARGE
    respond: [freeze-card, block-device]
policy:
  fallback: [{ outcome: decline }]
`;

/** A member of an answer that is a list of objects. */
function listOf(answer: Json, name: string): Json[] {
  const found: unknown = answer[name];
  return Array.isArray(found) ? found : assert.fail(`${name} is no list: ${JSON.stringify(answer)}`);
}

/** Asks for a saga until it is as wanted. */
async function untilSaga(engine: SandboxedEngine, path: string, isWanted: (saga: Json) => boolean): Promise<Json> {
  for (;;) {
    const report = await engine.get(`/v1/sagas/${path}`);
    const { saga } = report;
    if (typeof saga === 'object' && saga !== null && isWanted({ ...saga })) return report;
    await sleep(20);
  }
}

async function decline({ caller }: SandboxedEngine): Promise<void> {
  const answer = await caller.authorize(paymentText('p1', { occurredAt: new Date().toISOString() }));
  assert.equal(JSON.parse(answer.text).outcome, 'decline', answer.text);
}

describe('sagas that are seen and steered', { skip: drivesNode, concurrency: true }, () => {
  test('are listed by kind, state, id and age, and shown with every attempt and their machine', () =>
    onSandboxedEngine(RULESET, {}, async (engine) => {
      engine.world.behaviours.set('card-processor', 'error');
      await decline(engine);
      const report = await untilSaga(engine, 'freeze-card/card-1', ({ attempts }) => Number(attempts) > 1);
      const listed = async (query: string) => {
        const answer = await engine.get(`/v1/sagas?${query}`);
        return listOf(answer, 'sagas').map(({ kind, id }) => `${kind} ${id}`);
      };
      const freeze = ['freeze-card card-1'];
      const both = ['block-source device:device-1', ...freeze];
      while ((await listed('')).toSorted().join() !== both.join()) await sleep(20);
      for (const query of ['kind=freeze-card', 'state=freezing', 'id=card-1', 'kind=freeze-card&olderThanS=0'])
        assert.deepEqual(await listed(query), freeze, query);
      for (const query of ['kind=alert', 'state=frozen', 'id=card-2', 'olderThanS=3600'])
        assert.deepEqual(await listed(query), [], query);
      const attempts = listOf(report, 'history')
        .map(({ stimulus }) => stimulus)
        .filter((stimulus): stimulus is Json => typeof stimulus === 'object' && stimulus !== null)
        .filter(({ type, step }) => type === 'attempt' && step === 'freeze');
      // One that a slow machine did not answer in time has no code.
      const attempt = attempts.find(({ code }) => code !== 0);
      assert.deepEqual([attempt?.outcome, attempt?.code, attempt?.detail], ['failed', 500, '{"error":"as told"}']);
      assert.ok(Number(attempt?.latencyMs) > 0 && Number.isFinite(Date.parse(String(attempt?.startedAt))));
      assert.match(String(report.diagram), /stateDiagram-v2/);
      const shown = captureIo();
      assert.equal(await runSagasShow(['freeze-card', 'card-1', '--url', engine.url], shown.io), 0);
      assert.match(shown.stdout(), /500/);
      const table = captureIo();
      assert.equal(await runSagasList(['--kind', 'freeze-card', '--url', engine.url], table.io), 0);
      assert.match(table.stdout(), /card-1\s+freezing[\s\S]*1 of 1/);
    }));

  test('are retried at once, call a person, and are cancelled where that may be', () =>
    onSandboxedEngine(RULESET, {}, async (engine) => {
      const { world } = engine;
      world.behaviours.set('card-processor', 'gone');
      await decline(engine);
      await untilSaga(engine, 'freeze-card/card-1', ({ isEscalated }) => isEscalated === true);
      world.behaviours.set('card-processor', 'ok');
      const retried = captureIo();
      assert.equal(await runSagasRetry(['freeze-card', 'card-1', '--url', engine.url], retried.io), 0);
      await untilSaga(engine, 'freeze-card/card-1', ({ state }) => state === 'frozen');
      assert.deepEqual([...world.frozenCards], ['card-1']);
      const order = (path: string) => engine.post(`/v1/sagas/${path}`, { by: 'alice' });
      assert.equal((await order('freeze-card/card-1/cancel')).status, 409, 'a freeze is not taken back');

      await untilSaga(engine, 'block-source/device:device-1', ({ state }) => state === 'blocked');
      assert.equal((await order('block-source/device:device-1/escalate')).status, 200);
      await untilSaga(engine, 'alert/saga:block-source:device:device-1', ({ state }) => state === 'raised');
      assert.equal((await order('block-source/device:device-1/cancel')).status, 200);
      await untilSaga(engine, 'block-source/device:device-1', ({ state, isOpen }) => state === 'lifted' && !isOpen);
      assert.deepEqual([world.effects.get('source.block'), world.effects.get('source.unblock')], [1, 1]);
    }));
});
