import type { Position } from '../../domain/entities.ts';
import type { Clock, TimerHandle } from '../../ports/clock.ts';
import type { EventLog, Subscription } from '../../ports/event-log.ts';
import type { Logger } from '../../ports/logger.ts';
import type { SagaIndex, SagaQuery, SagaRow } from '../../ports/saga-index.ts';
import { SagaChanges } from './saga-catch-up.ts';
import type { SagaKind } from './saga-loader.ts';

/** How far the index may be behind the log, ms. */
const SAVE_EVERY_MS = 1_000;

export type StandbyParts = {
  readonly log: EventLog;
  readonly index: SagaIndex;
  readonly kinds: ReadonlyMap<string, SagaKind>;
  /** How far the log is followed by whoever runs the sagas; 0 where that is not known. */
  readonly followed: () => Promise<Position>;
  readonly clock: Clock;
  readonly logger: Logger;
};

/**
 * Keeps the index of sagas that another process runs: where they stand is known here too, and whoever takes them over
 * has little to read.
 */
export class SagaStandby {
  readonly #parts: StandbyParts;
  readonly #changes: SagaChanges;
  #savedPosition: Position;
  #seenPosition: Position;
  /** Rows are missing in the index: its position stays, so that the next life reads them again. */
  #hasLost = false;
  #subscription: Subscription | null = null;
  #timer: TimerHandle | null = null;
  #saving: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(parts: StandbyParts, position: Position) {
    this.#parts = parts;
    this.#changes = new SagaChanges(parts.kinds);
    this.#savedPosition = position;
    this.#seenPosition = position;
  }

  /** Goes on where the index is. Rejects where that cannot be read. */
  static async open(parts: StandbyParts): Promise<SagaStandby> {
    const { position } = await parts.index.load();
    const standby = new SagaStandby(parts, position);
    standby.#subscription = parts.log.subscribe({
      afterPosition: position,
      onRecords: (records) => {
        standby.#changes.see(records);
        standby.#seenPosition = records.at(-1)?.position ?? standby.#seenPosition;
      },
      onError: (error) => parts.logger.error('The index of the sagas stands still', { reason: error.message }),
    });
    standby.#saveLater();
    return standby;
  }

  /** A page of the sagas, as far as they are known here. */
  find(query: SagaQuery): Promise<{ readonly total: number; readonly rows: readonly SagaRow[] }> {
    return this.#parts.index.find(query);
  }

  /** Saves what is known, and closes the index. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#subscription?.close();
    await this.#saving;
    await this.#save();
    await this.#parts.index.close();
  }

  #saveLater(): void {
    this.#timer = this.#parts.clock.schedule(SAVE_EVERY_MS, () => {
      this.#saving = this.#save().then(() => {
        if (!this.#isClosed) this.#saveLater();
      });
    });
  }

  /** What cannot be saved is read from the log once more by the next life. */
  async #save(): Promise<void> {
    const { log, index, followed, logger } = this.#parts;
    try {
      const followedPosition = Math.max(this.#changes.followedPosition, await followed());
      const seenPosition = this.#seenPosition;
      const rows = await this.#changes.take(log);
      const next = Math.max(this.#savedPosition, Math.min(followedPosition, seenPosition));
      const position = this.#hasLost ? this.#savedPosition : next;
      if (rows.length === 0 && position === this.#savedPosition) return;
      await index.save(position, rows);
      this.#savedPosition = position;
    } catch (error) {
      this.#hasLost = true;
      const reason = error instanceof Error ? error.message : String(error);
      logger.error('The index of the sagas could not be kept', { reason });
    }
  }
}
