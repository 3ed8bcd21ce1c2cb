import { PANES_PER_WINDOW } from '../domain/limits.ts';
import type { Demand, GroupDemand, ScopeDemand, SpreadDemand } from './demand.ts';
import { compareHorizons } from './horizons.ts';
import type {
  Group,
  Horizon,
  LifeLayout,
  RowsLayout,
  RunLayout,
  SpreadLayout,
  TableLayout,
  TrackLayout,
  WindowLayout,
} from './layout.ts';
import { NO_PANES } from './layout.ts';
import { isSameRange, type RangeSpec } from './range.ts';
import { CLOSED_SESSIONS, ENTRY_HEADER } from './runs.ts';

/** Panes of the events in a spread that are not kept one by one. */
const SPREAD_PANES = 16;

/** Hands out slots one after the other, and numbers to groups. */
export class Allocator {
  next: number;
  /** Place 0 among the stale marks tells of any. */
  #groups = 1;

  constructor(next: number) {
    this.next = next;
  }

  get groupCount(): number {
    return this.#groups;
  }

  take(slots: number): number {
    const slot = this.next;
    this.next += slots;
    return slot;
  }

  takeRows(): RowsLayout {
    return { offset: this.take(1), capacity: this.take(1), size: this.take(1) };
  }

  nextGroup(): number {
    return this.#groups++;
  }
}

/** A count alone is kept by any group of the same selector, so that it needs no group of its own. */
function neededGroups(groups: readonly GroupDemand[]): GroupDemand[] {
  return groups.filter(
    (group) => group.column >= 0 || !groups.some((other) => other.column >= 0 && other.selector === group.selector),
  );
}

/** The groups of a scope, and how long a block of them is. */
function arrangeGroups(demand: ScopeDemand, allocator: Allocator): { groups: Group[]; blockLength: number } {
  const inBlock = new Allocator(0);
  const groups = neededGroups(demand.groups).map(
    (group): Group => ({
      index: allocator.nextGroup(),
      bit: 1 << group.selector,
      column: group.column,
      count: inBlock.take(1),
      sum: group.sum ? inBlock.take(1) : -1,
      square: group.square ? inBlock.take(2) : -1,
      max: group.max ? inBlock.take(1) : -1,
      min: group.min ? inBlock.take(1) : -1,
      first: group.first ? inBlock.take(2) : -1,
      last: group.last ? inBlock.take(2) : -1,
      isRich: group.min || group.first || group.last,
    }),
  );
  return { groups, blockLength: inBlock.next };
}

function arrangeSpreads(spreads: readonly SpreadDemand[], paneMs: number | null, allocator: Allocator): SpreadLayout[] {
  return spreads.map((spread) => ({
    bit: 1 << spread.selector,
    column: spread.column,
    rows: allocator.takeRows(),
    folded: paneMs === null ? null : allocator.takeRows(),
    paneMs: paneMs ?? 0,
  }));
}

/** Places the boundaries of every span that a window or a table reads. */
export function arrangeHorizons(demand: Demand, allocator: Allocator): Horizon[] {
  const ranges = [...demand.windows.map(({ range }) => range), ...demand.tables.flatMap((table) => table.ranges)];
  const spans: { sizeMs: number; everyMs: number }[] = [];
  for (const range of ranges) {
    if (range.kind !== 'span') continue;
    if (spans.some(({ sizeMs, everyMs }) => sizeMs === range.sizeMs && everyMs === range.everyMs)) continue;
    spans.push({ sizeMs: range.sizeMs, everyMs: range.everyMs });
  }
  return spans.sort(compareHorizons).map(({ sizeMs, everyMs }) => ({ sizeMs, everyMs, boundary: allocator.take(1) }));
}

/**
 * How wide the panes of a window are that are made of `most` at least: so many starts of windows to a pane that there
 * are no more panes than that.
 */
function paneWidth(sizeMs: number, everyMs: number, most: number): number {
  return Math.ceil(Math.ceil(sizeMs / everyMs) / most) * everyMs;
}

/** Places the windows, by how far they reach back. */
export function arrangeWindows(demand: Demand, horizons: readonly Horizon[], allocator: Allocator): WindowLayout[] {
  return demand.windows.flatMap((window): WindowLayout[] => {
    const { range } = window;
    const horizon = horizons.find((one) => isSameRange({ kind: 'span', ...one }, range));
    if (horizon === undefined) return [];
    const { sizeMs, everyMs, boundary } = horizon;
    const head = allocator.take(3);
    const { groups, blockLength } = arrangeGroups(window, allocator);
    const block = allocator.take(blockLength);
    const paneMs = paneWidth(sizeMs, everyMs, PANES_PER_WINDOW);
    const paneCount = Math.ceil(sizeMs / paneMs);
    const spreads = arrangeSpreads(window.spreads, paneWidth(sizeMs, everyMs, SPREAD_PANES), allocator);
    const scope = { block, blockLength, groups, spreads, paneOffset: head + 1, boundary };
    return [{ ...scope, sizeMs, everyMs, paneMs, paneCount, head, paneOldest: head + 2 }];
  });
}

/** Places the runs. One that never ends has a single entry. */
export function arrangeRuns(demand: Demand, allocator: Allocator): RunLayout[] {
  return demand.runs.flatMap((run): RunLayout[] => {
    if (run.range.kind !== 'run') return [];
    const { gapMs } = run.range;
    const boundary = allocator.take(1);
    const { groups, blockLength } = arrangeGroups(run, allocator);
    const entryLength = ENTRY_HEADER + blockLength;
    const entryCount = gapMs === Number.POSITIVE_INFINITY ? 1 : 1 + CLOSED_SESSIONS;
    const entries = allocator.take(entryCount * entryLength);
    const spreads = arrangeSpreads(run.spreads, null, allocator);
    const block = entries + ENTRY_HEADER;
    const scope = { block, blockLength, groups, spreads, paneOffset: NO_PANES, boundary };
    return [{ ...scope, gapMs, bit: 1 << run.selector, entries, entryLength, entryCount }];
  });
}

/** The run of one selector with one gap. */
export function findRun(runs: readonly RunLayout[], bit: number, range: RangeSpec): RunLayout | undefined {
  return runs.find((run) => run.bit === bit && range.kind === 'run' && run.gapMs === range.gapMs);
}

/** Slot of the boundary of a range, for one selector's events. */
export function boundaryOf(
  range: RangeSpec,
  bit: number,
  horizons: readonly Horizon[],
  runs: readonly RunLayout[],
): number {
  if (range.kind === 'run') return findRun(runs, bit, range)?.boundary ?? NO_PANES;
  return horizons.find((one) => isSameRange({ kind: 'span', ...one }, range))?.boundary ?? NO_PANES;
}

/** Places the tables. */
export function arrangeTables(
  demand: Demand,
  horizons: readonly Horizon[],
  runs: readonly RunLayout[],
  lastValues: number,
  allocator: Allocator,
): TableLayout[] {
  return demand.tables.map((table) => {
    const bit = 1 << table.selector;
    const boundaries = table.ranges.map((range) => boundaryOf(range, bit, horizons, runs));
    return {
      bit,
      presentBit: table.present < 0 ? 0 : 1 << table.present,
      value: lastValues + table.field,
      field: table.field,
      boundaries,
      runs: table.ranges.flatMap((range) => findRun(runs, bit, range) ?? []),
      retentionMs: Math.max(0, ...table.ranges.map((range) => (range.kind === 'span' ? range.sizeMs : 0))),
      remembers: table.remembers,
      rows: allocator.takeRows(),
      fresh: allocator.take(1),
      counts: allocator.take(boundaries.length),
      sample: allocator.take(1),
    };
  });
}

/** Places what is known of where events took place. */
export function arrangeTracks(demand: Demand, allocator: Allocator): TrackLayout[] {
  return demand.tracks.map((track) => ({
    bit: 1 << track.selector,
    presentBit: 1 << track.present,
    located: allocator.take(1),
    at: allocator.take(1),
    direction: allocator.take(3),
    distance: allocator.take(1),
    speed: allocator.take(1),
    home: track.home ? allocator.take(1) : -1,
    homeSum: track.home ? allocator.take(3) : -1,
  }));
}

/** Places what is known of the times of events. */
export function arrangeLives(demand: Demand, allocator: Allocator): LifeLayout[] {
  return demand.lives.map((selector) => ({
    bit: 1 << selector,
    seen: allocator.take(1),
    first: allocator.take(1),
    latest: allocator.take(1),
    idle: allocator.take(1),
  }));
}
