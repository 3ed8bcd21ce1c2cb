import type { StreamSubscription } from '@eventstore/db-client';
import type { Position } from '../../domain/entities.ts';
import type { EventStoreConnection } from './connection.ts';
import { pause } from './deadline.ts';
import { type JournalRecord, journalRecord } from './record-events.ts';

const RESUBSCRIBE_PAUSE_MS = 200;
/** Records that wait to be taken; beyond it they are read from the journal instead. */
const PUSHED_MAX = 8192;

/**
 * The journal as the server pushes it, for processes that write to it together: who was overtaken has the records that
 * overtook it at hand, and need not ask for them.
 */
export class JournalFeed {
  readonly #connection: EventStoreConnection;
  readonly #journal: string;
  readonly #hear: () => void;
  /** Records of consecutive positions. */
  #pushed: JournalRecord[] = [];
  #subscription: StreamSubscription | null = null;
  #isEnded = false;

  /** `hear` is called for each record that comes. */
  constructor(connection: EventStoreConnection, journal: string, hear: () => void) {
    this.#connection = connection;
    this.#journal = journal;
    this.#hear = hear;
  }

  /** Follows the journal after the position that is known, across breaks of the connection, until `end`. */
  async follow(known: () => Position): Promise<void> {
    while (!this.#isEnded) {
      await this.#followOnce(known());
      if (!this.#isEnded) await pause(RESUBSCRIBE_PAUSE_MS);
    }
  }

  /** The records after a position that have come, as far as there is no gap; they are given once. */
  takeAfter(position: Position): readonly JournalRecord[] {
    const taken = this.#pushed.filter(({ record }) => record.position > position);
    const isNext = taken[0]?.record.position === position + 1;
    this.#pushed = isNext ? [] : taken;
    return isNext ? taken : [];
  }

  end(): void {
    this.#isEnded = true;
    void this.#subscription?.unsubscribe().catch(() => {});
  }

  #followOnce(known: Position): Promise<void> {
    const fromRevision = known === 0 ? 'start' : BigInt(known - 1);
    const subscription = this.#connection.client.subscribeToStream(this.#journal, { fromRevision });
    this.#subscription = subscription;
    this.#pushed = [];
    subscription.on('data', ({ event }) => {
      if (event === undefined) return;
      const pushed = journalRecord(event);
      const last = this.#pushed.at(-1)?.record.position;
      const isNext = last === undefined || last + 1 === pushed.record.position;
      if (!isNext || this.#pushed.length >= PUSHED_MAX) this.#pushed = [];
      this.#pushed.push(pushed);
      this.#hear();
    });
    return new Promise((resolve) => {
      subscription.on('error', () => {
        void subscription.unsubscribe().catch(() => {});
        resolve();
      });
      subscription.on('end', resolve);
      subscription.on('close', resolve);
    });
  }
}
