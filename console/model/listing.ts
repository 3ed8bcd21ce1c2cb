import { useState } from 'preact/hooks';
import { nowMs } from '../platform.ts';
import { hrefOf } from './address.ts';
import { type ListAnswer, listDecisions } from './endpoints.ts';
import { type Loaded, useLoaded } from './loaded.ts';
import { replaceQuery, route } from './location.ts';
import { boundsOf, RANGES, type RangeName, rangeEndMs } from './times.ts';

/** What a list was asked with: kept in the address, so that it can be shared and survives a reload. */
export type ListState = {
  readonly query: Readonly<Record<string, string>>;
  readonly set: (changes: Readonly<Record<string, string>>) => void;
  readonly range: RangeName;
  readonly bounds: { readonly from: string; readonly to: string };
  readonly isStale: boolean;
  readonly endMs: number;
};

/** The state of a list. Its ranges end with the newest decision. */
export function useListState(defaultRange: RangeName): ListState {
  const { page, parts, query } = route.value;
  const newest = useLoaded('newest of all', (signal) => listDecisions({ limit: 1 }, signal));
  const { endMs, isStale } = rangeEndMs(newest.value?.items[0]?.occurredAt ?? null, nowMs());
  const range = RANGES.find((name) => name === query.range) ?? defaultRange;
  const custom = { from: query.from ?? '', to: query.to ?? '' };
  // To the minute: bounds that change with every look would ask for a new list with every look.
  const bounds = boundsOf(range, custom, isStale ? endMs + 1 : Math.floor(endMs / 60_000) * 60_000);
  const set = (changes: Readonly<Record<string, string>>): void =>
    replaceQuery(hrefOf(page, parts, { ...query, ...changes }));
  return { query, set, range, bounds, isStale, endMs };
}

/** A list with pages. `key` is all that it depends on but the page. */
export type PagedList<Answer> = {
  readonly loaded: Loaded<Answer>;
  readonly page: number;
  readonly goTo: (page: number) => void;
};

/** Loads the page of a list that the viewer is on, again each `everyMs`; another list begins with its first page. */
export function usePages<Answer extends Pick<ListAnswer<unknown>, 'nextCursor'>>(
  key: string,
  load: (cursor: string, signal: AbortSignal) => Promise<Answer>,
  everyMs = 0,
): PagedList<Answer> {
  const [place, setPlace] = useState<{ readonly key: string; readonly cursors: readonly string[] }>({
    key,
    cursors: [],
  });
  const cursors = place.key === key ? place.cursors : [];
  const cursor = cursors.at(-1) ?? '';
  const loaded = useLoaded(`${key} ${cursor}`, (signal) => load(cursor, signal), everyMs);
  const goTo = (page: number): void => {
    const next = loaded.value?.nextCursor ?? null;
    if (page < cursors.length) setPlace({ key, cursors: cursors.slice(0, page) });
    else if (next !== null) setPlace({ key, cursors: [...cursors, next] });
  };
  return { loaded, page: cursors.length, goTo };
}
