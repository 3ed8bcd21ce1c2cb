import type { Position, Revision, StreamName } from '../../domain/entities.ts';
import { type ErrorCode, PalisadeError } from '../../domain/errors.ts';
import type { StoredRecord, StoredSnapshot, StreamImage } from '../../ports/event-log.ts';

/** What the worker thread is started with. */
export type WorkerSettings = {
  readonly directory: string;
  /** Records that the index keeps in memory before they become a segment. */
  readonly tailLimit: number;
  /** Streams whose last revision is kept in memory. */
  readonly knownRevisionLimit: number;
};

/**
 * Drafts as bytes and numbers, which change hands without a copy: the thread that writes them never makes a text of a
 * body. Per draft `bytes` holds id, type, body and the stream names in UTF-8, `numbers` the lengths of the first three,
 * the count of streams, and for each the length of its name and its expected revision.
 */
export type DraftBatch = {
  readonly count: number;
  /** How many drafts, of all since the start, had been answered when these were made. */
  readonly answeredCount: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly numbers: Float64Array<ArrayBuffer>;
};

export type ReadRequest =
  | { readonly kind: 'record'; readonly recordId: string }
  | { readonly kind: 'stream'; readonly stream: StreamName; readonly from: Revision; readonly maxCount: number }
  | { readonly kind: 'image'; readonly stream: StreamName; readonly schema: string; readonly maxCount: number }
  | { readonly kind: 'all'; readonly after: Position; readonly maxCount: number };

/** One turn of the event loop's worth of work. Drafts are stored before the reads are served. */
export type WorkerRequest = {
  readonly drafts: DraftBatch;
  readonly reads: readonly ReadRequest[];
  readonly snapshots: readonly StoredSnapshot[];
  readonly isLast: boolean;
};

/** A PalisadeError as it crosses threads. */
export type ErrorImage = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, string | number>>;
};

/** A draft that did not become a new record; the others got the positions from `firstPosition` on, in order. */
export type AppendException =
  | { readonly ordinal: number; readonly kind: 'repeated'; readonly position: Position }
  | { readonly ordinal: number; readonly kind: 'refused'; readonly error: ErrorImage };

export type ReadReply =
  | { readonly kind: 'records'; readonly records: readonly StoredRecord[] }
  | { readonly kind: 'image'; readonly image: StreamImage }
  | { readonly kind: 'refused'; readonly error: ErrorImage };

/** What one commit did with the drafts that waited for it. */
export type CommitReport = {
  readonly draftCount: number;
  readonly firstPosition: Position;
  readonly exceptions: readonly AppendException[];
  /** Of the COMMIT with its fsync. */
  readonly commitMs: number;
};

/** The log is open. The filters cover every stored key but those in `tailKeys`: high hash, low hash, and so on. */
export type ReadyReply = {
  readonly kind: 'ready';
  readonly head: Position;
  readonly hashSeed: number;
  readonly tailKeys: Uint32Array;
  readonly filters: readonly Uint32Array[];
};

export type WorkerReply =
  | ReadyReply
  | { readonly kind: 'done'; readonly commit: CommitReport | null; readonly reads: readonly ReadReply[] }
  /** The segments changed: their filters now cover every key among the first `draftCount` drafts. */
  | { readonly kind: 'indexed'; readonly filters: readonly Uint32Array[]; readonly draftCount: number }
  | { readonly kind: 'refused'; readonly error: ErrorImage }
  | { readonly kind: 'failed'; readonly error: ErrorImage }
  | { readonly kind: 'closed' };

/** An error made ready to cross threads. */
export function imageOf(error: PalisadeError): ErrorImage {
  return { code: error.code, message: error.message, details: error.details };
}

/** The error that crossed threads. */
export function errorOf({ code, message, details }: ErrorImage): PalisadeError {
  return new PalisadeError(code, message, { details });
}
