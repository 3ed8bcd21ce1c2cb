import { assertNever } from '../../src/domain/assert-never.ts';
import {
  evolveProfile,
  initialProfile,
  lifecycleEventOfCommand,
  lifecycleEventOfDecision,
} from '../../src/domain/evolve-profile.ts';
import type { EntityEvent, EntityProfile, LifecycleEventType } from '../../src/domain/profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { accountMachine } from './account.machine.ts';

function lifecycleEventOf(profile: EntityProfile, event: EntityEvent): LifecycleEventType | null {
  switch (event.type) {
    case 'TransactionDecided':
      return lifecycleEventOfDecision(profile, event);
    case 'LoginRecorded':
      return event.alerted ? 'concern' : null;
    case 'LabelRecorded':
      return event.label.label === 'legitimate' ? 'clear' : 'concern';
    case 'ReferenceUpdated':
      return event.reference.status === undefined ? null : lifecycleEventOfCommand(event.reference.status);
    case 'SignalRecorded':
      return null;
    default:
      return assertNever(event);
  }
}

/** An account as the host runs it. */
export const accountActor: ActorDefinition<typeof accountMachine> = {
  kind: 'account',
  machine: accountMachine,
  initialProfile: initialProfile('normal'),
  lifecycleEventOf,
  evolve: evolveProfile,
};
