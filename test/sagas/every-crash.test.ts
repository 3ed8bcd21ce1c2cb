import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ResponseMap } from '../../src/runtime/sagas/asking-facts.ts';
import { transactionOf } from '../support/event-builders.ts';
import { respondWith } from '../support/saga-rig.ts';
import { REPLIES, SagaWorld } from './saga-world.ts';

const HOUR_MS = 3_600_000;
const CARD = 'card-tok-1';
const PAYMENT = transactionOf('t1', {
  cardId: CARD,
  accountId: 'acc-1',
  deviceId: 'dev-1',
  ip: '198.51.100.7',
  merchantId: 'mer-1',
  bin: '424242',
});

type Scenario = {
  readonly name: string;
  readonly responses: Partial<ResponseMap>;
  /** Drives the world to the end, and tells the end states that are right. */
  readonly play: (world: SagaWorld) => Promise<void>;
  /** Types of the effects that have to be carried out, each once. */
  readonly effects: readonly string[];
};

function responses(name: string, saga: string, options = {}): Partial<ResponseMap> {
  return { byName: new Map([[name, { saga, options }]]) };
}

async function asks(world: SagaWorld, response: string): Promise<void> {
  await world.happens((rig) => rig.decide(PAYMENT, [response]));
}

/** Kinds and ends: a late reply may come after a person was called, which is right too. */
const SCENARIOS: readonly Scenario[] = [
  {
    name: 'freeze-card',
    responses: respondWith({ freeze: 'freeze-card' }),
    effects: ['card.freeze', 'cardholder.notify', 'case.open', 'entity.status'],
    play: async (world) => {
      await asks(world, 'freeze');
      const { row } = await world.ends('freeze-card', CARD, HOUR_MS);
      assert.equal(row.status, 'frozen');
      assert.ok(world.frozen.has(CARD));
    },
  },
  {
    name: 'invalidate-sessions',
    responses: respondWith({ sessions: 'invalidate-sessions' }),
    effects: ['list.block', 'sessions.revoke'],
    play: async (world) => {
      await asks(world, 'sessions');
      assert.equal((await world.ends('invalidate-sessions', 'acc-1', HOUR_MS)).row.status, 'revoked');
    },
  },
  {
    name: 'step-up that is passed',
    responses: responses('challenge', 'step-up'),
    effects: ['challenge.request', 'entity.signal', 'entity.status'],
    play: async (world) => {
      await asks(world, 'challenge');
      await world.pass(20_000);
      await world.order({ kind: 'step-up', id: 't1', command: 'outcome', by: 'bank', input: { outcome: 'passed' } });
      assert.equal((await world.ends('step-up', 't1', HOUR_MS)).row.status, 'passed');
    },
  },
  {
    name: 'step-up that nobody answers in time',
    responses: responses('challenge', 'step-up'),
    effects: ['challenge.request', 'entity.signal', 'entity.signal'],
    play: async (world) => {
      await asks(world, 'challenge');
      assert.equal((await world.ends('step-up', 't1', HOUR_MS)).row.status, 'lapsed');
      await world.order({ kind: 'step-up', id: 't1', command: 'outcome', by: 'bank', input: { outcome: 'passed' } });
      assert.equal((await world.ends('step-up', 't1', HOUR_MS)).row.status, 'passed_late');
    },
  },
  {
    name: 'block-source',
    responses: responses('block', 'block-source', { by: 'ip', durationMs: 5 * 60_000 }),
    effects: ['list.block', 'list.unblock', 'source.block', 'source.unblock'],
    play: async (world) => {
      await asks(world, 'block');
      const { row } = await world.ends('block-source', 'ip:198.51.100.7', HOUR_MS);
      assert.equal(row.status, 'expired');
      const undone = world.carriedOut.map(({ type }) => type).filter((type) => type.endsWith('unblock'));
      assert.deepEqual(undone, ['source.unblock', 'list.unblock'], 'the last one first');
    },
  },
  {
    name: 'alert',
    responses: responses('alert', 'alert', { severity: 'error' }),
    effects: ['alert.raise', 'alert.resolve'],
    play: async (world) => {
      await asks(world, 'alert');
      assert.equal((await world.ends('alert', 'impossible-travel', HOUR_MS)).row.status, 'closed');
    },
  },
  {
    name: 'reversal',
    responses: responses('reverse', 'reversal'),
    effects: ['authorization.reverse', 'authorization.reversed'],
    play: async (world) => {
      await asks(world, 'reverse');
      assert.equal((await world.ends('reversal', 't1', HOUR_MS)).row.status, 'reversed');
    },
  },
  {
    name: 'unfreeze-card',
    responses: respondWith({ freeze: 'freeze-card' }),
    effects: ['card.freeze', 'card.unfreeze', 'cardholder.notify', 'case.open', 'entity.status', 'entity.status'],
    play: async (world) => {
      await asks(world, 'freeze');
      const { row } = await world.ends('freeze-card', CARD, HOUR_MS);
      await world.start({
        kind: 'unfreeze-card',
        id: CARD,
        requestId: 'release-1',
        source: 'analyst',
        by: 'alice',
        reasons: [],
        input: { expectedRevision: row.revision },
      });
      await world.order({ kind: 'unfreeze-card', id: CARD, command: 'approve', by: 'bob', input: {} });
      assert.equal((await world.ends('unfreeze-card', CARD, HOUR_MS)).row.status, 'released');
      assert.deepEqual(world.unfrozen, [CARD]);
    },
  },
];

const ROUTE = { name: 'pager', endpoint: 'pager', severityMin: 'info', resolves: true };
const OPTIONS = new Map([['alert', { routes: [ROUTE] }]]);

async function play(
  scenario: Scenario,
  options: Omit<ConstructorParameters<typeof SagaWorld>[0], 'responses'>,
): Promise<SagaWorld> {
  const world = new SagaWorld({ ...options, responses: scenario.responses, options: OPTIONS });
  await world.open();
  await scenario.play(world);
  // What a person was called for is an effect beside those of the scenario.
  const done = world.carriedOut.filter(
    ({ sagaKind, type }) => sagaKind !== 'alert' || scenario.name === 'alert' || type !== 'alert.raise',
  );
  assert.deepEqual(done.map(({ type }) => type).sort(), scenario.effects);
  const ids = world.carriedOut.map(({ effectId }) => effectId);
  assert.equal(new Set(ids).size, ids.length, 'each effect is carried out once');
  if (scenario.name !== 'unfreeze-card') assert.deepEqual(world.unfrozen, [], 'nothing is released by itself');
  return world;
}

describe('a saga that is crashed at every boundary, with every kind of reply', () => {
  for (const scenario of SCENARIOS) {
    for (const reply of REPLIES) {
      test(`${scenario.name}, replies ${reply}: comes to its right end, each effect once`, async () => {
        const { boundaries, attempts, carriedOut } = await play(scenario, { reply, crash: null });
        // Without the receivers' deduplication a lost reply would do everything twice.
        if (reply === 'lost') assert.ok(attempts.length > carriedOut.length);
        assert.ok(boundaries >= 4, `${boundaries} boundaries`);
        let crashes = 0;
        for (let at = 1; at <= boundaries; at++) {
          for (const isDurable of [false, true]) {
            const losesIndex = at % 2 === 0;
            const world = await play(scenario, { reply, crash: { at, isDurable }, losesIndex });
            crashes += world.crashes;
          }
        }
        assert.ok(crashes > boundaries, `${crashes} crashes over ${boundaries} boundaries`);
      });
    }
  }
});
