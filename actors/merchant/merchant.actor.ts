import { evolveProfile, initialProfile, lifecycleEventOfOwner } from '../../src/domain/evolve-profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { merchantMachine } from './merchant.machine.ts';

/** A merchant as the host runs it. */
export const merchantActor: ActorDefinition<typeof merchantMachine> = {
  kind: 'merchant',
  machine: merchantMachine,
  initialProfile: initialProfile('active'),
  lifecycleEventOf: lifecycleEventOfOwner,
  evolve: evolveProfile,
};
