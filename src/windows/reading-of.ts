import { PalisadeError } from '../domain/errors.ts';
import type { NumericField } from '../domain/event-view.ts';
import type { AggregateSpec, FeatureSpec } from '../domain/features.ts';
import { boundaryOf, findRun } from './arrange.ts';
import type { Demand } from './demand.ts';
import type {
  GroupAggregate,
  Horizon,
  LifeLayout,
  Reading,
  RunLayout,
  Scope,
  TableLayout,
  TrackLayout,
  WindowLayout,
} from './layout.ts';
import { NO_PANES } from './layout.ts';
import { isSameRange, rangeOf, refuse } from './range.ts';
import { ENTRY_TAG } from './runs.ts';

/** The layouts that readings are made of. */
export type Arranged = {
  readonly demand: Demand;
  readonly horizons: readonly Horizon[];
  readonly windows: readonly WindowLayout[];
  readonly runs: readonly RunLayout[];
  readonly tables: readonly TableLayout[];
  readonly tracks: readonly TrackLayout[];
  readonly lives: readonly LifeLayout[];
  readonly minorPerMajor: number;
};

/** Fails only when the demand and the layout disagree. */
function found<Item>(item: Item | undefined): Item {
  if (item !== undefined) return item;
  throw new PalisadeError('ENGINE_INTERNAL', 'Cannot lay out the windows as a part is missing: none. Report this.');
}

/** Bit of the selector of a feature, or of the one beside it that takes every outcome; 0 where there is none. */
function bitOf(spec: FeatureSpec, { selectors }: Demand, outcome: FeatureSpec['outcome']): number {
  const { on, where } = spec;
  const place = selectors.findIndex((one) => one.on === on && one.outcome === outcome && one.where === where);
  return place < 0 ? 0 : 1 << place;
}

function scopeOf(spec: FeatureSpec, bit: number, { windows, runs }: Arranged): Scope {
  const range = rangeOf(spec);
  const window = windows.find(({ sizeMs, everyMs }) => isSameRange({ kind: 'span', sizeMs, everyMs }, range));
  return found(window ?? findRun(runs, bit, range));
}

function divisorOf(name: AggregateSpec['function'], minorPerMajor: number): number {
  if (name === 'count' || name === 'zscore' || name === 'iqr_position') return 1;
  return name === 'variance' ? minorPerMajor * minorPerMajor : minorPerMajor;
}

function groupReading(
  spec: FeatureSpec,
  aggregate: GroupAggregate,
  field: NumericField | null,
  arranged: Arranged,
): Reading {
  const { demand, minorPerMajor } = arranged;
  const bit = bitOf(spec, demand, spec.outcome);
  const scope = scopeOf(spec, bit, arranged);
  const column = field === null ? -1 : demand.numericFields.indexOf(field);
  const group = found(scope.groups.find((one) => one.bit === bit && (column < 0 || one.column === column)));
  const range = rangeOf(spec);
  const seconds = range.kind === 'span' ? range.sizeMs / 1000 : 0;
  const divisor = field === null ? 1 : divisorOf(aggregate, minorPerMajor);
  const isOfEvents = aggregate === 'rate' && field === null;
  const presentBit = bitOf(spec, demand, 'all');
  return {
    kind: 'group',
    aggregate,
    scope,
    group: isOfEvents ? { ...group, sum: -1 } : group,
    presentBit,
    seconds,
    divisor,
  };
}

function spreadReading(
  spec: FeatureSpec,
  aggregate: Extract<AggregateSpec, { function: 'quantile' | 'iqr_position' }>,
  arranged: Arranged,
): Reading {
  const { demand, minorPerMajor, runs } = arranged;
  const bit = bitOf(spec, demand, spec.outcome);
  const scope = scopeOf(spec, bit, arranged);
  const column = demand.numericFields.indexOf(aggregate.field);
  const spread = found(scope.spreads.find((one) => one.bit === bit && one.column === column));
  const run = findRun(runs, bit, rangeOf(spec));
  return {
    kind: aggregate.function,
    scope,
    spread,
    tag: run === undefined ? NO_PANES : run.entries + ENTRY_TAG,
    share: aggregate.function === 'quantile' ? aggregate.share : 0,
    presentBit: bitOf(spec, demand, 'all'),
    divisor: divisorOf(aggregate.function, minorPerMajor),
  };
}

function distinctReading(spec: FeatureSpec, table: TableLayout, arranged: Arranged): Reading {
  const boundary = boundaryOf(rangeOf(spec), table.bit, arranged.horizons, arranged.runs);
  const place = table.boundaries.indexOf(boundary);
  return { kind: 'distinct', count: table.counts + place, sample: table.sample, table, place };
}

function ratioReading(spec: FeatureSpec, names: readonly [string, string], specs: readonly FeatureSpec[]): Reading {
  const [numerator, denominator] = names.map((name) => {
    const place = specs.findIndex((one) => one.name === name);
    if (place >= 0 && specs[place]?.aggregate.function !== 'ratio') return place;
    return refuse(spec, 'a ratio is of two features of the same entity that are none', name, 'Name two other features');
  });
  return { kind: 'ratio', numerator: found(numerator), denominator: found(denominator) };
}

/** How a feature is read. Throws RULESET_INVALID for a ratio of features that are not there. */
export function readingOf(spec: FeatureSpec, specs: readonly FeatureSpec[], arranged: Arranged): Reading {
  const { demand } = arranged;
  const { aggregate } = spec;
  const bit = bitOf(spec, demand, spec.outcome);
  switch (aggregate.function) {
    case 'age_s':
      return { kind: 'age', life: found(arranged.lives.find((life) => life.bit === bit)) };
    case 'idle_s':
      return { kind: 'slot', slot: found(arranged.lives.find((life) => life.bit === bit)).idle };
    case 'distance_km':
      return { kind: 'slot', slot: found(arranged.tracks.find((track) => track.bit === bit)).distance };
    case 'speed_kmh':
      return { kind: 'slot', slot: found(arranged.tracks.find((track) => track.bit === bit)).speed };
    case 'home_distance_km':
      return { kind: 'slot', slot: found(arranged.tracks.find((track) => track.bit === bit)).home };
    case 'distinct':
    case 'first_time': {
      const field = demand.distinctFields.indexOf(aggregate.field);
      const table = found(arranged.tables.find((one) => one.bit === bit && one.field === field));
      if (aggregate.function === 'first_time') return { kind: 'slot', slot: table.fresh };
      return distinctReading(spec, table, arranged);
    }
    case 'ratio':
      return ratioReading(spec, [aggregate.numerator, aggregate.denominator], specs);
    case 'quantile':
    case 'iqr_position':
      return spreadReading(spec, aggregate, arranged);
    case 'count':
      return groupReading(spec, 'count', null, arranged);
    default:
      return groupReading(spec, aggregate.function, aggregate.field, arranged);
  }
}
