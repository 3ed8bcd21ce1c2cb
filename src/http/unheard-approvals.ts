import type { Transaction } from '../domain/events.ts';
import type { Clock, TimerHandle } from '../ports/clock.ts';
import type { Engine } from '../ports/engine.ts';
import type { Logger } from '../ports/logger.ts';

type Waiting = { readonly transaction: Transaction; readonly timer: TimerHandle };

/**
 * Approvals whose caller was gone when they were ready. Who asks again before the deadline hears them after all; what
 * nobody heard by then is recorded, so that it can be taken back. Holds at most what was lost within one deadline.
 */
export class UnheardApprovals {
  readonly #engine: Pick<Engine, 'recordUnheard'>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #waiting = new Map<string, Waiting>();
  readonly #recording = new Set<Promise<void>>();

  constructor(engine: Pick<Engine, 'recordUnheard'>, clock: Clock, logger: Logger) {
    this.#engine = engine;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Approvals that nobody has heard yet. */
  get size(): number {
    return this.#waiting.size;
  }

  /** An approval is ready and its caller is gone. `deadlineAtMs` is monotonic. */
  lost(transaction: Transaction, deadlineAtMs: number): void {
    const { transactionId } = transaction;
    const leftMs = Math.max(0, deadlineAtMs - this.#clock.monotonicMs());
    const timer = this.#clock.schedule(leftMs, () => this.#record(transactionId));
    this.#waiting.set(transactionId, { transaction, timer });
  }

  /** The approval was given to somebody who asked again. */
  heard(transactionId: string): void {
    this.#waiting.get(transactionId)?.timer.cancel();
    this.#waiting.delete(transactionId);
  }

  /** Records what nobody can hear any more as the server ends. Resolves when all is durable. */
  async flush(): Promise<void> {
    for (const transactionId of [...this.#waiting.keys()]) this.#record(transactionId);
    await Promise.all(this.#recording);
  }

  #record(transactionId: string): void {
    const waiting = this.#waiting.get(transactionId);
    if (waiting === undefined) return;
    this.heard(transactionId);
    const recording = this.#engine
      .recordUnheard(waiting.transaction)
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#logger.error('An approval that nobody heard could not be recorded', { transactionId, reason });
      })
      .finally(() => this.#recording.delete(recording));
    this.#recording.add(recording);
  }
}
