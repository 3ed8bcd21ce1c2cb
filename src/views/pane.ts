import type { RowValue } from '../domain/views.ts';
import type { Accumulator, EncodedAccumulator, Moment } from './accumulator.ts';
import { createAccumulator, decodeAccumulator } from './aggregate.ts';
import type { CompiledView, Row } from './compiled-view.ts';

/** What each aggregate of a view reads of one event; undefined where the event does not count for it. */
export type PaneInput = readonly (RowValue | undefined)[];

/** Reads an event for the panes that it goes to, once for all of them. O(aggregates). */
export function paneInputOf({ aggregates }: CompiledView, event: Row, atMs: number): PaneInput {
  return aggregates.map(({ where, read }) => (where === null || where(event, atMs) ? read(event) : undefined));
}

/**
 * What a view keeps of the events of one group in one stretch of time: the parts that windows are put together from. A
 * tumbling window, a session and a life are one pane each; hopping windows share panes; a sliding window has one for
 * every instant at which there was an event.
 */
export class Pane {
  readonly startMs: number;
  /** Time of the latest event. */
  lastMs: number;
  eventCount = 0;
  readonly accumulators: (Accumulator | null)[];
  /** Whether it differs from what is stored. */
  isDirty = true;

  constructor(view: CompiledView, startMs: number, lastMs: number) {
    this.startMs = startMs;
    this.lastMs = lastMs;
    this.accumulators = view.aggregates.map(({ spec }) => createAccumulator(spec));
  }

  /** Takes an event in (sign 1), or out again (sign -1). O(aggregates). */
  change(input: PaneInput, moment: Moment, sign: 1 | -1): void {
    this.isDirty = true;
    this.eventCount += sign;
    this.lastMs = Math.max(this.lastMs, moment.atMs);
    for (let index = 0; index < this.accumulators.length; index++) {
      const accumulator = this.accumulators[index];
      const value = input[index];
      if (accumulator === undefined || accumulator === null || value === undefined) continue;
      if (sign === 1) accumulator.add(value, moment);
      else accumulator.remove(value);
    }
  }

  /** Adds what another pane holds. O(aggregates) for those of constant size. */
  merge(other: Pane): void {
    this.eventCount += other.eventCount;
    this.lastMs = Math.max(this.lastMs, other.lastMs);
    for (const [index, accumulator] of this.accumulators.entries()) {
      const added = other.accumulators[index];
      if (accumulator !== null && added !== undefined && added !== null) accumulator.merge(added);
    }
  }

  encode(): string {
    return JSON.stringify(this.accumulators.map((accumulator) => accumulator?.encode() ?? null));
  }

  static decode(view: CompiledView, startMs: number, lastMs: number, eventCount: number, text: string): Pane {
    const pane = new Pane(view, startMs, lastMs);
    const encoded: readonly (EncodedAccumulator | null)[] = JSON.parse(text);
    pane.eventCount = eventCount;
    pane.isDirty = false;
    for (const [index, { spec }] of view.aggregates.entries()) {
      pane.accumulators[index] = decodeAccumulator(spec, encoded[index] ?? {});
    }
    return pane;
  }
}
