import type { DistinctField, NumericField } from '../domain/event-view.ts';
import type { AggregateSpec, FeatureSpec } from '../domain/features.ts';
import { compareHorizons } from './horizons.ts';
import type { Selector } from './layout.ts';
import { isSameRange, type RangeSpec, rangeOf, refuse } from './range.ts';

/** Selectors are bits of a signed 32-bit integer; one bit is left free for the host. */
const SELECTORS_MAX = 30;

export type GroupDemand = {
  selector: number;
  column: number;
  sum: boolean;
  square: boolean;
  max: boolean;
  min: boolean;
  first: boolean;
  last: boolean;
};
export type SpreadDemand = { readonly selector: number; readonly column: number };
/** What is kept of one span of time, or of one run of one selector's events. */
export type ScopeDemand = {
  readonly range: RangeSpec;
  readonly groups: GroupDemand[];
  readonly spreads: SpreadDemand[];
};
export type RunDemand = ScopeDemand & { readonly selector: number };
export type TableDemand = {
  selector: number;
  present: number;
  field: number;
  ranges: RangeSpec[];
  remembers: boolean;
};
export type TrackDemand = { selector: number; present: number; home: boolean };

/** What the features of one kind of entity need kept, each thing once. */
export type Demand = {
  readonly selectors: Selector[];
  readonly numericFields: NumericField[];
  readonly distinctFields: DistinctField[];
  readonly windows: ScopeDemand[];
  readonly runs: RunDemand[];
  readonly tables: TableDemand[];
  readonly tracks: TrackDemand[];
  readonly lives: number[];
};

function placeOf<Item>(items: Item[], item: Item): number {
  const place = items.indexOf(item);
  return place >= 0 ? place : items.push(item) - 1;
}

function selectorOf(demand: Demand, spec: FeatureSpec, outcome: FeatureSpec['outcome']): number {
  const { on, where } = spec;
  const place = demand.selectors.findIndex((one) => one.on === on && one.outcome === outcome && one.where === where);
  if (place >= 0) return place;
  if (demand.selectors.length === SELECTORS_MAX) {
    const reason = `the features of ${spec.by} select events in more than ${SELECTORS_MAX} ways`;
    refuse(spec, reason, SELECTORS_MAX + 1, 'Let features share their source, outcome and condition');
  }
  return demand.selectors.push({ on, outcome, where }) - 1;
}

function demandRun(demand: Demand, selector: number, range: RangeSpec): RunDemand {
  const known = demand.runs.find((run) => run.selector === selector && isSameRange(run.range, range));
  if (known !== undefined) return known;
  const run = { selector, range, groups: [], spreads: [] };
  demand.runs.push(run);
  return run;
}

function demandScope(demand: Demand, selector: number, range: RangeSpec): ScopeDemand {
  if (range.kind === 'run') return demandRun(demand, selector, range);
  const known = demand.windows.find((window) => isSameRange(window.range, range));
  if (known !== undefined) return known;
  const window = { range, groups: [], spreads: [] };
  demand.windows.push(window);
  demand.windows.sort(({ range: left }, { range: right }) =>
    left.kind === 'span' && right.kind === 'span' ? compareHorizons(left, right) : 0,
  );
  return window;
}

function demandGroup(demand: Demand, spec: FeatureSpec, field: NumericField | null): GroupDemand {
  const range = rangeOf(spec);
  const selector = selectorOf(demand, spec, spec.outcome);
  const column = field === null ? -1 : placeOf(demand.numericFields, field);
  const { groups } = demandScope(demand, selector, range);
  const known = groups.find((group) => group.selector === selector && group.column === column);
  if (known !== undefined) return known;
  const none = { sum: false, square: false, max: false, min: false, first: false, last: false };
  const group = { selector, column, ...none };
  groups.push(group);
  return group;
}

function demandSpread(demand: Demand, spec: FeatureSpec, field: NumericField): void {
  const range = rangeOf(spec);
  const selector = selectorOf(demand, spec, spec.outcome);
  const column = placeOf(demand.numericFields, field);
  const { spreads } = demandScope(demand, selector, range);
  if (spreads.some((spread) => spread.selector === selector && spread.column === column)) return;
  spreads.push({ selector, column });
}

function demandTable(demand: Demand, spec: FeatureSpec, field: DistinctField, present: number): TableDemand {
  const selector = selectorOf(demand, spec, spec.outcome);
  const place = placeOf(demand.distinctFields, field);
  const known = demand.tables.find((table) => table.selector === selector && table.field === place);
  if (known !== undefined) {
    if (present >= 0) known.present = present;
    return known;
  }
  const table = { selector, present, field: place, ranges: [], remembers: false };
  demand.tables.push(table);
  return table;
}

function demandDistinct(demand: Demand, spec: FeatureSpec, field: DistinctField): void {
  const range = rangeOf(spec);
  const table = demandTable(demand, spec, field, -1);
  if (range.kind === 'run') demandRun(demand, table.selector, range);
  if (!table.ranges.some((known) => isSameRange(known, range))) table.ranges.push(range);
}

function demandTrack(demand: Demand, spec: FeatureSpec, home: boolean): void {
  const selector = selectorOf(demand, spec, spec.outcome);
  const present = selectorOf(demand, spec, 'all');
  const known = demand.tracks.find((track) => track.selector === selector);
  if (known === undefined) demand.tracks.push({ selector, present, home });
  else known.home ||= home;
}

function refuseWindow(spec: FeatureSpec): void {
  if (spec.window === null) return;
  refuse(spec, `${spec.aggregate.function} takes no window`, spec.window.kind, 'Leave the window out');
}

/** Marks in a group what an aggregate of a number needs. */
function demandNumber(group: GroupDemand, name: AggregateSpec['function']): void {
  if (name === 'max') group.max = true;
  else if (name === 'min') group.min = true;
  if (name === 'first' || name === 'rate_of_change') group.first = true;
  if (name === 'last' || name === 'rate_of_change') group.last = true;
  if (name === 'stddev' || name === 'variance' || name === 'zscore') group.square = true;
  if (name === 'sum' || name === 'mean' || name === 'rate' || group.square) group.sum = true;
}

function demandFeature(demand: Demand, spec: FeatureSpec, aggregate: AggregateSpec): void {
  switch (aggregate.function) {
    case 'count':
      demandGroup(demand, spec, null);
      return;
    case 'rate':
      demandNumber(demandGroup(demand, spec, aggregate.field), aggregate.field === null ? 'count' : 'rate');
      return;
    case 'zscore':
      selectorOf(demand, spec, 'all');
      demandNumber(demandGroup(demand, spec, aggregate.field), 'zscore');
      return;
    case 'iqr_position':
      selectorOf(demand, spec, 'all');
      demandSpread(demand, spec, aggregate.field);
      return;
    case 'quantile':
      demandSpread(demand, spec, aggregate.field);
      return;
    case 'distinct':
      demandDistinct(demand, spec, aggregate.field);
      return;
    case 'ratio':
      refuseWindow(spec);
      return;
    case 'first_time':
      refuseWindow(spec);
      demandTable(demand, spec, aggregate.field, selectorOf(demand, spec, 'all')).remembers = true;
      return;
    case 'age_s':
    case 'idle_s':
      refuseWindow(spec);
      placeOf(demand.lives, selectorOf(demand, spec, spec.outcome));
      return;
    case 'distance_km':
    case 'speed_kmh':
    case 'home_distance_km':
      refuseWindow(spec);
      demandTrack(demand, spec, aggregate.function === 'home_distance_km');
      return;
    default:
      demandNumber(demandGroup(demand, spec, aggregate.field), aggregate.function);
  }
}

/**
 * Gathers what the features need kept. The same features in the same order give the same demand.
 * Throws RULESET_INVALID for features of several kinds of entity, a missing, needless or impossible window, or more
 * than 30 selectors.
 */
export function gatherDemand(specs: readonly FeatureSpec[]): Demand {
  const demand: Demand = {
    selectors: [],
    numericFields: [],
    distinctFields: [],
    windows: [],
    runs: [],
    tables: [],
    tracks: [],
    lives: [],
  };
  for (const spec of specs) {
    if (spec.by !== specs[0]?.by) {
      refuse(spec, `a plan is of one kind of entity, here ${specs[0]?.by}`, spec.by, 'Compile one plan for each kind');
    }
    demandFeature(demand, spec, spec.aggregate);
  }
  return demand;
}
