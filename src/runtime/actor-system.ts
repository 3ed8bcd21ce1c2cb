import {
  type ActorLogic,
  type ActorRef,
  type AnyActorRef,
  createActor,
  type InspectionEvent,
  type Snapshot,
} from 'xstate';
import type { EntityActor, EntityLogic, EntityState } from './entity-logic.ts';

/** Besides its own message the root hears from XState how its children end, which needs no answer. */
type RootMessage = { readonly type: 'passivate'; readonly child: AnyActorRef } | { readonly type: `xstate.${string}` };
type RootSnapshot = Snapshot<undefined>;

/** The root of the actor system: it only stops children, which XState lets a parent alone do. */
const rootLogic: ActorLogic<RootSnapshot, RootMessage> = {
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  getPersistedSnapshot: (snapshot) => snapshot,
  transition: (snapshot, message, scope) => {
    if (message.type === 'passivate') scope.stopChild(message.child);
    return snapshot;
  },
};

/** One XState system for every entity, so that one inspector sees them all and none pays for a system of its own. */
export type ActorSystem = {
  start(logic: EntityLogic, id: string, state: EntityState): EntityActor;
  stop(actor: EntityActor): void;
  /** Starts inspection, by XState's inspection API; answers how to end it. */
  inspect(observer: (event: InspectionEvent) => void): () => void;
};

/** Starts the root actor. */
export function createActorSystem(): ActorSystem {
  const root: ActorRef<RootSnapshot, RootMessage> = createActor(rootLogic, { id: 'palisade' }).start();
  return {
    start: (logic, id, state) => createActor(logic, { parent: root, id, input: state }).start(),
    stop: (actor) => root.send({ type: 'passivate', child: actor }),
    inspect: (observer) => {
      const subscription = root.system.inspect(observer);
      return () => subscription.unsubscribe();
    },
  };
}
