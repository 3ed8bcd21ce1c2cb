import type { Position } from '../../domain/entities.ts';
import type { ErrorCode, FieldProblem } from '../../domain/errors.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { ProjectionCounts, RowQuery } from '../../ports/projections.ts';
import type { OutboxEntry } from '../../ports/read-store.ts';
import type { LastRecord } from '../../runtime/projection-runner.ts';
import type { PackedRecords } from './packed-records.ts';

/** The log whose records the thread reads by itself: its folder, and how far it is. */
export type LogFile = { readonly directory: string; readonly head: Position };

/** What readers may ask the thread of the projections. */
export type Question =
  | { readonly about: 'views' | 'projections' }
  | { readonly about: 'rows'; readonly query: RowQuery }
  | { readonly about: 'changes'; readonly view: string; readonly after: number; readonly limit: number }
  | { readonly about: 'late_events'; readonly view: string | null; readonly limit: number }
  | { readonly about: 'rebuild'; readonly name: string };

/** From the main thread to that of the projections. */
export type ToProjections =
  /** The first: whether the log has the record that the thread said it had taken in last. */
  | { readonly kind: 'begin'; readonly isOfLog: boolean; readonly inFile: LogFile | null }
  /** How far the log is that the thread reads by itself. */
  | { readonly kind: 'head'; readonly head: Position }
  | { readonly kind: 'records'; readonly records: PackedRecords }
  | { readonly kind: 'read'; readonly id: number; readonly records: PackedRecords | ErrorImage }
  | { readonly kind: 'appended'; readonly id: number; readonly error: ErrorImage | null }
  | { readonly kind: 'question'; readonly id: number; readonly question: Question }
  | { readonly kind: 'close' };

/** From the thread of the projections to the main thread. */
export type FromProjections =
  /** `discarded`: why what was in the file was let go of; null where it was not. */
  | { readonly kind: 'opened'; readonly last: LastRecord | null; readonly discarded: string | null }
  | { readonly kind: 'ready'; readonly counts: ProjectionCounts }
  | { readonly kind: 'refused'; readonly error: ErrorImage }
  /** So many batches have been taken in, with so many records in all. */
  | { readonly kind: 'applied'; readonly batches: number; readonly records: number; readonly counts: ProjectionCounts }
  /** What is being built is further on, or done. */
  | { readonly kind: 'advanced'; readonly counts: ProjectionCounts }
  | { readonly kind: 'read'; readonly id: number; readonly after: number; readonly maxCount: number }
  | { readonly kind: 'append'; readonly id: number; readonly entries: readonly OutboxEntry[] }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'fault'; readonly id: number; readonly error: ErrorImage }
  | { readonly kind: 'failed'; readonly error: ErrorImage }
  | { readonly kind: 'closed' };

/** An error that crosses threads. */
export type ErrorImage = {
  readonly isError: true;
  readonly code: ErrorCode;
  readonly message: string;
  readonly fields: readonly FieldProblem[];
};

/** The image of anything thrown; what is no error of ours becomes READ_STORE_FAILED. */
export function errorImageOf(error: unknown): ErrorImage {
  if (error instanceof PalisadeError) {
    return { isError: true, code: error.code, message: error.message, fields: error.fields };
  }
  const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const message = `Cannot go on with the projections as they met an unexpected error: ${words}. Rebuild them.`;
  return { isError: true, code: 'READ_STORE_FAILED', message, fields: [] };
}

/** The error of an image. */
export function errorOfImage({ code, message, fields }: ErrorImage): PalisadeError {
  return new PalisadeError(code, message, { fields });
}
