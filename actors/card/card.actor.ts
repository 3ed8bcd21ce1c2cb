import { evolveProfile, initialProfile, lifecycleEventOfFact } from '../../src/domain/evolve-profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { cardMachine } from './card.machine.ts';

/** A card as the host runs it. */
export const cardActor: ActorDefinition<typeof cardMachine> = {
  kind: 'card',
  machine: cardMachine,
  initialProfile: initialProfile('active'),
  lifecycleEventOf: lifecycleEventOfFact,
  evolve: evolveProfile,
};
