import type { SideEvent, Transaction } from '../../src/domain/events.ts';
import { type Example, findingViews } from './example.ts';
import { idOf, type LabelledEvent } from './labelled-event.ts';

/** What the engine said to an event: reason codes of the rules that hit, and whether it had seen the event before. */
export type Answer = { readonly codes: readonly string[]; readonly repeated: boolean };

/** A row of a view, as the API gives it. */
export type ViewRow = Readonly<Record<string, string | number | boolean | null>>;

/** A way to an engine with the ruleset of an example: over HTTP, or in the same process. */
export interface Door {
  send(event: Transaction | SideEvent): Promise<Answer>;
  /** Rows of a view once every event that was sent is in it. */
  rows(view: string): Promise<readonly ViewRow[]>;
}

/** What came out of an example. */
export type Findings = {
  readonly seed: number;
  readonly arrivals: number;
  readonly repeats: number;
  /** Ids of the events that each rule flagged, in the order of arrival, by its reason code. */
  readonly flagged: Readonly<Record<string, readonly string[]>>;
  /** Rows of each view that shows findings, oldest window first. */
  readonly rows: Readonly<Record<string, readonly ViewRow[]>>;
};

function rowKey(row: ViewRow): string {
  return `${row.window_start} ${JSON.stringify(row)}`;
}

/** Sends the events one after the other and collects what the rules and the views say. */
export async function play(
  example: Example,
  seed: number,
  events: readonly LabelledEvent[],
  door: Door,
): Promise<Findings> {
  const flagged: Record<string, string[]> = {};
  let repeats = 0;
  for (const { event } of events) {
    const { codes, repeated } = await door.send(event);
    if (repeated) repeats++;
    else for (const code of codes) flagged[code] = [...(flagged[code] ?? []), idOf(event)];
  }
  const rows: Record<string, readonly ViewRow[]> = {};
  for (const view of findingViews(example)) {
    const found = await door.rows(view);
    rows[view] = [...found].sort((left, right) => (rowKey(left) < rowKey(right) ? -1 : 1));
  }
  return { seed, arrivals: events.length, repeats, flagged: sortedByName(flagged), rows };
}

function sortedByName<Value>(entries: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(entries).sort(([left], [right]) => (left < right ? -1 : 1)));
}
