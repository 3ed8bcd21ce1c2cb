import { NO_STREAM, type Revision, type StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { RecordDraft, StoredRecord, StoredSnapshot, StreamImage } from '../../ports/event-log.ts';

/** What the log answers to a draft: the record it became or had become before, or why it is refused. */
export type Verdict = { readonly record: StoredRecord; readonly isNew: boolean } | { readonly refusal: PalisadeError };

/** Records and snapshots in plain maps: the part of the memory log that outlives a crash. */
export class MemoryStore {
  readonly records: StoredRecord[] = [];
  readonly snapshots = new Map<StreamName, StoredSnapshot>();
  readonly #byId = new Map<string, StoredRecord>();
  readonly #byStream = new Map<StreamName, StoredRecord[]>();

  /** Stores a draft, or says why not. `isBaseless` tells the streams on which the draft may not build. */
  take(draft: RecordDraft, isBaseless: (stream: StreamName) => boolean): Verdict {
    const first = this.#byId.get(draft.recordId);
    if (first !== undefined) return isSame(first, draft) ? { record: first, isNew: false } : exists(first);
    const seen = new Set<StreamName>();
    for (const { stream, expectedRevision } of draft.streams) {
      const actual = this.revisionOf(stream) + (seen.has(stream) ? 1 : 0);
      if (actual !== expectedRevision || seen.has(stream) || isBaseless(stream)) {
        return conflict(draft.recordId, stream, expectedRevision, actual);
      }
      seen.add(stream);
    }
    const record = recordOf(draft, this.records.length + 1);
    this.add(record);
    return { record, isNew: true };
  }

  /** Adds a record that fits. */
  add(record: StoredRecord): void {
    this.records.push(record);
    this.#byId.set(record.recordId, record);
    for (const { stream } of record.streams) {
      const records = this.#byStream.get(stream);
      if (records === undefined) this.#byStream.set(stream, [record]);
      else records.push(record);
    }
  }

  record(recordId: string): StoredRecord | null {
    return this.#byId.get(recordId) ?? null;
  }

  stream(stream: StreamName, from: Revision, maxCount: number): readonly StoredRecord[] {
    const start = Math.max(0, from);
    return (this.#byStream.get(stream) ?? []).slice(start, start + Math.max(0, maxCount));
  }

  image(stream: StreamName, schema: string): StreamImage {
    const revision = this.revisionOf(stream);
    const kept = this.snapshots.get(stream);
    const snapshot = kept?.schema === schema && kept.revision <= revision ? kept : null;
    return { snapshot, records: this.stream(stream, (snapshot?.revision ?? NO_STREAM) + 1, revision + 1), revision };
  }

  revisionOf(stream: StreamName): Revision {
    return (this.#byStream.get(stream)?.length ?? 0) - 1;
  }
}

function recordOf({ recordId, type, body, streams }: RecordDraft, position: number): StoredRecord {
  const revised = streams.map(({ stream, expectedRevision }) => ({ stream, revision: expectedRevision + 1 }));
  return { position, recordId, type, body, streams: revised };
}

function isSame(record: StoredRecord, draft: RecordDraft): boolean {
  if (record.type !== draft.type || record.body !== draft.body) return false;
  if (record.streams.length !== draft.streams.length) return false;
  return draft.streams.every(({ stream, expectedRevision }, index) => {
    const stored = record.streams[index];
    return stored?.stream === stream && stored.revision === expectedRevision + 1;
  });
}

function exists({ recordId, position }: StoredRecord): Verdict {
  const message =
    `Cannot append record ${recordId} as its id was appended with another body: it is at position ${position}. ` +
    'Read that record, or append under another id.';
  return { refusal: new PalisadeError('LOG_RECORD_EXISTS', message, { details: { position } }) };
}

function conflict(recordId: string, stream: StreamName, expected: Revision, actual: Revision): Verdict {
  const message =
    `Cannot append record ${recordId} as stream ${stream} is not at revision ${expected}, or the append before was ` +
    `refused: it is at ${actual}. Read the stream, decide again and append with its revision.`;
  return {
    refusal: new PalisadeError('LOG_REVISION_CONFLICT', message, { details: { stream, actualRevision: actual } }),
  };
}
