import { initialProfile, seenAt } from '../../src/domain/evolve-profile.ts';
import type { EntityProfile } from '../../src/domain/profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { keyMachine } from './key.machine.ts';

/** A bin, a country or a pair as the host runs it: besides its windows it remembers when it was first seen. */
export const keyActor: ActorDefinition<typeof keyMachine> = {
  kind: 'key',
  machine: keyMachine,
  initialProfile: initialProfile('active'),
  lifecycleEventOf: () => null,
  evolve: (before, event): EntityProfile => seenAt(before, event.atMs),
};
