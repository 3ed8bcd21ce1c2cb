import { assertNever } from '../../src/domain/assert-never.ts';
import type { SIGNAL_TYPES } from '../../src/domain/events.ts';
import { evolveProfile, initialProfile, lifecycleEventOfFact } from '../../src/domain/evolve-profile.ts';
import type { EntityEvent, EntityProfile, LifecycleEventType } from '../../src/domain/profile.ts';
import type { ActorDefinition } from '../../src/ports/actor.ts';
import { deviceMachine } from './device.machine.ts';

function lifecycleEventOf(profile: EntityProfile, event: EntityEvent): LifecycleEventType | null {
  if (event.type === 'SignalRecorded') return lifecycleEventOfSignal(event.signal.signal);
  return lifecycleEventOfFact(profile, event);
}

/** A finding on the device is a concern; its owner's trust clears it; what happens to the account says nothing. */
function lifecycleEventOfSignal(signal: (typeof SIGNAL_TYPES)[number]): LifecycleEventType | null {
  switch (signal) {
    case 'rooted':
    case 'emulator':
    case 'malware':
    case 'remote_access':
    case 'tampered':
      return 'concern';
    case 'trusted':
      return 'clear';
    case 'seen':
    case 'password_changed':
    case 'email_changed':
    case 'phone_changed':
    case 'payee_added':
    case 'challenge_passed':
    case 'challenge_failed':
    case 'challenge_abandoned':
    case 'challenge_passed_late':
      return null;
    default:
      return assertNever(signal);
  }
}

/** A device as the host runs it. */
export const deviceActor: ActorDefinition<typeof deviceMachine> = {
  kind: 'device',
  machine: deviceMachine,
  initialProfile: initialProfile('unknown'),
  lifecycleEventOf,
  evolve: evolveProfile,
};
