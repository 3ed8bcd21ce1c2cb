import type { SideEvent, Transaction } from '../domain/events.ts';
import type { TruthLabel } from './simulation-event.ts';
import type { World } from './world.ts';

/** What people and attackers act on: the world, and a place to put the events that they cause. */
export interface Stage {
  readonly world: World;
  readonly endMs: number;
  /** A new id, unique in the run and the same in every run with the same options. */
  newId(prefix: string): string;
  /** Puts an event on the timeline; a time in the past of the timeline is a mistake of the caller. */
  emit(timeMs: number, event: Transaction | SideEvent, label: TruthLabel): void;
  /** Calls when the timeline has come to this time. */
  at(timeMs: number, action: (timeMs: number) => void): void;
}

/** Label of everything that honest people do. */
export const HONEST: TruthLabel = { fraud: false, campaign: null };

const SECOND_MS = 1000;

/** Seconds in ms. */
export function seconds(count: number): number {
  return count * SECOND_MS;
}

/** Minutes in ms. */
export function minutes(count: number): number {
  return count * 60 * SECOND_MS;
}

/** Hours in ms. */
export function hours(count: number): number {
  return count * 3600 * SECOND_MS;
}
