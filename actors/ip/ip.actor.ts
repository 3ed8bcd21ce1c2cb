import { assertNever } from '../../src/domain/assert-never.ts';
import { evolveProfile, initialProfile, lifecycleEventOfCommand } from '../../src/domain/evolve-profile.ts';
import type { EntityEvent, EntityProfile, LifecycleEventType } from '../../src/domain/profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { ipMachine } from './ip.machine.ts';

function lifecycleEventOf(_profile: EntityProfile, event: EntityEvent): LifecycleEventType | null {
  switch (event.type) {
    case 'ReferenceUpdated':
      return event.reference.status === undefined ? null : lifecycleEventOfCommand(event.reference.status);
    case 'TransactionDecided':
    case 'LoginRecorded':
    case 'SignalRecorded':
    case 'LabelRecorded':
      return null;
    default:
      return assertNever(event);
  }
}

/** An ip address as the host runs it. */
export const ipActor: ActorDefinition<typeof ipMachine> = {
  kind: 'ip',
  machine: ipMachine,
  initialProfile: initialProfile('active'),
  lifecycleEventOf,
  evolve: evolveProfile,
};
