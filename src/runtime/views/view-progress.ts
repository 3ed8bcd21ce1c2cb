import type { RowSchema } from '../../domain/views.ts';
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

const COLUMNS = 'columns';

/** Which columns the rows have: known also while rows of an earlier version of the view are still read. */
export function readColumns(tables: StoreTables): RowSchema {
  const stored = tables.get('progress', [COLUMNS]);
  const columns: RowSchema = stored === null ? {} : JSON.parse(String(stored.value));
  return columns;
}

/** Keeps the columns of the rows. Inside a transaction only. */
export function writeColumns(tables: StoreTables, columns: RowSchema): void {
  tables.put('progress', { name: COLUMNS, value: JSON.stringify(columns) });
}
