import { PalisadeError } from '../domain/errors.ts';
import type { FeatureSpec } from '../domain/features.ts';
import { hash53 } from '../domain/hash.ts';
import { DISTINCT_VALUES_MAX, EXACT_EVENTS_MAX, PANES_PER_WINDOW } from '../domain/limits.ts';
import {
  Allocator,
  arrangeHorizons,
  arrangeLives,
  arrangeRuns,
  arrangeTables,
  arrangeTracks,
  arrangeWindows,
} from './arrange.ts';
import { gatherDemand } from './demand.ts';
import { SAMPLE_VALUES_MAX } from './distinct-sample.ts';
import type { RowsLayout, RunLayout, TableLayout, WindowLayout, WindowPlan } from './layout.ts';
import { HEADER_SLOTS, INITIAL_CAPACITY, RING_OFFSET, ROW_NUMBERS } from './layout.ts';
import { readingOf } from './reading-of.ts';
import { QUANTILE_ERROR } from './spread.ts';

/** Changes whenever the meaning of a slot changes, so that older snapshots are not misread. */
const LAYOUT_VERSION = 3;

function minorPerMajorOf(amountScale: number): number {
  const minorPerMajor = Math.round(1 / amountScale);
  if (minorPerMajor >= 1 && Math.abs(minorPerMajor * amountScale - 1) < 1e-9) return minorPerMajor;
  const problem = `Cannot compile the windows as a major unit is no whole number of minor units: scale ${amountScale}`;
  throw new PalisadeError('RULESET_INVALID', `${problem}. Use a scale such as 1, 0.01 or 0.001.`);
}

function schemaOf(layout: object): string {
  const bounds = [EXACT_EVENTS_MAX, PANES_PER_WINDOW, DISTINCT_VALUES_MAX, SAMPLE_VALUES_MAX, QUANTILE_ERROR];
  const text = JSON.stringify([LAYOUT_VERSION, INITIAL_CAPACITY, bounds, layout]);
  return `${hash53(`1${text}`).toString(16).padStart(14, '0')}${hash53(`2${text}`).toString(16).padStart(14, '0')}`;
}

/** The lists of rows that a state begins with, and those that it gets when they are needed. */
function rowsOf(
  windows: readonly WindowLayout[],
  runs: readonly RunLayout[],
  tables: readonly TableLayout[],
): { readonly initialRows: RowsLayout[]; readonly lateRows: RowsLayout[] } {
  const spreads = [...windows, ...runs].flatMap((scope) => scope.spreads);
  return {
    initialRows: tables.map((table) => table.rows),
    lateRows: spreads.flatMap(({ rows, folded }) => (folded === null ? [rows] : [rows, folded])),
  };
}

/**
 * Compiles the features of one kind of entity into the layout of its window states. Deterministic: the same features
 * in the same order give the same plan and schema. `amountScale` turns minor into major units (0.01 for cents).
 * A feature with outcome `approved` or `declined` that is about the current event (`first_time`, `zscore`,
 * `iqr_position` and the geographic ones) also adds the selector of all outcomes, by which the current event is known
 * before its outcome is.
 * Throws RULESET_INVALID as `gatherDemand` does, or for a scale that is not one over a whole number.
 */
export function compileWindowPlan(specs: readonly FeatureSpec[], options: { amountScale: number }): WindowPlan {
  const minorPerMajor = minorPerMajorOf(options.amountScale);
  const demand = gatherDemand(specs);
  const { selectors, numericFields, distinctFields } = demand;
  const allocator = new Allocator(HEADER_SLOTS);
  const lastNumbers = allocator.take(numericFields.length);
  const lastValues = allocator.take(distinctFields.length);
  const horizons = arrangeHorizons(demand, allocator);
  const windows = arrangeWindows(demand, horizons, allocator);
  const runs = arrangeRuns(demand, allocator);
  const tables = arrangeTables(demand, horizons, runs, lastValues, allocator);
  const tracks = arrangeTracks(demand, allocator);
  const lives = arrangeLives(demand, allocator);
  const rowLength = ROW_NUMBERS + numericFields.length;
  const growing = (windows.length > 0 ? rowLength : 0) + 2 * tables.length;
  const layout = {
    selectors,
    numericFields,
    distinctFields,
    minorPerMajor,
    horizons,
    windows,
    runs,
    tables,
    tracks,
    lives,
  };
  const schema = schemaOf(layout);
  const { initialRows, lateRows } = rowsOf(windows, runs, tables);
  const readings = specs.map((spec) => readingOf(spec, specs, { demand, ...layout }));
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
    sectionSlots: [
      RING_OFFSET,
      ...[...initialRows, ...lateRows].map((rows) => rows.offset),
      ...windows.map((window) => window.paneOffset),
      ...tables.map((table) => table.sample),
    ],
    horizonSizes: Float64Array.from(horizons, ({ sizeMs }) => sizeMs),
    firstBoundary: horizons[0]?.boundary ?? 0,
    hasHops: horizons.some(({ everyMs }) => everyMs > 1),
    countScan: Int32Array.from(
      tables.flatMap(({ rows, counts, boundaries }) =>
        boundaries.flatMap((boundary, place) => [rows.offset, counts + place, boundary]),
      ),
    ),
    initialRows,
    lateRows,
    readings,
    hasRatios: readings.some((reading) => reading.kind === 'ratio'),
    hasSpreads: windows.some(({ spreads }) => spreads.length > 0),
    stale: new Uint8Array(allocator.groupCount),
  };
}
