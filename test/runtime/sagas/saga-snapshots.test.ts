import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SAGA_DEFINITIONS } from '../../../src/cli/saga-kinds.ts';
import { encodeSagaState, parseSagaState } from '../../../src/codec/mod.ts';
import { sagaStreamOf } from '../../../src/domain/sagas.ts';
import type { EventLog } from '../../../src/ports/event-log.ts';
import type { OutboundAnswer, OutboundCommand } from '../../../src/ports/outbound.ts';
import { tabulateSaga } from '../../../src/runtime/sagas/saga-chart.ts';
import { loadSaga, type SagaKind } from '../../../src/runtime/sagas/saga-loader.ts';
import { SAGA_SNAPSHOT_SCHEMA } from '../../../src/runtime/sagas/saga-snapshot.ts';
import { transactionOf } from '../../support/event-builders.ts';
import { openSagaRig, quiet, respondWith, type SagaRig } from '../../support/saga-rig.ts';

const RETRY_MS = 11 * 60_000;
const ATTEMPTS = 400;
const responses = respondWith({ freeze: 'freeze-card' });
const ENDPOINTS = ['engine', 'card-processor', 'notifier', 'cases'];

function kindOf(kind: string): SagaKind {
  const definition = SAGA_DEFINITIONS.find((each) => each.kind === kind) ?? assert.fail(kind);
  return { definition, chart: tabulateSaga(kind, definition.machine) };
}

/** The log as if no snapshot had ever been kept. */
function withoutSnapshots(log: EventLog): Pick<EventLog, 'mayHaveRecord' | 'readImage'> {
  return { mayHaveRecord: (id) => log.mayHaveRecord(id), readImage: (stream) => log.readImage(stream, 'none') };
}

/** A processor that is down for a long time, and a card that is to be frozen meanwhile. */
async function longOutage(): Promise<{ rig: SagaRig; state: { answer: OutboundAnswer; sent: OutboundCommand[] } }> {
  const down: OutboundAnswer = { outcome: 'failed', code: 503, detail: 'down', pauseMs: 0 };
  const state = { answer: down, sent: [] as OutboundCommand[] };
  const outbound = {
    deliver: (command: OutboundCommand) => {
      state.sent.push(command);
      const isUp = command.endpoint === 'engine';
      return Promise.resolve(isUp ? { ...state.answer, outcome: 'confirmed' as const } : state.answer);
    },
  };
  const rig = await openSagaRig({ outbound, endpoints: ENDPOINTS, responses });
  await rig.decide(transactionOf('t1', { cardId: 'c1' }), ['freeze']);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    rig.clock.advance(RETRY_MS);
    await quiet();
  }
  return { rig, state };
}

describe('a saga with a long history', () => {
  test('is read from its newest snapshot and a bounded number of steps, the same as from all of them', async () => {
    const { rig, state } = await longOutage();
    const stream = sagaStreamOf('freeze-card', 'c1');
    const whole = await rig.log.readImage(stream, 'none');
    assert.ok(whole.records.length >= ATTEMPTS, `${whole.records.length} steps`);
    const image = await rig.log.readImage(stream, SAGA_SNAPSHOT_SCHEMA);
    assert.ok(image.snapshot !== null && image.records.length <= 64, `${image.records.length} steps to fold`);
    const kind = kindOf('freeze-card');
    const folded = await loadSaga(withoutSnapshots(rig.log), kind, 'c1');
    assert.deepEqual(await loadSaga(rig.log, kind, 'c1'), folded);
    assert.deepEqual(parseSagaState(encodeSagaState(folded)), folded);
    // The next life goes on with it.
    rig.clock.forgetTimers();
    state.answer = { ...state.answer, outcome: 'confirmed', code: 200 };
    const { log, index, clock } = rig;
    const outbound = { deliver: () => Promise.resolve(state.answer) };
    const next = await openSagaRig({ log, index, clock, outbound, endpoints: ENDPOINTS, responses });
    clock.advance(RETRY_MS);
    await quiet();
    const report = await next.runner.read('freeze-card', 'c1');
    assert.deepEqual([report?.row.status, report?.row.isOpen], ['frozen', false]);
    assert.deepEqual(await loadSaga(log, kind, 'c1'), await loadSaga(withoutSnapshots(log), kind, 'c1'));
  });

  test('is folded from all its steps where its snapshot is damaged or of another form', async () => {
    const { rig } = await longOutage();
    const kind = kindOf('freeze-card');
    const folded = await loadSaga(withoutSnapshots(rig.log), kind, 'c1');
    const stream = sagaStreamOf('freeze-card', 'c1');
    for (const text of ['{"kind":"freeze-card"}', '{', '']) {
      const bytes = new TextEncoder().encode(text);
      rig.log.writeSnapshot({ stream, revision: folded.revision, schema: SAGA_SNAPSHOT_SCHEMA, state: bytes });
      assert.deepEqual(await loadSaga(rig.log, kind, 'c1'), folded);
    }
  });
});
