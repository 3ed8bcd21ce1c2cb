import type { StoreTables } from '../../ports/read-store.ts';
import type { EncodedWatermark } from '../../views/mod.ts';

/** How far a view is, beside its rows. Counts are of the whole log up to the checkpoint. */
export type ViewProgress = {
  watermark: EncodedWatermark | null;
  /** Number of the last change. */
  sequence: number;
  events: number;
  /** Events that came after a window of theirs had closed. */
  late: number;
  /** Of those, the ones that no window took. */
  dropped: number;
  corrections: number;
};

const KEY = 'progress';

/** What the tables say; nothing for a new view. */
export function readProgress(tables: StoreTables): ViewProgress {
  const stored = tables.get('progress', [KEY]);
  if (stored === null) return { watermark: null, sequence: 0, events: 0, late: 0, dropped: 0, corrections: 0 };
  const progress: ViewProgress = JSON.parse(String(stored.value));
  return progress;
}

/** Keeps it for the next start. Inside a transaction only. */
export function writeProgress(tables: StoreTables, progress: ViewProgress): void {
  tables.put('progress', { name: KEY, value: JSON.stringify(progress) });
}
