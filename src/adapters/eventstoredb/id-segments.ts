import { binaryEvent } from '@eventstore/db-client';
import { PalisadeError } from '../../domain/errors.ts';
import type { EventStoreConnection } from './connection.ts';
import type { KnownLog } from './known-log.ts';
import { eventIdOf } from './names.ts';

/** Ids in one segment: 32 KiB. */
const SEGMENT_IDS = 4096;
const SEGMENT_TYPE = 'PalisadeIds';
const PAGE_SEGMENTS = 64;

/**
 * Hashes of the record ids, 4096 an event: what a start reads in place of the journal. Event n holds those of positions
 * 4096 n + 1 and on, so that whoever writes it writes the same.
 */
export class IdSegments {
  readonly #connection: EventStoreConnection;
  readonly #stream: string;
  #count = 0;

  constructor(connection: EventStoreConnection, stream: string) {
    this.#connection = connection;
    this.#stream = stream;
  }

  /** Gives a log that knows nothing the ids of all segments. */
  async load(known: KnownLog): Promise<void> {
    for (;;) {
      const page = await this.#connection.read(this.#stream, { revision: BigInt(this.#count) }, PAGE_SEGMENTS);
      for (const { event } of page ?? []) {
        if (!(event?.data instanceof Uint8Array) || event.data.length !== SEGMENT_IDS * 8) throw this.#corrupt();
        known.takeIds(new Float64Array(event.data.slice().buffer));
        this.#count++;
      }
      if (page === null || page.length < PAGE_SEGMENTS) return;
    }
  }

  /** Stores the segments that are full. */
  async store(known: KnownLog): Promise<void> {
    while (known.newHashes.length >= SEGMENT_IDS) {
      const data = new Uint8Array(Float64Array.from(known.newHashes.slice(0, SEGMENT_IDS)).buffer);
      const id = eventIdOf('ids', this.#stream, String(this.#count));
      const event = binaryEvent({ id, type: SEGMENT_TYPE, data });
      const answer = await this.#connection.append(this.#stream, [event], this.#count - 1);
      // A conflict: another process stored the same segment before.
      const isThere = answer.kind === 'stored' || (answer.kind === 'conflict' && answer.actualRevision >= this.#count);
      if (!isThere) return;
      known.newHashes.splice(0, SEGMENT_IDS);
      this.#count++;
    }
  }

  #corrupt(): PalisadeError {
    const message =
      `Cannot read segment ${this.#count} of ${this.#stream} as it is not one that Palisade wrote. ` +
      'Restore the event store from a copy.';
    return new PalisadeError('LOG_CORRUPT', message);
  }
}
