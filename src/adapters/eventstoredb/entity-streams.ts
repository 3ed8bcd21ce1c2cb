import type { ResolvedEvent } from '@eventstore/db-client';
import type { Revision, StreamName } from '../../domain/entities.ts';
import type { StoredRecord, StoredSnapshot, StreamImage } from '../../ports/event-log.ts';
import type { EventStoreConnection } from './connection.ts';
import { RecentMap } from './recent-map.ts';
import { journalRecord, linkedRevision, snapshotOf } from './record-events.ts';
import { revisionIn, type UnindexedRecords } from './unindexed-records.ts';

/** Where a stream of the server ends: its last event, and the revision of the last record in it. -1: none. */
export type StreamPlace = { readonly eventNumber: number; readonly indexedRevision: Revision };

/** Events from the end of a stream among which the last record is looked for. */
const TAIL_EVENTS = 8;
/** Events of a stream that are asked for at once. */
const PAGE_EVENTS = 512;
/** Events asked for beyond the records that are wanted, as snapshots lie among them. */
const SNAPSHOTS_PASSED = 8;
/** The same for an image, from the end: more than lie between two snapshots. */
const IMAGE_EVENTS = 128;
const NO_STREAM: StreamPlace = { eventNumber: -1, indexedRevision: -1 };

/**
 * The streams of the entities on the server: links to the journal, and snapshots among them. An event's number is so
 * its record's revision plus the snapshots before it.
 */
export class EntityStreams {
  readonly #connection: EventStoreConnection;
  readonly #prefix: string;
  readonly #unindexed: UnindexedRecords;
  readonly #places: RecentMap<StreamName, StreamPlace>;

  constructor(
    connection: EventStoreConnection,
    options: { readonly prefix: string; readonly knownRevisionLimit: number },
    unindexed: UnindexedRecords,
  ) {
    this.#connection = connection;
    this.#prefix = options.prefix;
    this.#unindexed = unindexed;
    this.#places = new RecentMap(options.knownRevisionLimit);
  }

  /** Name of a stream on the server. */
  nameOf(stream: StreamName): string {
    return `${this.#prefix}${stream}`;
  }

  /** Where a stream ends, as far as this process knows; read where it does not. */
  async place(stream: StreamName): Promise<StreamPlace> {
    const known = this.#places.get(stream);
    if (known !== undefined) return known;
    const place = await this.#readPlace(stream);
    this.#places.set(stream, place);
    return place;
  }

  /** Takes note of where a stream ends now; null: it is to be read again. */
  setPlace(stream: StreamName, place: StreamPlace | null): void {
    if (place === null) this.#places.delete(stream);
    else this.#places.set(stream, place);
  }

  /** Up to `maxCount` records from a revision on. */
  async readStream(stream: StreamName, fromRevision: Revision, maxCount: number): Promise<readonly StoredRecord[]> {
    const first = Math.max(0, fromRevision);
    const waiting = [...this.#unindexed.of(stream)];
    const records: StoredRecord[] = [];
    if (maxCount <= 0) return records;
    for (let number = first; records.length < maxCount; ) {
      const count = Math.min(PAGE_EVENTS, maxCount - records.length + SNAPSHOTS_PASSED);
      const from = { revision: BigInt(number), resolveLinks: true };
      const page = await this.#connection.read(this.nameOf(stream), from, count);
      for (const { event, link } of page ?? []) {
        if (event === undefined || link === undefined) continue;
        const { record } = journalRecord(event);
        if (revisionIn(record, stream) >= first) records.push(record);
      }
      const last = page?.at(-1);
      if (page === null || last === undefined || page.length < count) break;
      number = Number((last.link ?? last.event)?.revision ?? 0) + 1;
    }
    const next = lastRevision(records, stream, first - 1) + 1;
    for (const record of waiting) if (revisionIn(record, stream) >= next) records.push(record);
    return records.slice(0, maxCount);
  }

  /** The newest snapshot of a schema and the records after it. `newest` is one that is not in the stream yet. */
  async readImage(stream: StreamName, schema: string, newest: StoredSnapshot | null): Promise<StreamImage> {
    const waiting = [...this.#unindexed.of(stream)];
    const tail: StoredRecord[] = [];
    let snapshot = newest?.schema === schema ? newest : null;
    let revision = lastRevision(waiting, stream, -1);
    let place = NO_STREAM;
    let oldest = Number.POSITIVE_INFINITY;
    for (let from: bigint | 'end' = 'end'; ; ) {
      const request = { revision: from, backwards: true, resolveLinks: true };
      const page: readonly ResolvedEvent[] | null = await this.#connection.read(
        this.nameOf(stream),
        request,
        IMAGE_EVENTS,
      );
      for (const { event, link } of page ?? []) {
        const stored = link ?? event;
        if (stored === undefined) continue;
        const linked = linkedRevision(stored);
        if (place.eventNumber === -1) place = { eventNumber: Number(stored.revision), indexedRevision: -1 };
        if (linked !== null) {
          if (place.indexedRevision === -1) place = { ...place, indexedRevision: linked };
          revision = Math.max(revision, linked);
          oldest = linked;
          if (event !== undefined && linked > (snapshot?.revision ?? -1)) tail.push(journalRecord(event).record);
        } else {
          const found = snapshotOf(stream, stored);
          if (snapshot === null && found?.schema === schema) snapshot = found;
        }
      }
      const last = page?.at(-1);
      const lastNumber = (last?.link ?? last?.event)?.revision ?? 0n;
      const isAll = page === null || page.length < IMAGE_EVENTS || lastNumber === 0n;
      if (isAll || (snapshot !== null && oldest <= snapshot.revision + 1)) break;
      from = lastNumber - 1n;
    }
    if (place.eventNumber === -1 || place.indexedRevision !== -1) this.#places.set(stream, place);
    const after = snapshot?.revision ?? -1;
    const records = tail.filter((record) => revisionIn(record, stream) > after).toReversed();
    const indexed = Math.max(lastRevision(records, stream, after), place.indexedRevision);
    for (const record of waiting) if (revisionIn(record, stream) > indexed) records.push(record);
    return { snapshot, records, revision };
  }

  async #readPlace(stream: StreamName): Promise<StreamPlace> {
    let eventNumber = -1;
    for (let from: bigint | 'end' = 'end'; ; ) {
      const page: readonly ResolvedEvent[] | null = await this.#connection.read(
        this.nameOf(stream),
        { revision: from, backwards: true },
        TAIL_EVENTS,
      );
      for (const { event } of page ?? []) {
        if (event === undefined) continue;
        if (eventNumber === -1) eventNumber = Number(event.revision);
        const linked = linkedRevision(event);
        if (linked !== null) return { eventNumber, indexedRevision: linked };
      }
      const last = page?.at(-1)?.event?.revision ?? 0n;
      if (page === null || page.length < TAIL_EVENTS || last === 0n) return { eventNumber, indexedRevision: -1 };
      from = last - 1n;
    }
  }
}

/** Revision of the last of some records in a stream, or what holds where there is none. */
function lastRevision(records: readonly StoredRecord[], stream: StreamName, none: Revision): Revision {
  const last = records.at(-1);
  return last === undefined ? none : revisionIn(last, stream);
}
