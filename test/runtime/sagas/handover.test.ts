import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemorySagaIndex } from '../../../src/adapters/memory/memory-saga-index.ts';
import { SAGA_DEFINITIONS } from '../../../src/cli/saga-kinds.ts';
import type { OutboundAnswer, OutboundCommand } from '../../../src/ports/outbound.ts';
import { DutySagas } from '../../../src/runtime/sagas/duty-sagas.ts';
import { sagaKindsOf } from '../../../src/runtime/sagas/saga-rules.ts';
import { SagaStandby } from '../../../src/runtime/sagas/saga-standby.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { EVERY_SAGA } from '../../support/saga-queries.ts';
import { openSagaRig, quiet, respondWith, type SagaRig } from '../../support/saga-rig.ts';
import { SimulatedClock } from '../../support/simulated-clock.ts';

const RESPONSES = respondWith({ freeze: 'freeze-card' });
const ENDPOINTS = ['card-processor', 'engine', 'notifier', 'case-desk', 'identity-provider'];
const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

const CONFIRMED: OutboundAnswer = { outcome: 'confirmed', code: 200, detail: '', pauseMs: 0 };
const FAILED: OutboundAnswer = { outcome: 'failed', code: 0, detail: 'down', pauseMs: 0 };

/** Two processes that both run the sagas of one log for a while. */
async function overlapping() {
  const sent: string[] = [];
  const clock = new SimulatedClock();
  let isDown = true;
  const outbound = (name: string) => ({
    deliver: async ({ effectId }: OutboundCommand): Promise<OutboundAnswer> => {
      sent.push(`${name} ${effectId}`);
      return isDown ? FAILED : CONFIRMED;
    },
  });
  const base = { clock, responses: RESPONSES, endpoints: ENDPOINTS };
  const first = await openSagaRig({ ...base, outbound: outbound('first') });
  const { log } = first;
  const second = await openSagaRig({ ...base, log, outbound: outbound('second'), seed: 2 });
  const rise = (): void => {
    isDown = false;
  };
  return { sent, clock, first, second, log, rise };
}

async function pass({ clock }: Pick<SagaRig, 'clock'>, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1_000) {
    clock.advance(1_000);
    await quiet();
  }
}

describe('sagas that change hands', () => {
  test('are finished by who takes over, also those that the one before began meanwhile', async () => {
    const { first, second, rise, sent } = await overlapping();
    for (let index = 0; index < 8; index++) {
      await first.decide(transactionOf(`t-${index}`, { cardId: `card-${index}` }), ['freeze']);
      await quiet();
    }
    await first.runner.start({
      kind: 'freeze-card',
      id: 'card-by-hand',
      requestId: 'r1',
      source: 'api',
      by: 'alice',
      reasons: [],
      input: {},
    });
    await quiet();
    await first.runner.close();
    sent.length = 0;
    rise();
    await pass(second, 120_000);
    const { rows } = await second.runner.list(EVERY_SAGA);
    const cards = rows.filter(({ kind }) => kind === 'freeze-card');
    assert.deepEqual(
      cards.map(({ id, status }) => `${id} ${status}`).toSorted(),
      ['card-by-hand', ...Array.from({ length: 8 }, (_, index) => `card-${index}`)]
        .map((id) => `${id} frozen`)
        .toSorted(),
    );
    assert.ok(sent.every((each) => each.startsWith('second ')));
    await second.runner.close();
  });

  test('send nothing from a process that may not act any more', async () => {
    const sent: string[] = [];
    const rig = await openSagaRig({
      responses: RESPONSES,
      endpoints: ENDPOINTS,
      mayAct: async () => false,
      outbound: {
        deliver: async ({ effectId }) => {
          sent.push(effectId);
          return CONFIRMED;
        },
      },
    });
    await rig.decide(transactionOf('t-1'), ['freeze']);
    await pass(rig, 10_000);
    assert.deepEqual(sent, []);
    await rig.runner.close();
  });

  test('are known to who stands by, and steered only where they run', async () => {
    const { first, second, log, clock } = await overlapping();
    await second.runner.close();
    const kinds = sagaKindsOf(SAGA_DEFINITIONS);
    const index = new MemorySagaIndex();
    const followed = async (): Promise<number> => first.runner.followedPosition;
    const standby = await SagaStandby.open({ log, index, kinds, followed, clock, logger: SILENT });
    const sagas = new DutySagas(log, kinds);
    sagas.standby = standby;
    await first.decide(transactionOf('t-1', { cardId: 'card-1' }), ['freeze']);
    await first.decide(transactionOf('t-2', { cardId: 'card-2' }), []);
    await quiet();
    await pass(first, 3_000);
    const { rows } = await sagas.list({ ...EVERY_SAGA, kind: 'freeze-card' });
    assert.deepEqual(
      rows.map(({ id }) => id),
      ['card-1'],
    );
    assert.equal((await sagas.read('freeze-card', 'card-1'))?.row.id, 'card-1');
    assert.ok((await index.load()).position >= 3);
    const order = { kind: 'freeze-card', id: 'card-1', command: 'retry', by: 'alice', input: {} } as const;
    await assert.rejects(sagas.order(order), { code: 'SAGAS_ELSEWHERE' });
    await first.runner.close();
    await standby.close();
  });
});
