import { NO_STREAM, type Revision } from '../domain/entities.ts';
import { isPalisadeError, PalisadeError } from '../domain/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventLog } from '../ports/event-log.ts';
import type { OutboxEntry } from '../ports/read-store.ts';
import { appendSurely } from './repeated-append.ts';

/** Rounds after which a stream that others keep writing to is given up until the next time. */
const ROUNDS_MAX = 20;

/**
 * Appends the facts that projections ask for. The record id makes each fact one, however often it is asked for: the log
 * answers a repeat with what it has.
 */
export class DerivedFacts {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #revisions = new Map<string, Revision>();

  constructor(log: EventLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Resolves when the log has every fact. Rejects with a LOG_ error, ACTOR_CONFLICT for a stream that others hold. */
  async append(entries: readonly OutboxEntry[]): Promise<void> {
    const byStream = new Map<string, OutboxEntry[]>();
    for (const entry of entries) {
      const own = byStream.get(entry.stream);
      if (own === undefined) byStream.set(entry.stream, [entry]);
      else own.push(entry);
    }
    await Promise.all([...byStream].map(([stream, own]) => this.#appendTo(stream, own)));
  }

  async #appendTo(stream: string, entries: readonly OutboxEntry[]): Promise<void> {
    let pending = entries;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const base = this.#revisions.get(stream) ?? NO_STREAM;
      const results = await Promise.allSettled(
        pending.map(({ recordId, type, body }, index) =>
          appendSurely(this.#log, this.#clock, {
            recordId,
            type,
            body,
            streams: [{ stream, expectedRevision: base + index }],
          }),
        ),
      );
      pending = this.#left(stream, base, pending, results);
      if (pending.length === 0) return;
    }
    throw new PalisadeError(
      'ACTOR_CONFLICT',
      `Cannot append the facts of a projection as another writer kept winning: ${stream}. Stop the other writer.`,
    );
  }

  /** What has to be tried again; learns where the stream is. */
  #left(
    stream: string,
    base: Revision,
    pending: readonly OutboxEntry[],
    results: readonly PromiseSettledResult<unknown>[],
  ): readonly OutboxEntry[] {
    const left: OutboxEntry[] = [];
    let revision = base;
    for (const [index, result] of results.entries()) {
      const entry = pending[index];
      if (entry === undefined) continue;
      if (result.status === 'fulfilled') {
        revision = Math.max(revision, base + index + 1);
        continue;
      }
      const { reason } = result;
      if (isPalisadeError(reason, 'LOG_RECORD_EXISTS')) continue;
      if (!isPalisadeError(reason, 'LOG_REVISION_CONFLICT')) throw reason;
      const actual = Number(reason.details.actualRevision);
      if (Number.isFinite(actual)) revision = Math.max(revision, actual);
      left.push(entry);
    }
    this.#revisions.set(stream, revision);
    return left;
  }
}
