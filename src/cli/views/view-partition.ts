import type { ExportedRow } from './view-client.ts';

const HOUR_MS = 3_600_000;

/** Beginning of the hour, UTC, that a row's window starts in, ms; null for a row without a window. */
export function partitionOf(row: ExportedRow): number | null {
  const start = row.window_start;
  if (typeof start !== 'string') return null;
  return Math.floor(Date.parse(start) / HOUR_MS) * HOUR_MS;
}

/** First ms after a partition. */
export function partitionEnd(hourMs: number): number {
  return hourMs + HOUR_MS;
}

/**
 * Path of the one file of a partition: `<view>/date=2026-02-10/hour=09/<view>.parquet`, or `<view>/<view>.parquet`
 * for a view without windows. Nothing else is in the name, so that a later export of the partition replaces it.
 */
export function partitionPath(view: string, hourMs: number | null, extension: string): string {
  if (hourMs === null) return `${view}/${view}.${extension}`;
  const text = new Date(hourMs).toISOString();
  return `${view}/date=${text.slice(0, 10)}/hour=${text.slice(11, 13)}/${view}.${extension}`;
}
