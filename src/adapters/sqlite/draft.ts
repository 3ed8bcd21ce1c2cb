import type { Buffer } from 'node:buffer';
import { NO_STREAM, type Position, type Revision, type StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { StoredRecord } from '../../ports/event-log.ts';

/** A record to append, out of a batch; `expected` goes with `names`. */
export type Draft = {
  readonly recordId: string;
  readonly type: string;
  /** UTF-8 of the text. */
  readonly body: Buffer;
  readonly names: readonly StreamName[];
  readonly expected: readonly Revision[];
  /** How many drafts had been answered when this one was made. */
  readonly answeredCount: number;
};

/** The revision that a record has in a stream, -1 where it is not part of it. */
export function revisionIn(record: StoredRecord, stream: StreamName): Revision {
  for (const each of record.streams) if (each.stream === stream) return each.revision;
  return NO_STREAM;
}

/** Whether a draft is the append that made a record, expected revisions included. */
export function isSame(record: StoredRecord, { type, body, names, expected }: Draft): boolean {
  if (record.body !== body.toString() || record.type !== type || record.streams.length !== names.length) return false;
  return record.streams.every(({ stream, revision }, index) => {
    return stream === names[index] && revision === (expected[index] ?? NO_STREAM) + 1;
  });
}

/** LOG_RECORD_EXISTS for a draft whose id another record has. */
export function existsError(recordId: string, position: Position): PalisadeError {
  const message =
    `Cannot append record ${recordId} as its id was appended with another body: it is at position ${position}. ` +
    'Read that record, or append under another id.';
  return new PalisadeError('LOG_RECORD_EXISTS', message, { details: { position } });
}

/** LOG_REVISION_CONFLICT for a draft that expects a stream elsewhere. */
export function conflictError(
  recordId: string,
  stream: StreamName,
  expected: Revision,
  actual: Revision,
): PalisadeError {
  const message =
    `Cannot append record ${recordId} as stream ${stream} is not at revision ${expected}: it is at ${actual}. ` +
    'Read the stream, decide again and append with its revision.';
  return new PalisadeError('LOG_REVISION_CONFLICT', message, { details: { stream, actualRevision: actual } });
}

/** LOG_REVISION_CONFLICT for a draft that was made on top of one that is being refused. */
export function baselessError(recordId: string, stream: StreamName, actual: Revision): PalisadeError {
  const message =
    `Cannot append record ${recordId} as it was made on top of a refused record of stream ${stream}, which is at ` +
    `${actual}. Read the stream, decide again and append with its revision.`;
  return new PalisadeError('LOG_REVISION_CONFLICT', message, { details: { stream, actualRevision: actual } });
}
