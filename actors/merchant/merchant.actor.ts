import { assertNever } from '../../src/domain/assert-never.ts';
import { evolveProfile, initialProfile, lifecycleEventOfCommand } from '../../src/domain/evolve-profile.ts';
import type { EntityEvent, EntityProfile, LifecycleEventType } from '../../src/domain/profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { merchantMachine } from './merchant.machine.ts';

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

/** A merchant as the host runs it. */
export const merchantActor: ActorDefinition<typeof merchantMachine> = {
  kind: 'merchant',
  machine: merchantMachine,
  initialProfile: initialProfile('active'),
  lifecycleEventOf,
  evolve: evolveProfile,
};
