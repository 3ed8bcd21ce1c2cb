import { evolveProfile, initialProfile, lifecycleEventOfFact } from '../../src/domain/evolve-profile.ts';
import type { EntityEvent, EntityProfile, LifecycleEventType } from '../../src/domain/profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { accountMachine } from './account.machine.ts';

function lifecycleEventOf(profile: EntityProfile, event: EntityEvent): LifecycleEventType | null {
  if (event.type === 'LoginRecorded') return event.alerted ? 'concern' : null;
  return lifecycleEventOfFact(profile, event);
}

/** An account as the host runs it. */
export const accountActor: ActorDefinition<typeof accountMachine> = {
  kind: 'account',
  machine: accountMachine,
  initialProfile: initialProfile('normal'),
  lifecycleEventOf,
  evolve: evolveProfile,
};
