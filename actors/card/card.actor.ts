import { assertNever } from '../../src/domain/assert-never.ts';
import {
  evolveProfile,
  initialProfile,
  lifecycleEventOfCommand,
  lifecycleEventOfDecision,
} from '../../src/domain/evolve-profile.ts';
import type { EntityEvent, EntityProfile, LifecycleEventType } from '../../src/domain/profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { cardMachine } from './card.machine.ts';

function lifecycleEventOf(profile: EntityProfile, event: EntityEvent): LifecycleEventType | null {
  switch (event.type) {
    case 'TransactionDecided':
      return lifecycleEventOfDecision(profile, event);
    case 'LabelRecorded':
      return event.label.label === 'legitimate' ? 'clear' : 'concern';
    case 'ReferenceUpdated':
      return event.reference.status === undefined ? null : lifecycleEventOfCommand(event.reference.status);
    case 'LoginRecorded':
    case 'SignalRecorded':
      return null;
    default:
      return assertNever(event);
  }
}

/** A card as the host runs it. */
export const cardActor: ActorDefinition<typeof cardMachine> = {
  kind: 'card',
  machine: cardMachine,
  initialProfile: initialProfile('active'),
  lifecycleEventOf,
  evolve: evolveProfile,
};
