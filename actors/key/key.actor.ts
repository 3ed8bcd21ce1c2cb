import { initialProfile } from '../../src/domain/evolve-profile.ts';
import type { EntityProfile } from '../../src/domain/profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { keyMachine } from './key.machine.ts';

/** A bin, a country or a pair as the host runs it: of what happens it only remembers, besides its windows, the first. */
export const keyActor: ActorDefinition<typeof keyMachine> = {
  kind: 'key',
  machine: keyMachine,
  initialProfile: initialProfile('active'),
  lifecycleEventOf: () => null,
  evolve: (before, event): EntityProfile =>
    before.firstSeenAtMs === 0 ? { ...before, firstSeenAtMs: event.atMs } : before,
};
