import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isPalisadeError } from '../../src/domain/errors.ts';
import type { SagaStart } from '../../src/ports/saga-door.ts';
import { transactionOf } from '../support/event-builders.ts';
import { respondWith } from '../support/saga-rig.ts';
import { REPLIES, SagaWorld } from './saga-world.ts';

const HOUR_MS = 3_600_000;
const CARD = 'card-tok-1';
const responses = respondWith({ freeze: 'freeze-card', alert: 'alert' });

function releaseOf(expectedRevision: number, by = 'alice'): SagaStart {
  const input = { expectedRevision };
  return { kind: 'unfreeze-card', id: CARD, requestId: `r-${by}`, source: 'analyst', by, reasons: [], input };
}

async function frozenWorld(options: Partial<ConstructorParameters<typeof SagaWorld>[0]> = {}): Promise<SagaWorld> {
  const world = new SagaWorld({ reply: 'prompt', crash: null, responses, ...options });
  await world.open();
  await world.happens((rig) => rig.decide(transactionOf('t1', { cardId: CARD }), ['freeze']));
  await world.ends('freeze-card', CARD, HOUR_MS);
  return world;
}

describe('a release', () => {
  test('that names an older revision than that of the freeze is refused', async () => {
    const world = await frozenWorld();
    const report = await world.rig.runner.read('freeze-card', CARD);
    await world.happens((rig) => rig.decide(transactionOf('t2', { cardId: CARD }), ['freeze']));
    const seen = report?.row.revision ?? -1;
    const refused = world.rig.runner.start(releaseOf(seen));
    await assert.rejects(refused, (error) => isPalisadeError(error, 'LOG_REVISION_CONFLICT'));
    assert.ok(world.frozen.has(CARD));
  });

  test('needs a second person', async () => {
    const world = await frozenWorld();
    const report = await world.rig.runner.read('freeze-card', CARD);
    await world.start(releaseOf(report?.row.revision ?? -1));
    const order = { kind: 'unfreeze-card', id: CARD, command: 'approve', input: {} } as const;
    for (const by of ['alice', '']) {
      await assert.rejects(world.rig.runner.order({ ...order, by }), (error) => isPalisadeError(error, 'SAGA_REFUSED'));
    }
    await world.order({ ...order, by: 'bob' });
    assert.equal((await world.ends('unfreeze-card', CARD, HOUR_MS)).row.status, 'released');
    assert.ok(!world.frozen.has(CARD));
    assert.equal((await world.rig.runner.read('freeze-card', CARD))?.row.status, 'released');
  });

  test('expires where nobody approves it', async () => {
    const world = await frozenWorld();
    const report = await world.rig.runner.read('freeze-card', CARD);
    await world.start(releaseOf(report?.row.revision ?? -1));
    assert.equal((await world.ends('unfreeze-card', CARD, 2 * HOUR_MS)).row.status, 'expired');
    assert.deepEqual(world.unfrozen, []);
  });

  for (const reply of REPLIES) {
    test(`loses against a newer freeze, crashed at every boundary, replies ${reply}`, async () => {
      const run = async (at: number, isDurable: boolean): Promise<SagaWorld> => {
        const world = await frozenWorld({ reply, crash: { at, isDurable } });
        const report = await world.rig.runner.read('freeze-card', CARD);
        await world.start(releaseOf(report?.row.revision ?? -1));
        world.down.add('card-processor');
        await world.order({ kind: 'unfreeze-card', id: CARD, command: 'approve', by: 'bob', input: {} });
        await world.happens((rig) => rig.decide(transactionOf('t2', { cardId: CARD }), ['freeze']));
        world.down.delete('card-processor');
        assert.equal((await world.ends('unfreeze-card', CARD, HOUR_MS)).row.status, 'superseded');
        await world.ends('freeze-card', CARD, HOUR_MS);
        assert.ok(world.frozen.has(CARD), 'the card stays frozen');
        const statuses = world.carriedOut.filter(({ type }) => type === 'entity.status').map(({ body }) => body.status);
        assert.ok(!statuses.includes('unfreeze'), 'and is not let pay here either');
        return world;
      };
      const { boundaries } = await run(0, false);
      for (let at = 1; at <= boundaries; at++) for (const isDurable of [false, true]) await run(at, isDurable);
    });
  }
});

describe('an endpoint that is dead for 75 hours', () => {
  test('costs nothing but time: each effect arrives once, those about one card in their order', async () => {
    const lane = { concurrency: 4 };
    const world = new SagaWorld({ reply: 'prompt', crash: null, responses, lane });
    await world.open();
    world.down.add('card-processor');
    const cards = Array.from({ length: 40 }, (_, index) => `card-${index}`);
    for (let hour = 0; hour < 75; hour++) {
      const cardId = cards[hour % cards.length] ?? '';
      await world.happens((rig) => rig.decide(transactionOf(`t-${hour}`, { cardId }), ['freeze']));
      for (let minute = 0; minute < 60; minute += 10) await world.pass(10 * 60_000);
    }
    assert.equal(world.attempts.filter(({ endpoint }) => endpoint === 'card-processor').length, 0);
    assert.equal(world.carriedOut.filter(({ type }) => type === 'entity.status').length, cards.length);
    world.down.delete('card-processor');
    for (const cardId of cards) await world.ends('freeze-card', cardId, HOUR_MS);
    const freezes = world.carriedOut.filter(({ type }) => type === 'card.freeze');
    assert.equal(freezes.length, cards.length, 'nothing is lost, nothing is doubled');
    const waited = await world.rig.runner.read('freeze-card', 'card-0');
    assert.ok((waited?.row.attempts ?? 0) < 3000, `${waited?.row.attempts} attempts: the breaker kept them away`);
    assert.equal(waited?.row.triggerCount, 2, 'a second reason joined the freeze that was under way');
  });

  test('delays nobody else', async () => {
    const world = new SagaWorld({ reply: 'prompt', crash: null, responses });
    await world.open();
    world.down.add('notifier');
    await world.happens((rig) => rig.decide(transactionOf('t1', { cardId: CARD }), ['freeze']));
    await world.pass(2_000);
    const types = world.carriedOut.map(({ type }) => type);
    assert.ok(types.includes('card.freeze') && types.includes('case.open'), types.join());
  });
});

describe('a storm of one pattern', () => {
  test('is one alert with a count, in few records', async () => {
    const options = new Map([['alert', { routes: [{ name: 'pager', endpoint: 'pager', severityMin: 'info' }] }]]);
    const world = new SagaWorld({ reply: 'prompt', crash: null, responses, options });
    await world.open();
    for (let payment = 0; payment < 500; payment++) {
      await world.rig.decide(transactionOf(`t-${payment}`), ['alert']);
      if (payment % 50 === 0) await world.pass(200);
    }
    await world.pass(10);
    await world.pass(2_000);
    const before = await world.rig.runner.read('alert', 'impossible-travel');
    assert.equal(before?.row.triggerCount, 500);
    assert.ok((before?.row.revision ?? 1e9) < 20, `${before?.row.revision} steps`);
    const { row } = await world.ends('alert', 'impossible-travel', 2 * HOUR_MS);
    assert.equal(row.triggerCount, 500);
    const notices = world.carriedOut.filter(({ type }) => type === 'alert.raise').map(({ body }) => body.count);
    assert.deepEqual(notices, [1, 500], 'one at once, one with the count');
  });
});
