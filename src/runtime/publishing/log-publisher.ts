import type { Position } from '../../domain/entities.ts';
import type { PublisherStatistics } from '../../ports/bus-report.ts';
import type { Checkpoint, CheckpointStore } from '../../ports/checkpoint-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EventLog, StoredRecord, Subscription } from '../../ports/event-log.ts';
import type { Logger } from '../../ports/logger.ts';
import type { BusMessage, MessageBus } from '../../ports/message-bus.ts';
import { hasRecord } from '../projection-runner.ts';
import type { PublishedMessages } from './published-messages.ts';

/** Pause before a bus that did not take messages gets them again: doubled from the first to the last, ms. */
const RETRY_FIRST_MS = 250;
const RETRY_LAST_MS = 5_000;
/** How much may be published again after a crash: what was published since the checkpoint was last kept, ms. */
const CHECKPOINT_EVERY_MS = 500;

/** What a publisher works with. */
export type PublisherParts = {
  readonly log: Pick<EventLog, 'subscribe' | 'readAll' | 'statistics'>;
  readonly bus: MessageBus;
  readonly checkpoints: CheckpointStore;
  readonly messages: PublishedMessages;
  /** Topics that it writes, for its statistics. */
  readonly topics: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asked before each batch: false where publishing is another process's by now. Absent where there is no other. */
  readonly mayPublish?: () => Promise<boolean>;
};

/**
 * Brings what stands in the log to a message bus: in order, at least once, each message with the same id whenever it is
 * sent. It holds one batch of the log at a time; while the bus takes nothing it waits, and the log keeps the rest.
 */
export class LogPublisher {
  readonly #parts: PublisherParts;
  readonly #published: Map<string, number>;
  readonly #closing = Promise.withResolvers<void>();
  #subscription: Subscription | null = null;
  #isClosed = false;
  #position: Position;
  #last: Checkpoint | null;
  #keptPosition: Position;
  #keptAtMs: number;
  #upToDateAtMs: number;
  #failedAttempts = 0;
  #failure = '';

  private constructor(parts: PublisherParts, checkpoint: Checkpoint | null) {
    this.#parts = parts;
    this.#published = new Map(parts.topics.map((topic) => [topic, 0]));
    this.#last = checkpoint;
    this.#position = checkpoint?.position ?? 0;
    this.#keptPosition = this.#position;
    this.#keptAtMs = parts.clock.monotonicMs();
    this.#upToDateAtMs = this.#keptAtMs;
  }

  /**
   * Goes on after the checkpoint, or at the beginning of the log where there is none, or where the checkpoint is of
   * another log. Rejects with READ_STORE_FAILED, or a LOG_ error.
   */
  static async start(parts: PublisherParts): Promise<LogPublisher> {
    const kept = await parts.checkpoints.read();
    const isOfLog = await hasRecord((after, maxCount) => parts.log.readAll(after, maxCount), kept);
    if (!isOfLog) {
      parts.logger.warn('The publisher was on another log, or a later state of it: everything is published anew', {
        position: kept?.position ?? 0,
      });
    }
    const publisher = new LogPublisher(parts, isOfLog ? kept : null);
    publisher.#follow();
    return publisher;
  }

  statistics(): PublisherStatistics {
    const { headPosition } = this.#parts.log.statistics();
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#position >= headPosition) this.#upToDateAtMs = nowMs;
    return {
      position: this.#position,
      headPosition,
      lagSeconds: (nowMs - this.#upToDateAtMs) / 1e3,
      publishedByTopic: Object.fromEntries(this.#published),
      failedAttempts: this.#failedAttempts,
      failure: this.#failure,
    };
  }

  /** Ends, and keeps how far it is. What the log has beyond that is published after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.resolve();
    await this.#subscription?.close();
    await this.#keep();
  }

  #follow(): void {
    this.#subscription = this.#parts.log.subscribe({
      afterPosition: this.#position,
      onRecords: (records) => this.#take(records),
      onError: (error) => {
        this.#failure = error.message;
        this.#parts.logger.error('The publisher stands still; decisions go on', { reason: error.message });
      },
    });
  }

  async #take(records: readonly StoredRecord[]): Promise<void> {
    const last = records.at(-1);
    if (last === undefined || this.#isClosed) return;
    const messages = await this.#messagesOf(records);
    if (messages.length > 0 && !(await this.#publish(messages))) return;
    for (const { topic } of messages) this.#published.set(topic, (this.#published.get(topic) ?? 0) + 1);
    this.#position = last.position;
    this.#last = { position: last.position, recordId: last.recordId };
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#position >= this.#parts.log.statistics().headPosition) this.#upToDateAtMs = nowMs;
    if (nowMs - this.#keptAtMs >= CHECKPOINT_EVERY_MS) await this.#keep();
  }

  async #messagesOf(records: readonly StoredRecord[]): Promise<readonly BusMessage[]> {
    const messages: BusMessage[] = [];
    for (const record of records) {
      const own = this.#parts.messages.of(record);
      for (const message of own instanceof Promise ? await own : own) messages.push(message);
    }
    return messages;
  }

  /** Publishes, as often as it takes. False where it was closed first, or where publishing is no longer its own. */
  async #publish(messages: readonly BusMessage[]): Promise<boolean> {
    let pauseMs = RETRY_FIRST_MS;
    const { mayPublish } = this.#parts;
    while (!this.#isClosed) {
      if (mayPublish !== undefined && !(await mayPublish())) return false;
      const failure = await Promise.race([
        this.#parts.bus.publishAll(messages).then(() => null, toError),
        this.#closing.promise.then(() => new Error('closed')),
      ]);
      if (failure === null) {
        if (this.#failure !== '') this.#parts.logger.info('Messages are published again', {});
        this.#failure = '';
        return true;
      }
      if (this.#isClosed) return false;
      this.#failedAttempts += 1;
      if (this.#failure === '') {
        const reason = failure.message;
        this.#parts.logger.warn('Messages cannot be published; decisions go on, and the log keeps the rest', {
          reason,
        });
      }
      this.#failure = failure.message;
      await this.#pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, RETRY_LAST_MS);
    }
    return false;
  }

  async #pause(pauseMs: number): Promise<void> {
    const elapsed = Promise.withResolvers<void>();
    const timer = this.#parts.clock.schedule(pauseMs, elapsed.resolve);
    await Promise.race([elapsed.promise, this.#closing.promise]);
    timer.cancel();
  }

  /** A checkpoint that cannot be kept costs a repeat after the next start, and nothing else. */
  async #keep(): Promise<void> {
    if (this.#last === null || this.#last.position === this.#keptPosition) return;
    const checkpoint = this.#last;
    try {
      await this.#parts.checkpoints.write(checkpoint);
      this.#keptPosition = checkpoint.position;
    } catch (error) {
      this.#parts.logger.warn('How far the publisher is cannot be kept', { reason: toError(error).message });
    }
    this.#keptAtMs = this.#parts.clock.monotonicMs();
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
