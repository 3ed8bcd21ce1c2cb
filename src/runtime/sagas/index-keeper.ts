import type { Position } from '../../domain/entities.ts';
import type { Clock, TimerHandle } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { SagaIndex, SagaRow } from '../../ports/saga-index.ts';

/** How far the index may be behind the sagas, ms: what a restart has to read again. */
const FLUSH_AFTER_MS = 250;
/** Rows saved at a time. */
const ROWS_MAX = 1_000;

/** Writes to the index behind the sagas, in batches: rows and how far the log was followed go together. */
export class IndexKeeper {
  readonly #index: SagaIndex;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #changed = new Map<string, SagaRow>();
  #positionOf: () => Position = () => 0;
  #isOpen = false;
  #savedPosition: Position = -1;
  #timer: TimerHandle | null = null;
  #saving: Promise<void> | null = null;

  constructor(index: SagaIndex, clock: Clock, logger: Logger) {
    this.#index = index;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Saves what is known before anything new is followed. Rejects where the index cannot be written. */
  async open(positionOf: () => Position): Promise<void> {
    this.#positionOf = positionOf;
    this.#isOpen = true;
    await this.#save();
  }

  changed(row: SagaRow): void {
    this.#changed.set(`${row.kind}\n${row.id}`, row);
    this.#saveLater();
  }

  /** The log was followed further. */
  moved(): void {
    this.#saveLater();
  }

  /** Resolves when every row that changed before the call is in the index. */
  async flush(): Promise<void> {
    await this.#saving;
    while (this.#isOpen && this.#changed.size > 0) await this.#saveSafely();
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#saving;
    if (this.#isOpen) await this.#saveSafely();
    await this.#index.close();
  }

  #saveLater(): void {
    if (this.#timer !== null || !this.#isOpen) return;
    this.#timer = this.#clock.schedule(FLUSH_AFTER_MS, () => {
      this.#timer = null;
      this.#saving ??= this.#saveSafely().finally(() => {
        this.#saving = null;
        if (this.#changed.size > 0) this.#saveLater();
      });
    });
  }

  async #saveSafely(): Promise<void> {
    try {
      await this.#save();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.error('The index of the sagas could not be written; a restart reads more of the log', { reason });
    }
  }

  /** The position is that of before the rows are taken, and is kept only with the last of them. */
  async #save(): Promise<void> {
    const position = this.#positionOf();
    while (this.#changed.size > ROWS_MAX) await this.#saveRows(Math.max(0, this.#savedPosition));
    if (this.#changed.size > 0 || position > this.#savedPosition) await this.#saveRows(position);
  }

  async #saveRows(position: Position): Promise<void> {
    const rows = [...this.#changed.values()].slice(0, ROWS_MAX);
    for (const row of rows) this.#changed.delete(`${row.kind}\n${row.id}`);
    try {
      await this.#index.save(position, rows);
      this.#savedPosition = position;
    } catch (error) {
      for (const row of rows) {
        const name = `${row.kind}\n${row.id}`;
        if (!this.#changed.has(name)) this.#changed.set(name, row);
      }
      throw error;
    }
  }
}
