import { binaryEvent } from '@eventstore/db-client';
import type { Revision } from '../../domain/entities.ts';
import { PalisadeError } from '../../domain/errors.ts';
import type { DutyEntry, DutyRegister } from '../../ports/event-log.ts';
import { type EventStoreConnection, refusedError, unavailableError } from './connection.ts';
import { eventIdOf } from './names.ts';
import { fieldOf } from './record-events.ts';

const TYPE = 'DutyTaken';
/** Times that an append whose outcome is not known is sent again before that is said. */
const TRIES = 3;

type Kept = { readonly revision: Revision; readonly entry: DutyEntry };

/** A register in a stream of its own, of which the server keeps the newest event. */
export class StreamRegister implements DutyRegister {
  readonly #connection: EventStoreConnection;
  readonly #stream: string;
  #isBounded = false;

  constructor(connection: EventStoreConnection, stream: string) {
    this.#connection = connection;
    this.#stream = stream;
  }

  async read(): Promise<Kept | null> {
    const page = await this.#connection.read(this.#stream, { revision: 'end', backwards: true }, 1);
    const event = page?.[0]?.event;
    if (event === undefined) return null;
    const holder = fieldOf(event.metadata, 'holder');
    const position = fieldOf(event.metadata, 'position');
    const recordId = fieldOf(event.metadata, 'recordId');
    if (typeof holder === 'string' && typeof position === 'number' && typeof recordId === 'string') {
      return { revision: Number(event.revision), entry: { holder, position, recordId } };
    }
    const message =
      `Cannot read who does a duty as the newest event of ${this.#stream} is of another form: ${event.type}. ` +
      'Delete the stream; what was published last is published once more.';
    throw new PalisadeError('LOG_CORRUPT', message);
  }

  async write({ holder, position, recordId }: DutyEntry, expectedRevision: Revision): Promise<Revision> {
    const text = JSON.stringify({ holder, position, recordId });
    const id = eventIdOf('duty', this.#stream, String(expectedRevision), text);
    const event = binaryEvent({ id, type: TYPE, data: new Uint8Array(), metadata: Buffer.from(text) });
    let cause: unknown = null;
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await this.#connection.append(this.#stream, [event], expectedRevision);
      if (answer.kind === 'refused') throw refusedError(`writing ${this.#stream}`, answer.cause);
      if (answer.kind === 'stored') {
        await this.#bound();
        return answer.revision;
      }
      if (answer.kind === 'conflict') return await this.#settle(text, expectedRevision);
      cause = answer.cause;
    }
    throw unavailableError(cause);
  }

  /** A repeat of an append that was stored may be told as a conflict: what stands there tells. */
  async #settle(text: string, expectedRevision: Revision): Promise<Revision> {
    const kept = await this.read();
    if (kept !== null && kept.revision === expectedRevision + 1 && JSON.stringify(kept.entry) === text) {
      return kept.revision;
    }
    const actualRevision = kept?.revision ?? -1;
    const message =
      `Cannot note the duty as another process was first: ${this.#stream} is at revision ${actualRevision}, not ` +
      `${expectedRevision}. Read it, and decide anew.`;
    throw new PalisadeError('LOG_REVISION_CONFLICT', message, { details: { stream: this.#stream, actualRevision } });
  }

  async #bound(): Promise<void> {
    if (this.#isBounded) return;
    this.#isBounded = true;
    // Without it the stream is longer, and nothing else.
    await this.#connection.setMetadata(this.#stream, { maxCount: 1 }).catch(() => {});
  }
}
