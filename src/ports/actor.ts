import type { EntityKind } from '../domain/entities.ts';
import type { EntityEvent, EntityProfile, LifecycleEventType } from '../domain/profile.ts';

/**
 * A kind of actor, as its room hands it to the host. `Machine` is the XState machine of its lifecycle; the port does
 * not know the library.
 */
export type ActorDefinition<Machine = unknown> = {
  /** `key` stands for all that is no entity: bins, countries and pairs. */
  readonly kind: EntityKind | 'key';
  /** The statechart: the one truth about which status follows which. Its states carry no context and no timers. */
  readonly machine: Machine;
  readonly initialProfile: EntityProfile;
  /** What a fact means for the lifecycle, or null where it means nothing. Pure. */
  readonly lifecycleEventOf: (profile: EntityProfile, event: EntityEvent) => LifecycleEventType | null;
  /**
   * The profile after a fact, `status` being what the machine made of it. Pure; answers the same object where nothing
   * changed, so that the common transaction allocates nothing.
   */
  readonly evolve: (profile: EntityProfile, event: EntityEvent, status: string) => EntityProfile;
};
