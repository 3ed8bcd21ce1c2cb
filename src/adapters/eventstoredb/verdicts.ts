import type { Position, Revision, StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { RecordDraft, StoredRecord } from '../../ports/event-log.ts';
import { isSameRecord, recordAt } from './record-events.ts';

/** What is to be answered to a draft: the record that it is or becomes, or why it is refused. */
export type Verdict =
  | { readonly kind: 'new' | 'repeated'; readonly record: StoredRecord }
  | { readonly kind: 'refused'; readonly error: PalisadeError };

/** The log as it stands before a batch of drafts. */
export type LogBefore = {
  readonly head: Position;
  readonly revisionOf: (stream: StreamName) => Revision;
  readonly recordOf: (recordId: string) => StoredRecord | null;
  /** Whether a draft builds on one that was refused before its caller could know. */
  readonly isBaseless: (stream: StreamName, draft: RecordDraft) => boolean;
};

/** Judges drafts one after the other, each as if those before it that are new were stored. */
export function judge(drafts: readonly RecordDraft[], before: LogBefore): Verdict[] {
  const revisions = new Map<StreamName, Revision>();
  const records = new Map<string, StoredRecord>();
  const refused = new Set<StreamName>();
  let head = before.head;
  return drafts.map((draft) => {
    const first = records.get(draft.recordId) ?? before.recordOf(draft.recordId);
    if (first !== null) {
      if (isSameRecord(first, draft)) return { kind: 'repeated', record: first };
      for (const { stream } of draft.streams) refused.add(stream);
      return { kind: 'refused', error: exists(first) };
    }
    const seen = new Set<StreamName>();
    for (const { stream, expectedRevision } of draft.streams) {
      const known = revisions.get(stream) ?? before.revisionOf(stream);
      const actual = known + (seen.has(stream) ? 1 : 0);
      const isOnRefused = refused.has(stream) || before.isBaseless(stream, draft);
      if (actual !== expectedRevision || seen.has(stream) || isOnRefused) {
        for (const each of draft.streams) refused.add(each.stream);
        return { kind: 'refused', error: conflict(draft.recordId, stream, expectedRevision, actual) };
      }
      seen.add(stream);
    }
    const record = recordAt(draft, ++head);
    records.set(draft.recordId, record);
    for (const { stream, revision } of record.streams) revisions.set(stream, revision);
    return { kind: 'new', record };
  });
}

function exists({ recordId, position }: StoredRecord): PalisadeError {
  const message =
    `Cannot append record ${recordId} as its id was appended with another body: it is at position ${position}. ` +
    'Read that record, or append under another id.';
  return new PalisadeError('LOG_RECORD_EXISTS', message, { details: { position } });
}

function conflict(recordId: string, stream: StreamName, expected: Revision, actual: Revision): PalisadeError {
  const message =
    `Cannot append record ${recordId} as stream ${stream} is not at revision ${expected}, or the append before was ` +
    `refused: it is at ${actual}. Read the stream, decide again and append with its revision.`;
  return new PalisadeError('LOG_REVISION_CONFLICT', message, { details: { stream, actualRevision: actual } });
}
