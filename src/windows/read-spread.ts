import type { SpreadReading } from './layout.ts';
import { LAST_BITS } from './layout.ts';
import { holdsLast } from './read-scope.ts';
import { firstRow, ROW, rowCount } from './rows.ts';
import { amountOf, BUCKETS, bucketOf, placeOfKey } from './spread.ts';

/** Fewer events than these have no quartiles worth the name, and so are no baseline. */
const QUARTILE_EVENTS_MIN = 4;

/** Shares come from decimal fractions: 0.07 * 100 is a little more than 7 in binary. */
const RANK_SLACK = 1e-9;

/** How often the buckets of one tag occur: a cursor over its rows. One is enough, as it is used up in the same step. */
class TagRows {
  #slab: Float64Array = new Float64Array(0);
  #start = 0;
  #end = 0;
  #base = 0;
  #without = -1;
  count = 0;

  /** Turns to the rows of a reading; one event of the bucket `without` is left out, none where it is -1. */
  turn(slab: Float64Array, { spread, tag }: SpreadReading, without: number): void {
    const { rows } = spread;
    this.#slab = slab;
    this.#base = (slab[tag] ?? 0) * BUCKETS;
    this.#without = without;
    const first = firstRow(slab, rows);
    this.#start = first + placeOfKey(slab, rows, this.#base) * ROW;
    const last = first + rowCount(slab, rows) * ROW;
    let count = without < 0 ? 0 : -1;
    let row = this.#start;
    for (; row < last && (slab[row] ?? 0) < this.#base + BUCKETS; row += ROW) count += slab[row + 1] ?? 0;
    this.#end = row;
    this.count = count;
  }

  /** Bucket of the smallest amount that a share of all is not above: nearest rank. There has to be one. */
  bucketAt(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.count - RANK_SLACK));
    let passed = 0;
    for (let row = this.#start; row < this.#end; row += ROW) {
      const bucket = (this.#slab[row] ?? 0) - this.#base;
      passed += (this.#slab[row + 1] ?? 0) - (bucket === this.#without ? 1 : 0);
      if (passed >= rank) return bucket;
    }
    return 0;
  }
}

const tagRows = new TagRows();

/**
 * How far the current amount is outside the quartiles of the others, in interquartile ranges: above 1.5 is what Tukey's
 * fences call an outlier; 0 between the quartiles, and negative below them.
 */
function iqrPosition(slab: Float64Array, reading: SpreadReading, numbers: number): number {
  const { presentBit, scope, spread } = reading;
  if (((slab[LAST_BITS] ?? 0) & presentBit) === 0) return 0;
  const current = slab[numbers + spread.column] ?? 0;
  const bucket = bucketOf(current);
  tagRows.turn(slab, reading, holdsLast(slab, spread.bit, scope.boundary) ? bucket : -1);
  if (tagRows.count < QUARTILE_EVENTS_MIN) return 0;
  const low = tagRows.bucketAt(0.25);
  const high = tagRows.bucketAt(0.75);
  if (low === high || (bucket >= low && bucket <= high)) return 0;
  const edge = amountOf(bucket > high ? high : low);
  return (current - edge) / (amountOf(high) - amountOf(low));
}

/** A feature of a spread, amounts in minor units. O(buckets in use). */
export function readSpread(slab: Float64Array, reading: SpreadReading, numbers: number): number {
  if (reading.kind === 'iqr_position') return iqrPosition(slab, reading, numbers);
  tagRows.turn(slab, reading, -1);
  return tagRows.count === 0 ? 0 : amountOf(tagRows.bucketAt(reading.share));
}
