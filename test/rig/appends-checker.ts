/** One call that appends an item to a sequence, or finds that it was appended: what a client saw of it. */
export type Append = {
  readonly key: string;
  readonly item: string;
  /** Times of the call and of its answer, by one clock, ms; no answer is Infinity. */
  readonly startMs: number;
  readonly endMs: number;
  /** Place of the item in the sequence, from 0; null where no answer came. */
  readonly place: number | null;
};

/** An item with all calls for it taken together: it took effect at one moment between the two times. */
type Span = { readonly item: string; readonly place: number | null; readonly fromMs: number; readonly toMs: number };

/**
 * Whether a history of sequences is linearizable (Herlihy and Wing 1990), one by one, as they are independent; answers
 * the violations. The object is a sequence with one operation: append an item unless it is there, and tell its place.
 * An answer names the place, so that the order of effects is given, and what is left to find are moments for them: each
 * inside its calls, each not before the one of the place before it. Taking the earliest possible moment for each place
 * in turn finds them where there are any. A place that nobody was told belongs to an item whose calls have no answer.
 * O(n log n) for each sequence.
 */
export function findViolations(history: readonly Append[]): string[] {
  const violations: string[] = [];
  for (const [key, calls] of Map.groupBy(history, (call) => call.key)) {
    for (const violation of violationsOf(calls)) violations.push(`${key}: ${violation}`);
  }
  return violations;
}

function violationsOf(calls: readonly Append[]): string[] {
  const violations: string[] = [];
  const told: (Span | undefined)[] = [];
  const untold: Span[] = [];
  for (const [item, own] of Map.groupBy(calls, (call) => call.item)) {
    const places = new Set(own.flatMap(({ place }) => (place === null ? [] : [place])));
    if (places.size > 1) violations.push(`${item} was told to be at the places ${[...places].join(', ')}`);
    const [place] = places;
    const span = spanOf(item, place ?? null, own);
    const other = place === undefined ? undefined : told[place];
    if (other !== undefined) violations.push(`${other.item} and ${item} were both told to be at place ${place}`);
    if (place === undefined) untold.push(span);
    else told[place] = span;
  }
  if (violations.length > 0) return violations;
  return impossibleMoments(told, untold);
}

/** The calls for an item: it takes effect after the first was made, and before the first answer. */
function spanOf(item: string, place: number | null, calls: readonly Append[]): Span {
  const fromMs = Math.min(...calls.map(({ startMs }) => startMs));
  const toMs = Math.min(...calls.map((call) => (call.place === null ? Number.POSITIVE_INFINITY : call.endMs)));
  return { item, place, fromMs, toMs };
}

function impossibleMoments(told: readonly (Span | undefined)[], untold: readonly Span[]): string[] {
  // Who was called first can fill any gap that one who was called later can.
  const candidates = [...untold].sort((left, right) => left.fromMs - right.fromMs);
  let momentMs = Number.NEGATIVE_INFINITY;
  for (let place = 0; place < told.length; place++) {
    const span = told[place] ?? candidates.shift();
    if (span === undefined) return [`nobody appended what is at place ${place}`];
    momentMs = Math.max(momentMs, span.fromMs);
    if (momentMs > span.toMs) {
      return [`${span.item} is at place ${place}, after one that was begun only once it had been answered`];
    }
  }
  return [];
}
