import { PalisadeError } from '../domain/errors.ts';
import type { DistinctField, NumericField } from '../domain/event-view.ts';
import type { AggregateSpec, FeatureSpec } from '../domain/features.ts';
import { WINDOW_SIZE_MS_MAX } from '../domain/limits.ts';
import type { Selector } from './layout.ts';

/** Selectors are bits of a signed 32-bit integer; one bit is left free for the host. */
const SELECTORS_MAX = 30;

export type GroupDemand = { selector: number; column: number; sum: boolean; square: boolean; max: boolean };
export type TableDemand = { selector: number; present: number; field: number; sizes: Set<number>; remembers: boolean };
export type TrackDemand = { selector: number; present: number; home: boolean };

/** What the features of one kind of entity need kept, each thing once. */
export type Demand = {
  readonly selectors: Selector[];
  readonly numericFields: NumericField[];
  readonly distinctFields: DistinctField[];
  readonly groups: Map<number, GroupDemand[]>;
  readonly tables: TableDemand[];
  readonly tracks: TrackDemand[];
  readonly lives: number[];
};

function refuse(spec: FeatureSpec, reason: string, value: string | number, remedy: string): never {
  const name = `${spec.by}.${spec.name}`;
  throw new PalisadeError('RULESET_INVALID', `Cannot compile feature ${name} as ${reason}: ${value}. ${remedy}.`);
}

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

/** The window size of a windowed feature, ms. Throws RULESET_INVALID when there is none or it is out of range. */
export function windowSizeOf(spec: FeatureSpec): number {
  const { window } = spec;
  const sizeMs = window !== null && 'sizeMs' in window ? window.sizeMs : undefined;
  if (sizeMs === undefined) {
    refuse(spec, 'the aggregate needs a window', spec.aggregate.function, 'Give it a window such as sliding 1h');
  }
  if (!Number.isSafeInteger(sizeMs) || sizeMs < 1 || sizeMs > WINDOW_SIZE_MS_MAX) {
    const remedy = `Choose a whole number of milliseconds from 1 to ${WINDOW_SIZE_MS_MAX}`;
    refuse(spec, 'the window size is out of range', sizeMs, remedy);
  }
  return sizeMs;
}

function demandGroup(demand: Demand, spec: FeatureSpec, field: NumericField | null): GroupDemand {
  const sizeMs = windowSizeOf(spec);
  const selector = selectorOf(demand, spec, spec.outcome);
  const column = field === null ? -1 : placeOf(demand.numericFields, field);
  const groups = demand.groups.get(sizeMs) ?? [];
  demand.groups.set(sizeMs, groups);
  const known = groups.find((group) => group.selector === selector && group.column === column);
  if (known !== undefined) return known;
  const group = { selector, column, sum: false, square: false, max: false };
  groups.push(group);
  return group;
}

function demandTable(demand: Demand, spec: FeatureSpec, field: DistinctField, present: number): TableDemand {
  const selector = selectorOf(demand, spec, spec.outcome);
  const place = placeOf(demand.distinctFields, field);
  const known = demand.tables.find((table) => table.selector === selector && table.field === place);
  if (known !== undefined) {
    if (present >= 0) known.present = present;
    return known;
  }
  const table = { selector, present, field: place, sizes: new Set<number>(), remembers: false };
  demand.tables.push(table);
  return table;
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

function demandFeature(demand: Demand, spec: FeatureSpec, aggregate: AggregateSpec): void {
  switch (aggregate.function) {
    case 'count':
      demandGroup(demand, spec, null);
      return;
    case 'sum':
    case 'mean':
    case 'max':
    case 'stddev': {
      const group = demandGroup(demand, spec, aggregate.field);
      if (aggregate.function === 'max') group.max = true;
      else group.sum = true;
      if (aggregate.function === 'stddev') group.square = true;
      return;
    }
    case 'distinct':
      demandTable(demand, spec, aggregate.field, -1).sizes.add(windowSizeOf(spec));
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
    default:
      refuseWindow(spec);
      demandTrack(demand, spec, aggregate.function === 'home_distance_km');
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
    groups: new Map(),
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
