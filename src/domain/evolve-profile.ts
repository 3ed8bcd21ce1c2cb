import { assertNever } from './assert-never.ts';
import type { STATUS_COMMANDS } from './events.ts';
import { CALM_AFTER_MS, type EntityEvent, type EntityProfile, type LifecycleEventType } from './profile.ts';
import { NOTHING_STATED, withStatement } from './stated-facts.ts';

/** A profile before the first fact. */
export function initialProfile(status: string): EntityProfile {
  return { status, firstSeenAtMs: 0, troubledAtMs: 0, fraudLabels: 0, stated: NOTHING_STATED };
}

/** The profile with the time of a fact taken in: the earliest counts, in whatever order facts come. Pure. */
export function seenAt(profile: EntityProfile, atMs: number): EntityProfile {
  const isEarlier = profile.firstSeenAtMs === 0 || atMs < profile.firstSeenAtMs;
  return isEarlier ? { ...profile, firstSeenAtMs: atMs } : profile;
}

/** The part of `evolve` that every kind shares: stated facts, labels, and when there was concern last. Pure. */
export function evolveProfile(before: EntityProfile, event: EntityEvent, status: string): EntityProfile {
  const profile = seenAt(before, event.atMs);
  switch (event.type) {
    case 'TransactionDecided': {
      if (event.outcome === 'approve') return status === profile.status ? profile : { ...profile, status };
      return { ...profile, status, troubledAtMs: Math.max(profile.troubledAtMs, event.atMs) };
    }
    case 'LoginRecorded':
    case 'SignalRecorded': {
      if (status === profile.status) return profile;
      return { ...profile, status, troubledAtMs: Math.max(profile.troubledAtMs, event.atMs) };
    }
    case 'ReferenceUpdated': {
      return { ...profile, status, stated: withStatement(profile.stated, event.reference, event.atMs) };
    }
    case 'LabelRecorded': {
      const fraudLabels = profile.fraudLabels + (event.label.label === 'legitimate' ? 0 : 1);
      return { ...profile, status, fraudLabels };
    }
    default:
      return assertNever(event);
  }
}

/** What an owner's status command means for a lifecycle. */
export function lifecycleEventOfCommand(command: (typeof STATUS_COMMANDS)[number]): LifecycleEventType {
  switch (command) {
    case 'watch':
      return 'concern';
    case 'freeze':
    case 'unfreeze':
    case 'clear':
    case 'close':
      return command;
    default:
      return assertNever(command);
  }
}

/**
 * What a fact means for the lifecycle of an entity that people answer for: decisions, labels, its owner's commands.
 * Null for a login or a signal: what those mean goes by the kind.
 */
export function lifecycleEventOfFact(profile: EntityProfile, event: EntityEvent): LifecycleEventType | null {
  switch (event.type) {
    case 'TransactionDecided':
      return lifecycleEventOfDecision(profile, event);
    case 'LabelRecorded':
      return event.label.label === 'legitimate' ? 'clear' : 'concern';
    case 'ReferenceUpdated':
      return lifecycleEventOfOwner(profile, event);
    case 'LoginRecorded':
    case 'SignalRecorded':
      return null;
    default:
      return assertNever(event);
  }
}

/** What its owner's word means for an entity's lifecycle; nothing else moves it. */
export function lifecycleEventOfOwner(_profile: EntityProfile, event: EntityEvent): LifecycleEventType | null {
  if (event.type !== 'ReferenceUpdated' || event.reference.status === undefined) return null;
  return lifecycleEventOfCommand(event.reference.status);
}

/** An approval after a day without concern calms; a challenge is a challenge; what is worse is a concern. */
export function lifecycleEventOfDecision(
  profile: EntityProfile,
  event: EntityEvent & { type: 'TransactionDecided' },
): LifecycleEventType | null {
  switch (event.outcome) {
    case 'approve':
      return event.atMs - profile.troubledAtMs >= CALM_AFTER_MS ? 'calm' : null;
    case 'challenge':
      return 'challenge';
    case 'review':
    case 'decline':
      return 'concern';
    default:
      return assertNever(event.outcome);
  }
}
