import { idOf, type LabelledEvent } from '../../examples/kit/labelled-event.ts';
import type { SideEvent, Transaction } from '../../src/domain/events.ts';

/** Windows as the issue words them, in plain loops over lists of events: nothing here is shared with the engine. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** Seeds that each example is tried with; the first is the one that its expected findings are of. */
export const SEEDS = [1, 2, 3, 4, 5, 6] as const;

/** An event with its time as a number. */
export type Timed<Event = Transaction> = { readonly event: Event; readonly id: string; readonly atMs: number };

type WithType<Kind extends string> = Extract<SideEvent, { readonly type: Kind }>;

/** The payments among some events as they arrive, each once. */
export function paymentsOf(events: readonly LabelledEvent[]): readonly Timed[] {
  return firstArrivals(events).flatMap(({ event }) =>
    'transactionId' in event && event.type !== 'label' ? [timed(event)] : [],
  );
}

/** The side events of a type among some events as they arrive, each once. */
export function sideEventsOf<Kind extends SideEvent['type']>(
  kind: Kind,
  events: readonly LabelledEvent[],
): readonly Timed<WithType<Kind>>[] {
  const isWanted = (event: Transaction | SideEvent): event is WithType<Kind> => event.type === kind;
  return firstArrivals(events).flatMap(({ event }) => (isWanted(event) ? [timed(event)] : []));
}

function timed<Event extends Transaction | SideEvent>(event: Event): Timed<Event> {
  return { event, id: idOf(event), atMs: Date.parse(event.occurredAt) };
}

function firstArrivals(events: readonly LabelledEvent[]): readonly LabelledEvent[] {
  const seen = new Set<string>();
  return events.filter(({ event }) => {
    const isNew = !seen.has(idOf(event));
    seen.add(idOf(event));
    return isNew;
  });
}

export function inTimeOrder<Item extends { readonly atMs: number }>(items: readonly Item[]): readonly Item[] {
  return [...items].sort((left, right) => left.atMs - right.atMs);
}

export function groupsOf<Item>(items: readonly Item[], key: (item: Item) => string): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

export function distinctCount(values: readonly (string | undefined)[]): number {
  return new Set(values.filter((value) => value !== undefined)).size;
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Events after `now - sizeMs`, up to `now`. */
export function slidingAt<Item extends { readonly atMs: number }>(
  items: readonly Item[],
  nowMs: number,
  sizeMs: number,
): readonly Item[] {
  return items.filter(({ atMs }) => atMs > nowMs - sizeMs && atMs <= nowMs);
}

/** Events from a start on, before its end. */
export function within<Item extends { readonly atMs: number }>(
  items: readonly Item[],
  startMs: number,
  sizeMs: number,
): readonly Item[] {
  return items.filter(({ atMs }) => atMs >= startMs && atMs < startMs + sizeMs);
}

/** Starts of every window of a size, a new one each `everyMs`, that holds a time; the earliest first. */
export function startsHolding(nowMs: number, sizeMs: number, everyMs: number): readonly number[] {
  const starts: number[] = [];
  let startMs = nowMs - (nowMs % everyMs);
  while (startMs + sizeMs > nowMs) {
    starts.unshift(startMs);
    startMs -= everyMs;
  }
  return starts;
}

/** Starts of every hopping window with at least one of some events in it, in order. */
export function startsOf(
  items: readonly { readonly atMs: number }[],
  sizeMs: number,
  everyMs: number,
): readonly number[] {
  const starts = new Set(items.flatMap(({ atMs }) => startsHolding(atMs, sizeMs, everyMs)));
  return [...starts].sort((left, right) => left - right);
}

export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
