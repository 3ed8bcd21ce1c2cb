import { type AnyActorRef, type AnyStateMachine, createActor, getNextSnapshot } from 'xstate';
import { LIFECYCLE_EVENTS, type LifecycleEventType } from '../domain/profile.ts';

/** The live statechart of one entity, started when its status first changes while it is resident. */
export type LifecycleActor = AnyActorRef;

/** A machine as the hot path needs it: which status follows which, without a call into the library. */
export type Lifecycle = {
  readonly machine: AnyStateMachine;
  /** The status after an event; the same status where the machine does not react. O(1). */
  next(status: string, event: LifecycleEventType): string;
  /** Starts the statechart at a status, as a child of the entity's actor, so that inspection sees its transitions. */
  start(parent: AnyActorRef, entityId: string, status: string): LifecycleActor;
};

/**
 * Tabulates a machine once: every state against every event. A pure `transition` of the library costs 50 µs, a look-up
 * nothing, and the machine stays the only place where the transitions are written down.
 */
export function tabulateLifecycle(machine: AnyStateMachine): Lifecycle {
  const table = new Map<string, Map<LifecycleEventType, string>>();
  for (const status of Object.keys(machine.states)) {
    const row = new Map<LifecycleEventType, string>();
    for (const type of LIFECYCLE_EVENTS) {
      const before = machine.resolveState({ value: status, context: {} });
      row.set(type, String(getNextSnapshot(machine, before, { type }).value));
    }
    table.set(status, row);
  }
  return {
    machine,
    next: (status, event) => table.get(status)?.get(event) ?? status,
    start: (parent, entityId, status) => {
      const snapshot = machine.resolveState({ value: status, context: {} });
      return createActor(machine, { parent, id: `${entityId}.lifecycle`, snapshot }).start();
    },
  };
}
