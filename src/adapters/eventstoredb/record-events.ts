import { binaryEvent, type EventData, type RecordedEvent } from '@eventstore/db-client';
import type { Position, Revision, StreamName } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { RecordDraft, StoredRecord, StoredSnapshot } from '../../ports/event-log.ts';
import { eventIdOf } from './names.ts';

/** A record of the journal, and the process that wrote it. */
export type JournalRecord = { readonly record: StoredRecord; readonly writer: string };

const LINK_TYPE = '$>';
const SNAPSHOT_TYPE = 'PalisadeSnapshot';
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The event of a record in the journal. Its bytes are those of the body, which is not parsed on the way; its id depends
 * on all of the record, so that two records of one id are never taken for each other.
 */
export function journalEvent({ recordId, type, body, streams }: RecordDraft, writer: string): EventData {
  const places = JSON.stringify(streams.map(({ stream, expectedRevision }) => [stream, expectedRevision + 1]));
  return binaryEvent({
    id: eventIdOf('record', recordId, type, body, places),
    type: type === '' ? 'Record' : type,
    data: Buffer.from(body),
    metadata: Buffer.from(`{"recordId":${JSON.stringify(recordId)},"writer":"${writer}","streams":${places}}`),
  });
}

/** Bytes that an event of this draft takes at most in an append. */
export function journalBytes({ recordId, type, body, streams }: RecordDraft): number {
  const streamsLength = streams.reduce((sum, { stream }) => sum + stream.length + 16, 0);
  return Buffer.byteLength(body) + 3 * (recordId.length + 2 * type.length + streamsLength) + 128;
}

/** Reads a record back from its event. Throws LOG_CORRUPT. */
export function journalRecord(event: RecordedEvent): JournalRecord {
  const { metadata, data, revision, type } = event;
  const recordId = fieldOf(metadata, 'recordId');
  const writer = fieldOf(metadata, 'writer');
  const places = fieldOf(metadata, 'streams');
  const isWhole = typeof recordId === 'string' && typeof writer === 'string' && Array.isArray(places);
  if (!isWhole || !(data instanceof Uint8Array)) throw corrupt(event);
  const streams = places.map((place: unknown) => {
    const [stream, at]: readonly unknown[] = Array.isArray(place) ? place : [];
    if (typeof stream !== 'string' || typeof at !== 'number') throw corrupt(event);
    return { stream, revision: at };
  });
  return { record: { position: Number(revision) + 1, recordId, type, body: decoder.decode(data), streams }, writer };
}

/** The event that puts a record of the journal into a stream. */
export function linkEvent(
  journal: string,
  stream: StreamName,
  revision: Revision,
  { position, recordId }: StoredRecord,
): EventData {
  return binaryEvent({
    id: eventIdOf('link', stream, String(position), recordId),
    type: LINK_TYPE,
    data: Buffer.from(`${position - 1}@${journal}`),
    metadata: Buffer.from(`{"revision":${revision}}`),
  });
}

/** The revision that a link gives to its record in the stream; null where the event is not a link. */
export function linkedRevision({ type, metadata }: RecordedEvent): Revision | null {
  const revision = fieldOf(metadata, 'revision');
  return type === LINK_TYPE && typeof revision === 'number' ? revision : null;
}

/** The event that keeps a snapshot in its stream. */
export function snapshotEvent({ stream, revision, schema, state }: StoredSnapshot): EventData {
  return binaryEvent({
    id: eventIdOf('snapshot', stream, String(revision), schema, Buffer.from(state).toString('base64')),
    type: SNAPSHOT_TYPE,
    data: state,
    metadata: Buffer.from(JSON.stringify({ revision, schema })),
  });
}

/** Reads a snapshot back; null where the event is not one. */
export function snapshotOf(stream: StreamName, { type, data, metadata }: RecordedEvent): StoredSnapshot | null {
  const revision = fieldOf(metadata, 'revision');
  const schema = fieldOf(metadata, 'schema');
  if (type !== SNAPSHOT_TYPE || typeof revision !== 'number' || typeof schema !== 'string') return null;
  return data instanceof Uint8Array ? { stream, revision, schema, state: data } : null;
}

/** A field of what JSON text was parsed to. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Whether a draft is the very record that is stored. */
export function isSameRecord(record: StoredRecord, draft: RecordDraft): boolean {
  if (record.type !== draft.type || record.body !== draft.body) return false;
  if (record.streams.length !== draft.streams.length) return false;
  return draft.streams.every(({ stream, expectedRevision }, index) => {
    const stored = record.streams[index];
    return stored?.stream === stream && stored.revision === expectedRevision + 1;
  });
}

/** The record that a draft becomes at a position. */
export function recordAt({ recordId, type, body, streams }: RecordDraft, position: Position): StoredRecord {
  const places = streams.map(({ stream, expectedRevision }) => ({ stream, revision: expectedRevision + 1 }));
  return { position, recordId, type, body, streams: places };
}

function corrupt({ streamId, revision }: RecordedEvent): PalisadeError {
  const message =
    `Cannot read event ${revision} of stream ${streamId} as it is not one that Palisade wrote. ` +
    'Give Palisade a server, or a prefix of stream names, of its own.';
  return new PalisadeError('LOG_CORRUPT', message);
}
