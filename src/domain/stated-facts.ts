import type { Location, ReferenceUpdate } from './events.ts';
import { STATEMENTS_MAX } from './limits.ts';

export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What reference events say of an entity, as it holds at one event time. */
export type FactsInForce = {
  readonly attributes: Attributes;
  /** Empty where none was stated. */
  readonly homeCountry: string;
  readonly home: Location | null;
};

/**
 * What was stated about one thing: the newest `STATEMENTS_MAX` values by rising event time, one for each time. `isCut`
 * tells that there were older ones: a reading from before the oldest then sees the oldest.
 */
export type Statements<Value> = {
  readonly times: readonly number[];
  readonly values: readonly Value[];
  readonly isCut: boolean;
};

/** What reference events have stated about an entity, read as of an event time by `factsAt`. */
export type StatedFacts = {
  /** Event time of the newest statement, ms; -Infinity before the first. */
  readonly newestAtMs: number;
  /** What holds from that time on. */
  readonly newest: FactsInForce;
  readonly statements: StatementsByName;
};

export type StatementsByName = {
  /** Sorted by name, so that the order of arrival does not show. */
  readonly attributes: ReadonlyMap<string, Statements<AttributeValue>>;
  readonly homeCountry: Statements<string>;
  readonly home: Statements<Location>;
};

const NO_STATEMENTS = { times: [], values: [], isCut: false };

/** Of an entity that nothing was stated about. */
export const NOTHING_STATED: StatedFacts = statedFactsOf({
  attributes: new Map(),
  homeCountry: NO_STATEMENTS,
  home: NO_STATEMENTS,
});

/** Stated facts from their statements, as a snapshot keeps them. O(statements). */
export function statedFactsOf(statements: StatementsByName): StatedFacts {
  const all = [...statements.attributes.values(), statements.homeCountry, statements.home];
  const newestAtMs = Math.max(
    Number.NEGATIVE_INFINITY,
    ...all.map(({ times }) => times.at(-1) ?? Number.NEGATIVE_INFINITY),
  );
  return { newestAtMs, newest: inForce(statements, newestAtMs), statements };
}

/**
 * What holds as of an event time: of each attribute the newest value that was stated for that time or before, however
 * late the statement came; nothing of what was stated for later times alone. One comparison for an event that is not
 * older than the newest statement, else O(attributes * log statements).
 */
export function factsAt(stated: StatedFacts, atMs: number): FactsInForce {
  return atMs >= stated.newestAtMs ? stated.newest : inForce(stated.statements, atMs);
}

/**
 * Stated facts with one more reference event. What the event leaves out goes on as it was; of two values for one time
 * the later in the log counts. The same object where nothing is stated. O(statements).
 */
export function withStatement(stated: StatedFacts, reference: ReferenceUpdate, atMs: number): StatedFacts {
  const { attributes, homeCountry, home } = reference;
  if (attributes === undefined && homeCountry === undefined && home === undefined) return stated;
  const before = stated.statements;
  const named = new Map(before.attributes);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    named.set(name, added(named.get(name) ?? NO_STATEMENTS, atMs, value));
  }
  const isNew = named.size > before.attributes.size;
  return statedFactsOf({
    attributes: isNew ? new Map([...named].sort(([left], [right]) => (left < right ? -1 : 1))) : named,
    homeCountry: homeCountry === undefined ? before.homeCountry : added(before.homeCountry, atMs, homeCountry),
    home: home === undefined ? before.home : added(before.home, atMs, home),
  });
}

/** Place after every time that is not later. O(log times). */
function placeAfter(times: readonly number[], atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? Number.POSITIVE_INFINITY) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function added<Value>({ times, values, isCut }: Statements<Value>, atMs: number, value: Value): Statements<Value> {
  const place = placeAfter(times, atMs);
  const isAgain = times[place - 1] === atMs;
  const from = isAgain ? place - 1 : place;
  const nextTimes = times.toSpliced(from, isAgain ? 1 : 0, atMs);
  const nextValues = values.toSpliced(from, isAgain ? 1 : 0, value);
  if (nextTimes.length <= STATEMENTS_MAX) return { times: nextTimes, values: nextValues, isCut };
  return { times: nextTimes.slice(1), values: nextValues.slice(1), isCut: true };
}

function valueAt<Value>({ times, values, isCut }: Statements<Value>, atMs: number): Value | undefined {
  const place = placeAfter(times, atMs) - 1;
  return values[place < 0 && isCut ? 0 : place];
}

function inForce({ attributes, homeCountry, home }: StatementsByName, atMs: number): FactsInForce {
  const held = [...attributes].flatMap(([name, statements]): [string, AttributeValue][] => {
    const value = valueAt(statements, atMs);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    attributes: Object.fromEntries(held),
    homeCountry: valueAt(homeCountry, atMs) ?? '',
    home: valueAt(home, atMs) ?? null,
  };
}
