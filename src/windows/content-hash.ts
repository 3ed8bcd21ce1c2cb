import { hash53 } from '../domain/hash.ts';
import type { RowsLayout, RunLayout, TableLayout, WindowLayout, WindowPlan } from './layout.ts';
import { EVENTS, NOW, RING_END, RING_START } from './layout.ts';
import { paneSlots } from './panes.ts';
import { rowOf } from './ring.ts';
import { firstRow, ROW, rowCount } from './rows.ts';
import { ENTRY_END, ENTRY_TAG } from './runs.ts';
import { BUCKETS } from './spread.ts';
import type { WindowState } from './state.ts';

function slotsOf(slab: Float64Array, from: number, count: number): number[] {
  return [...slab.subarray(from, from + count)];
}

/** Lists in an order that hangs on nothing but what is in them. */
function sorted(lists: readonly (readonly number[])[]): string[] {
  return lists.map((list) => list.map(String).join(' ')).sort();
}

function rowsContent(slab: Float64Array, rows: RowsLayout): number[][] {
  const first = firstRow(slab, rows);
  return Array.from({ length: rowCount(slab, rows) }, (_, place) => slotsOf(slab, first + place * ROW, ROW));
}

function ringContent(plan: WindowPlan, slab: Float64Array): number[][] {
  const start = slab[RING_START] ?? 0;
  const held = (slab[RING_END] ?? 0) - start;
  return Array.from({ length: held }, (_, place) => slotsOf(slab, rowOf(plan, slab, start + place), plan.rowLength));
}

function windowContent(slab: Float64Array, window: WindowLayout): unknown {
  const panes = slab[window.paneOffset] ?? 0;
  const spreads = window.spreads.map(({ rows }) => rowsContent(slab, rows));
  const block = slotsOf(slab, window.block, window.blockLength);
  return [block, panes === 0 ? [] : slotsOf(slab, panes, paneSlots(window)), spreads];
}

/**
 * The sessions, newest first, that an event up to three gaps late may still change. Which tag a session has is left
 * out: what is counted under it is told with the session.
 */
function runContent(slab: Float64Array, run: RunLayout): unknown {
  const changeable = (slab[NOW] ?? 0) - 3 * run.gapMs;
  const entries = Array.from({ length: run.entryCount }, (_, place) => {
    const slots = slotsOf(slab, run.entries + place * run.entryLength, run.entryLength);
    const tag = slots[ENTRY_TAG] ?? 0;
    const counted = run.spreads.map(({ rows }) =>
      rowsContent(slab, rows)
        .filter(([key = 0]) => Math.floor(key / BUCKETS) === tag)
        .map(([key = 0, count = 0]) => [key - tag * BUCKETS, count]),
    );
    return [slots.map((slot, index) => (index === ENTRY_TAG ? Math.sign(slot) : slot)), counted] as const;
  });
  return entries.filter(([slots], place) => place === 0 || (slots?.[ENTRY_END] ?? 0) >= changeable);
}

/** The values that a feature of the table can still ask for. */
function tableContent(slab: Float64Array, table: TableLayout): number[][] {
  const rows = rowsContent(slab, table.rows);
  if (table.remembers || table.runs.length > 0) return rows;
  const boundary = Math.min(...table.boundaries.map((slot) => slab[slot] ?? 0));
  return rows.filter(([, atMs = 0]) => atMs > boundary);
}

/**
 * Hash of what a state holds, 16 hexadecimal digits: the same for the same events in any order of arrival, as long as
 * all is kept one by one. Left out is what is about the event admitted last, and how much room there is. O(state).
 */
export function hashWindowContent(plan: WindowPlan, state: WindowState): string {
  const { slab } = state;
  const text = JSON.stringify([
    [slab[NOW], slab[EVENTS]],
    plan.windows.length === 0 ? [] : sorted(ringContent(plan, slab)),
    plan.windows.map((window) => windowContent(slab, window)),
    plan.runs.map((run) => runContent(slab, run)),
    plan.tables.map((table) => sorted(tableContent(slab, table))),
    plan.tracks.map((track) => slotsOf(slab, track.located, 5)),
    plan.lives.map((life) => slotsOf(slab, life.seen, 3)),
  ]);
  const part = (prefix: string) => hash53(`${prefix}${text}`).toString(16).padStart(14, '0');
  return `${part('1').slice(-8)}${part('2').slice(-8)}`;
}
