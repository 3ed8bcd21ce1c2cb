import type { Row, RowValue, ViewAggregate, ViewSpec } from '../../src/domain/views.ts';
import type { RigEvent } from './view-rig.ts';

type Window = { readonly startMs: number; readonly endMs: number; readonly events: readonly RigEvent[] };

/** Every window of a group that holds an event, by going through all that there could be. */
function windowsOf(spec: ViewSpec, events: readonly RigEvent[]): Window[] {
  const { window } = spec;
  const times = events.map(({ atMs }) => atMs);
  const between = (low: number, high: number) => events.filter(({ atMs }) => atMs >= low && atMs < high);
  switch (window?.kind) {
    case 'tumbling':
    case 'hopping': {
      const everyMs = window.kind === 'hopping' ? window.everyMs : window.sizeMs;
      const windows: Window[] = [];
      let startMs = Math.floor((Math.min(...times) - window.sizeMs) / everyMs) * everyMs;
      for (; startMs <= Math.max(...times); startMs += everyMs) {
        const inside = between(startMs, startMs + window.sizeMs);
        if (inside.length > 0) windows.push({ startMs, endMs: startMs + window.sizeMs, events: inside });
      }
      return windows;
    }
    case 'sliding':
      return [...new Set(times)].map((endMs) => ({
        startMs: endMs - window.sizeMs,
        endMs,
        events: events.filter(({ atMs }) => atMs > endMs - window.sizeMs && atMs <= endMs),
      }));
    case 'session': {
      const runs: RigEvent[][] = [];
      for (const event of [...events].sort((left, right) => left.atMs - right.atMs)) {
        const run = runs.at(-1);
        const last = run?.at(-1);
        if (run !== undefined && last !== undefined && event.atMs - last.atMs <= window.gapMs) run.push(event);
        else runs.push([event]);
      }
      return runs.map((run) => {
        const first = run[0]?.atMs ?? 0;
        return { startMs: first, endMs: (run.at(-1)?.atMs ?? 0) + window.gapMs, events: run };
      });
    }
    default:
      return [{ startMs: 0, endMs: 0, events }];
  }
}

/** Sum of integers without rounding. */
function exactSum(numbers: readonly number[]): number {
  return Number(numbers.reduce((sum, number) => sum + BigInt(number), 0n));
}

function aggregateOf(
  aggregate: ViewAggregate,
  window: Window,
  spec: ViewSpec,
  row: Record<string, RowValue>,
): RowValue {
  const field = 'field' in aggregate ? (aggregate.field ?? '') : '';
  const there = window.events
    .filter(({ row: event }) => aggregate.where === null || event.type === 'b')
    .filter(({ row: event }) => event[field] !== '' && !Number.isNaN(event[field]))
    .sort((left, right) => left.atMs - right.atMs || (left.id < right.id ? -1 : 1));
  const values = there.map(({ row: event }) => event[field] ?? 0);
  const numbers = values.map(Number);
  const meanOf = (): number => exactSum(numbers) / numbers.length;
  const nothing = field === 'country' ? '' : Number.NaN;
  const sizeMs = spec.window !== null && 'sizeMs' in spec.window ? spec.window.sizeMs : window.endMs - window.startMs;
  switch (aggregate.function) {
    case 'count':
      return window.events.filter(({ row: event }) => aggregate.where === null || event.type === 'b').length;
    case 'sum':
      return exactSum(numbers);
    case 'mean':
      return meanOf();
    case 'min':
      return numbers.length === 0 ? Number.NaN : Math.min(...numbers);
    case 'max':
      return numbers.length === 0 ? Number.NaN : Math.max(...numbers);
    case 'distinct':
      return new Set(values).size;
    case 'variance':
    case 'stddev': {
      const mean = meanOf();
      const variance = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / numbers.length;
      return aggregate.function === 'variance' ? variance : Math.sqrt(variance);
    }
    case 'first':
      return values[0] ?? nothing;
    case 'last':
      return values.at(-1) ?? nothing;
    case 'rate':
      return (aggregate.field === null ? window.events.length : exactSum(numbers)) / (sizeMs / 1000);
    case 'rate_of_change': {
      const seconds = ((there.at(-1)?.atMs ?? 0) - (there[0]?.atMs ?? 0)) / 1000;
      return seconds === 0 ? Number.NaN : ((numbers.at(-1) ?? 0) - (numbers[0] ?? 0)) / seconds;
    }
    case 'quantile':
      return (
        [...numbers].sort((left, right) => left - right)[Math.floor(aggregate.share * (numbers.length - 1))] ??
        Number.NaN
      );
    case 'ratio': {
      const below = Number(row[aggregate.denominator]);
      return below === 0 ? 0 : Number(row[aggregate.numerator]) / below;
    }
  }
}

/**
 * The rows of a view over a set of events, from the definitions: every window looked at by itself, events in their
 * order of time. `isShown` is what `having` says. Filters of aggregates take events of type `b`.
 */
export function expectedRows(
  spec: ViewSpec,
  events: readonly RigEvent[],
  isShown: (row: Row) => boolean,
): ReadonlyMap<string, Row> {
  const groups = new Map<string, RigEvent[]>();
  for (const event of events) {
    const values = spec.groupBy.map((column) => event.row[column] ?? '');
    if (values.includes('')) continue;
    const key = JSON.stringify(values);
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  const rows = new Map<string, Row>();
  for (const [key, own] of groups) {
    const values: RowValue[] = JSON.parse(key);
    for (const window of windowsOf(spec, own)) {
      const row: Record<string, RowValue> = {};
      for (const [index, column] of spec.groupBy.entries()) row[column] = values[index] ?? '';
      if (spec.window?.kind !== 'unbounded') {
        row.window_start = window.startMs;
        row.window_end = window.endMs;
      }
      for (const aggregate of spec.aggregates) row[aggregate.name] = aggregateOf(aggregate, window, spec, row);
      if (isShown(row)) rows.set(JSON.stringify([...values, window.startMs]), row);
    }
  }
  return rows;
}

/**
 * Of the rows of a hopping window, those that are there before all windows have closed: of each event the window that
 * began first of those that hold it, and every window that has closed.
 */
export function shownHops(
  { window, groupBy, time }: ViewSpec,
  rows: ReadonlyMap<string, Row>,
  events: readonly RigEvent[],
  watermarkMs: number,
): ReadonlyMap<string, Row> {
  if (window?.kind !== 'hopping') return rows;
  const { sizeMs, everyMs } = window;
  const isFirstFor = (startMs: number, atMs: number): boolean =>
    startMs <= atMs && startMs + sizeMs > atMs && startMs - everyMs + sizeMs <= atMs;
  return new Map(
    [...rows].filter(([, row]) => {
      const startMs = Number(row.window_start);
      if (startMs + sizeMs + time.latenessMs <= watermarkMs) return true;
      const own = events.filter((event) => groupBy.every((column) => event.row[column] === row[column]));
      return own.some(({ atMs }) => isFirstFor(startMs, atMs));
    }),
  );
}
