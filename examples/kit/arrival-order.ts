import type { RandomSource } from '../../src/simulator/random-source.ts';
import type { LabelledEvent } from './labelled-event.ts';

export type Disorder = {
  /** Share of events that come late, and by how much at most, ms. */
  readonly lateShare: number;
  readonly latenessMs: number;
  /** Share of events that come twice, as from a sender that had no answer. */
  readonly repeatShare: number;
};

type Arrival = { readonly item: LabelledEvent; readonly atMs: number; readonly order: number };

/** Events as they arrive: mostly in order of time, some late, some twice. No delay is above `latenessMs`. */
export function arrivalOrder(
  events: readonly LabelledEvent[],
  { lateShare, latenessMs, repeatShare }: Disorder,
  random: RandomSource,
): readonly LabelledEvent[] {
  const arrivals: Arrival[] = [];
  for (const item of events) {
    const happenedMs = Date.parse(item.event.occurredAt);
    const delayMs = random.chance(lateShare) ? random.integer(1, latenessMs) : 0;
    arrivals.push({ item, atMs: happenedMs + delayMs, order: arrivals.length });
    if (!random.chance(repeatShare)) continue;
    arrivals.push({ item, atMs: happenedMs + random.integer(delayMs, latenessMs), order: arrivals.length });
  }
  arrivals.sort((left, right) => left.atMs - right.atMs || left.order - right.order);
  return arrivals.map(({ item }) => item);
}
