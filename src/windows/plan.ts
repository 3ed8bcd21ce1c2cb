import { PalisadeError } from '../domain/errors.ts';
import type { FeatureSpec } from '../domain/features.ts';
import { hash53 } from '../domain/hash.ts';
import { DISTINCT_VALUES_MAX, EXACT_EVENTS_MAX, PANES_PER_WINDOW } from '../domain/limits.ts';
import type { Demand, GroupDemand } from './demand.ts';
import { gatherDemand, windowSizeOf } from './demand.ts';
import type {
  Group,
  LifeLayout,
  Reading,
  Selector,
  TableLayout,
  TrackLayout,
  WindowLayout,
  WindowPlan,
} from './layout.ts';
import { HEADER_SLOTS, RING_OFFSET, ROW_NUMBERS } from './layout.ts';

/** Events that a new ring, and values that a new table, has room for. */
export const INITIAL_CAPACITY = 4;

/** Changes whenever the meaning of a slot changes, so that older snapshots are not misread. */
const LAYOUT_VERSION = 1;

/** Hands out slots one after the other. */
type Allocator = { next: number };

function take(allocator: Allocator, slots: number): number {
  const slot = allocator.next;
  allocator.next += slots;
  return slot;
}

/** A count alone is kept by any group of the same selector, so that it needs no group of its own. */
function neededGroups(groups: readonly GroupDemand[]): GroupDemand[] {
  return groups.filter(
    (group) => group.column >= 0 || !groups.some((other) => other.column >= 0 && other.selector === group.selector),
  );
}

function layWindows(demand: Demand, allocator: Allocator): WindowLayout[] {
  let index = 0;
  const sizes = [...demand.groups.keys()].sort((left, right) => left - right);
  return sizes.map((sizeMs) => {
    const head = take(allocator, 3);
    const inBlock: Allocator = { next: 0 };
    const groups = neededGroups(demand.groups.get(sizeMs) ?? []).map(
      (group): Group => ({
        index: index++,
        bit: 1 << group.selector,
        column: group.column,
        count: take(inBlock, 1),
        sum: group.sum ? take(inBlock, 1) : -1,
        square: group.square ? take(inBlock, 2) : -1,
        max: group.max ? take(inBlock, 1) : -1,
      }),
    );
    const blockLength = inBlock.next;
    const block = take(allocator, blockLength);
    const paneMs = Math.ceil(sizeMs / PANES_PER_WINDOW);
    return { sizeMs, paneMs, head, paneOffset: head + 1, paneOldest: head + 2, block, blockLength, groups };
  });
}

function layTables(demand: Demand, allocator: Allocator, lastValues: number): TableLayout[] {
  return demand.tables.map((table) => {
    const sizesMs = [...table.sizes].sort((left, right) => left - right);
    const offset = take(allocator, 4 + sizesMs.length);
    return {
      bit: 1 << table.selector,
      presentBit: table.present < 0 ? 0 : 1 << table.present,
      value: lastValues + table.field,
      field: table.field,
      sizesMs,
      retentionMs: sizesMs.at(-1) ?? 0,
      remembers: table.remembers,
      offset,
      capacity: offset + 1,
      size: offset + 2,
      fresh: offset + 3,
      counts: offset + 4,
    };
  });
}

function layTracks(demand: Demand, allocator: Allocator): TrackLayout[] {
  return demand.tracks.map((track) => ({
    bit: 1 << track.selector,
    presentBit: 1 << track.present,
    located: take(allocator, 1),
    at: take(allocator, 1),
    direction: take(allocator, 3),
    distance: take(allocator, 1),
    speed: take(allocator, 1),
    home: track.home ? take(allocator, 1) : -1,
    homeSum: track.home ? take(allocator, 3) : -1,
  }));
}

function layLives(demand: Demand, allocator: Allocator): LifeLayout[] {
  return demand.lives.map((selector) => ({
    bit: 1 << selector,
    seen: take(allocator, 1),
    first: take(allocator, 1),
    latest: take(allocator, 1),
    idle: take(allocator, 1),
  }));
}

/** The layouts that readings are made of; `find` fails only when the demand and the layout disagree. */
type Laid = {
  readonly demand: Demand;
  readonly windows: readonly WindowLayout[];
  readonly tables: readonly TableLayout[];
  readonly tracks: readonly TrackLayout[];
  readonly lives: readonly LifeLayout[];
};

function find<Item>(items: readonly Item[], test: (item: Item) => boolean): Item {
  const item = items.find(test);
  if (item === undefined) {
    throw new PalisadeError('ENGINE_INTERNAL', 'Cannot lay out the windows as a part is missing: none. Report this.');
  }
  return item;
}

function readingOf(spec: FeatureSpec, laid: Laid): Reading {
  const { demand } = laid;
  const { aggregate, on, outcome, where } = spec;
  const isOwn = (one: Selector) => one.on === on && one.outcome === outcome && one.where === where;
  const bit = 1 << demand.selectors.findIndex(isOwn);
  switch (aggregate.function) {
    case 'age_s':
      return { kind: 'age', life: find(laid.lives, (life) => life.bit === bit) };
    case 'idle_s':
      return { kind: 'slot', slot: find(laid.lives, (life) => life.bit === bit).idle };
    case 'distance_km':
      return { kind: 'slot', slot: find(laid.tracks, (track) => track.bit === bit).distance };
    case 'speed_kmh':
      return { kind: 'slot', slot: find(laid.tracks, (track) => track.bit === bit).speed };
    case 'home_distance_km':
      return { kind: 'slot', slot: find(laid.tracks, (track) => track.bit === bit).home };
    case 'distinct':
    case 'first_time': {
      const field = demand.distinctFields.indexOf(aggregate.field);
      const table = find(laid.tables, (one) => one.bit === bit && one.field === field);
      if (aggregate.function === 'first_time') return { kind: 'slot', slot: table.fresh };
      return { kind: 'slot', slot: table.counts + table.sizesMs.indexOf(windowSizeOf(spec)) };
    }
    case 'count':
    case 'sum':
    case 'mean':
    case 'max':
    case 'stddev': {
      const column = aggregate.function === 'count' ? -1 : demand.numericFields.indexOf(aggregate.field);
      const window = find(laid.windows, (one) => one.sizeMs === windowSizeOf(spec));
      const group = find(window.groups, (one) => one.bit === bit && (column < 0 || one.column === column));
      return { kind: aggregate.function, window, group };
    }
    default: {
      const problem = `Cannot compile feature ${spec.name} as its aggregate is not kept: ${aggregate.function}`;
      throw new PalisadeError('RULESET_INVALID', `${problem}. Choose another.`);
    }
  }
}

function minorPerMajorOf(amountScale: number): number {
  const minorPerMajor = Math.round(1 / amountScale);
  if (minorPerMajor >= 1 && Math.abs(minorPerMajor * amountScale - 1) < 1e-9) return minorPerMajor;
  const problem = `Cannot compile the windows as a major unit is no whole number of minor units: scale ${amountScale}`;
  throw new PalisadeError('RULESET_INVALID', `${problem}. Use a scale such as 1, 0.01 or 0.001.`);
}

function schemaOf(layout: object): string {
  const limits = [LAYOUT_VERSION, EXACT_EVENTS_MAX, PANES_PER_WINDOW, DISTINCT_VALUES_MAX, INITIAL_CAPACITY];
  const text = JSON.stringify([limits, layout]);
  return `${hash53(`1${text}`).toString(16).padStart(14, '0')}${hash53(`2${text}`).toString(16).padStart(14, '0')}`;
}

/**
 * Compiles the features of one kind of entity into the layout of its window states. Deterministic: the same features
 * in the same order give the same plan and schema. `amountScale` turns minor into major units (0.01 for cents).
 * A feature with outcome `approved` or `declined` that is about the current event (`first_time` and the geographic
 * ones) also adds the selector of all outcomes, by which the current event is known before its outcome is.
 * Throws RULESET_INVALID as `gatherDemand` does, or for a scale that is not one over a whole number.
 */
export function compileWindowPlan(specs: readonly FeatureSpec[], options: { amountScale: number }): WindowPlan {
  const minorPerMajor = minorPerMajorOf(options.amountScale);
  const demand = gatherDemand(specs);
  const { selectors, numericFields, distinctFields } = demand;
  const allocator: Allocator = { next: HEADER_SLOTS };
  const lastNumbers = take(allocator, numericFields.length);
  const lastValues = take(allocator, distinctFields.length);
  const windows = layWindows(demand, allocator);
  const tables = layTables(demand, allocator, lastValues);
  const tracks = layTracks(demand, allocator);
  const lives = layLives(demand, allocator);
  const rowLength = ROW_NUMBERS + numericFields.length;
  const growing = (windows.length > 0 ? rowLength : 0) + 2 * tables.length;
  const layout = { selectors, numericFields, distinctFields, minorPerMajor, windows, tables, tracks, lives };
  const schema = schemaOf(layout);
  return {
    ...layout,
    schema,
    schemaNumber: hash53(schema),
    featureNames: specs.map((spec) => spec.name),
    rowLength,
    lastNumbers,
    lastValues,
    fixedSlots: allocator.next,
    initialSlots: allocator.next + INITIAL_CAPACITY * growing,
    sectionSlots: [RING_OFFSET, ...tables.map((table) => table.offset), ...windows.map((window) => window.paneOffset)],
    readings: specs.map((spec) => readingOf(spec, { demand, windows, tables, tracks, lives })),
    staleMaxima: new Uint8Array(windows.reduce((count, window) => count + window.groups.length, 0)),
  };
}
