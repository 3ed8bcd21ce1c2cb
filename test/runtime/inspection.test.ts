import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type AnyActorRef, createActor, type InspectionEvent } from 'xstate';
import { ENTITY_KINDS } from '../../src/domain/entities.ts';
import { LIFECYCLE_EVENTS } from '../../src/domain/profile.ts';
import { tabulateLifecycle } from '../../src/runtime/lifecycle.ts';
import { ACTOR_DEFINITIONS } from '../support/actor-definitions.ts';
import { startRig } from '../support/engine-rig.ts';
import { referenceOf, transactionOf } from '../support/event-builders.ts';

const LARGE = { amountMinor: 60_000 };

function told(events: readonly InspectionEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type !== '@xstate.event' || event.event.type === 'xstate.init') return [];
    return [`${(event.actorRef as AnyActorRef).id} ${event.event.type}`];
  });
}

describe("XState's inspection", () => {
  test('sees what every actor is told, and the statechart only where a status changes', async () => {
    const { engine, authorize } = await startRig();
    await authorize(transactionOf('t1'));
    const events: InspectionEvent[] = [];
    const stop = engine.inspect((event) => events.push(event));
    await authorize(transactionOf('t2'));
    assert.deepEqual(told(events), ['card-card-a settle', 'account-account-a settle']);
    events.length = 0;
    await authorize(transactionOf('t3', LARGE));
    assert.deepEqual(told(events), [
      'card-card-a settle',
      'card-card-a.lifecycle concern',
      'account-account-a settle',
      'account-account-a.lifecycle concern',
    ]);
    events.length = 0;
    stop();
    await authorize(transactionOf('t4'));
    assert.deepEqual(events, []);
  });

  test('sees the statuses that the reports tell', async () => {
    const { engine, authorize } = await startRig();
    const statuses: unknown[] = [];
    engine.inspect((event) => {
      if (event.type !== '@xstate.snapshot' && event.type !== '@xstate.microstep') return;
      const { snapshot } = event;
      if ('value' in snapshot) statuses.push(snapshot.value);
    });
    const reported: unknown[] = [];
    const note = async (): Promise<void> => {
      reported.push((await engine.readEntity('card', 'card-a'))?.status);
    };
    await authorize(transactionOf('t1', LARGE));
    await note();
    await engine.record(referenceOf('e1', { status: 'freeze' }));
    await note();
    await engine.record(referenceOf('e2', { status: 'unfreeze' }));
    await note();
    assert.deepEqual(reported, ['watched', 'frozen', 'watched']);
    for (const status of ['watched', 'frozen']) assert.ok(statuses.includes(status), `${status} was not inspected`);
  });

  test('finds no actor left behind where one left, nor its statechart', async () => {
    const { engine, authorize } = await startRig({ settings: { residentMax: 2 } });
    const actors = new Map<string, AnyActorRef>();
    engine.inspect((event) => {
      if (event.type === '@xstate.actor') actors.set((event.actorRef as AnyActorRef).id, event.actorRef as AnyActorRef);
    });
    await authorize(transactionOf('t1', LARGE));
    const lifecycle = actors.get('card-card-a.lifecycle');
    assert.equal(lifecycle?.getSnapshot().status, 'active');
    for (const id of ['t2', 't3']) await authorize(transactionOf(id, { cardId: id, accountId: id }));
    assert.equal(lifecycle?.getSnapshot().status, 'stopped');
    // A stopped actor takes no message any more.
    const card = actors.get('card-card-a');
    const before = JSON.stringify(card?.getSnapshot().state.profile);
    card?.send({ type: 'settle', event: { type: 'TransactionDecided', atMs: 1e15, outcome: 'decline' }, bits: 0 });
    assert.equal(JSON.stringify(card?.getSnapshot().state.profile), before);
  });
});

describe('the lifecycle table', () => {
  for (const kind of ENTITY_KINDS) {
    test(`of a ${kind} says what its machine does, after any events`, () => {
      const { machine, initialProfile } = ACTOR_DEFINITIONS[kind];
      const lifecycle = tabulateLifecycle(machine);
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...LIFECYCLE_EVENTS), { maxLength: 12 }), (events) => {
          const actor = createActor(machine).start();
          let status = initialProfile.status;
          assert.equal(actor.getSnapshot().value, status);
          for (const type of events) {
            actor.send({ type });
            status = lifecycle.next(status, type);
            assert.equal(status, actor.getSnapshot().value);
          }
        }),
      );
    });
  }

  test('leaves a status alone that its machine does not know', () => {
    const lifecycle = tabulateLifecycle(ACTOR_DEFINITIONS.card.machine);
    assert.equal(lifecycle.next('retired', 'freeze'), 'retired');
  });
});
