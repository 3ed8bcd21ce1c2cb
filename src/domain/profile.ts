import type { Outcome } from './decision.ts';
import type { DeviceSignal, Label, Login, ReferenceUpdate } from './events.ts';
import type { StatedFacts } from './stated-facts.ts';

/** What an entity is, besides its windows. Changes rarely, so it is replaced as a whole. */
export type EntityProfile = {
  /** State of the entity's lifecycle machine. */
  readonly status: string;
  /** Earliest event time of the facts that were taken in; 0 before there is one. */
  readonly firstSeenAtMs: number;
  /** Event time of the last decision or finding that raised concern; -Infinity is not JSON, so 0 means never. */
  readonly troubledAtMs: number;
  readonly fraudLabels: number;
  /** Attributes and homes, with their past. */
  readonly stated: StatedFacts;
};

/** A fact as one entity sees it. */
export type EntityEvent =
  | { readonly type: 'TransactionDecided'; readonly atMs: number; readonly outcome: Outcome }
  | { readonly type: 'LoginRecorded'; readonly atMs: number; readonly login: Login; readonly alerted: boolean }
  | { readonly type: 'SignalRecorded'; readonly atMs: number; readonly signal: DeviceSignal }
  | { readonly type: 'ReferenceUpdated'; readonly atMs: number; readonly reference: ReferenceUpdate }
  | { readonly type: 'LabelRecorded'; readonly atMs: number; readonly label: Label };

/** The vocabulary of the lifecycle machines; each machine reacts to the part that concerns it. */
export const LIFECYCLE_EVENTS = ['calm', 'concern', 'challenge', 'freeze', 'unfreeze', 'clear', 'close'] as const;
export type LifecycleEventType = (typeof LIFECYCLE_EVENTS)[number];
export type LifecycleEvent = { readonly type: LifecycleEventType };

/** Gives the machines their event type by example, as XState's `setup` wants it. */
export const LIFECYCLE_EVENT_EXAMPLE: LifecycleEvent = { type: 'calm' };

/** Event time without concern after which an approval lets an entity return to its normal status: 24 hours. */
export const CALM_AFTER_MS = 24 * 3_600_000;
