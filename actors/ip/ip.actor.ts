import { evolveProfile, initialProfile, lifecycleEventOfOwner } from '../../src/domain/evolve-profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { ipMachine } from './ip.machine.ts';

/** An ip address as the host runs it. */
export const ipActor: ActorDefinition<typeof ipMachine> = {
  kind: 'ip',
  machine: ipMachine,
  initialProfile: initialProfile('active'),
  lifecycleEventOf: lifecycleEventOfOwner,
  evolve: evolveProfile,
};
