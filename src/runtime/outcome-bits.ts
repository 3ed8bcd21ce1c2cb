import type { Outcome } from '../domain/decision.ts';
import type { EventView } from '../domain/event-view.ts';
import type { Reclassification } from './entity-logic.ts';
import type { Observer } from './observer.ts';
import type { KindProgram } from './program.ts';

/** Selectors that an event sets by its outcome; a challenge or a review is neither approved nor declined. */
export function outcomeBits(observer: Observer, outcome: Outcome): number {
  if (outcome === 'approve') return observer.approvedBits;
  return outcome === 'decline' ? observer.declinedBits : 0;
}

/** What a corrected outcome changes in one kind's windows; null where it changes nothing, as in what was left out. */
export function reclassificationOf(
  kind: KindProgram,
  view: EventView,
  before: Outcome,
  after: Outcome,
  isLeftOut: boolean,
): Reclassification | null {
  if (before === after || !kind.observer.take(view, isLeftOut)) return null;
  const clearBits = outcomeBits(kind.observer, before);
  const setBits = outcomeBits(kind.observer, after);
  if (clearBits === setBits) return null;
  return { atMs: view.occurredAtMs, amountMinor: view.amountMinor, clearBits, setBits };
}
