import type { Group, GroupReading } from './layout.ts';
import { LAST_AT, LAST_BITS, NOW } from './layout.ts';
import { ENTRY_HEADER } from './runs.ts';
import { addSquare, deviationOf } from './squares.ts';

/** Fewer events than these have no deviation, and so are no baseline. */
const ZSCORE_EVENTS_MIN = 2;

/** Scratch: a sum of squares in two parts. */
const rest = new Float64Array(2);

/** A slot of a group, with what the panes have of it. */
function total(slab: Float64Array, slot: number, block: number, panes: number): number {
  return (slab[block + slot] ?? 0) + (panes === 0 ? 0 : (slab[panes + slot] ?? 0));
}

/** Slot of the pair of time and number, in the block or in the panes, that comes first (sign 1) or last (sign -1). */
function endOf(slab: Float64Array, group: Group, block: number, panes: number, sign: number): number {
  const slot = sign > 0 ? group.first : group.last;
  if (panes === 0 || slab[panes + group.count] === 0) return block + slot;
  if (slab[block + group.count] === 0) return panes + slot;
  const difference = (slab[panes + slot] ?? 0) - (slab[block + slot] ?? 0);
  const settled = difference === 0 ? (slab[panes + slot + 1] ?? 0) - (slab[block + slot + 1] ?? 0) : difference;
  return sign * settled < 0 ? panes + slot : block + slot;
}

/** The largest number (sign 1) or the smallest (sign -1). */
function extreme(slab: Float64Array, group: Group, block: number, panes: number, sign: number): number {
  const slot = sign > 0 ? group.max : group.min;
  const own = slab[block + slot] ?? 0;
  if (panes === 0 || slab[panes + group.count] === 0) return own;
  const others = slab[panes + slot] ?? 0;
  return slab[block + group.count] === 0 || sign * others > sign * own ? others : own;
}

/** Whether the event admitted last is counted in what a bit selects, after a boundary. */
export function holdsLast(slab: Float64Array, bit: number, boundary: number): boolean {
  return ((slab[LAST_BITS] ?? 0) & bit) !== 0 && (slab[LAST_AT] ?? 0) > (slab[boundary] ?? 0);
}

function zscore(slab: Float64Array, reading: GroupReading, numbers: number, block: number, panes: number): number {
  const { group, presentBit, scope } = reading;
  if (((slab[LAST_BITS] ?? 0) & presentBit) === 0) return 0;
  const current = slab[numbers + group.column] ?? 0;
  let count = total(slab, group.count, block, panes);
  let sum = total(slab, group.sum, block, panes);
  let high = total(slab, group.square, block, panes);
  let low = total(slab, group.square + 1, block, panes);
  if (holdsLast(slab, group.bit, scope.boundary)) {
    count -= 1;
    sum -= current;
    rest[0] = high;
    rest[1] = low;
    addSquare(rest, 0, current, -1);
    high = rest[0] ?? 0;
    low = rest[1] ?? 0;
  }
  if (count < ZSCORE_EVENTS_MIN) return 0;
  const deviation = deviationOf(count, sum, high, low);
  return deviation === 0 ? 0 : (current - sum / count) / deviation;
}

function rateOfChange(slab: Float64Array, group: Group, block: number, panes: number): number {
  const first = endOf(slab, group, block, panes, 1);
  const last = endOf(slab, group, block, panes, -1);
  const elapsedMs = (slab[last] ?? 0) - (slab[first] ?? 0);
  return elapsedMs <= 0 ? 0 : (((slab[last + 1] ?? 0) - (slab[first + 1] ?? 0)) * 1000) / elapsedMs;
}

/** Length of a window, s; that of a run is from its first event to the present, and a second at least. */
function secondsOf(slab: Float64Array, { scope, seconds }: GroupReading): number {
  if (seconds > 0) return seconds;
  const start = slab[scope.block - ENTRY_HEADER] ?? 0;
  return Math.max(1000, (slab[NOW] ?? 0) - start) / 1000;
}

/** A feature of a group; sums are in minor units still. `numbers` is the slot of the current event's first number. */
export function readGroup(slab: Float64Array, reading: GroupReading, numbers: number): number {
  const { group, scope } = reading;
  const block = scope.block;
  const panes = slab[scope.paneOffset] ?? 0;
  switch (reading.aggregate) {
    case 'count':
      return total(slab, group.count, block, panes);
    case 'sum':
      return total(slab, group.sum, block, panes);
    case 'mean': {
      const count = total(slab, group.count, block, panes);
      return count === 0 ? 0 : total(slab, group.sum, block, panes) / count;
    }
    case 'max':
      return extreme(slab, group, block, panes, 1);
    case 'min':
      return extreme(slab, group, block, panes, -1);
    case 'first':
      return slab[endOf(slab, group, block, panes, 1) + 1] ?? 0;
    case 'last':
      return slab[endOf(slab, group, block, panes, -1) + 1] ?? 0;
    case 'rate_of_change':
      return rateOfChange(slab, group, block, panes);
    case 'rate':
      return total(slab, group.sum < 0 ? group.count : group.sum, block, panes) / secondsOf(slab, reading);
    case 'zscore':
      return zscore(slab, reading, numbers, block, panes);
    default: {
      const count = total(slab, group.count, block, panes);
      const high = total(slab, group.square, block, panes);
      const low = total(slab, group.square + 1, block, panes);
      const deviation = deviationOf(count, total(slab, group.sum, block, panes), high, low);
      return reading.aggregate === 'variance' ? deviation * deviation : deviation;
    }
  }
}
