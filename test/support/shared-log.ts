import type { MemoryEventLog } from '../../src/adapters/memory/mod.ts';
import type { EventLog, SharedLog, StoredRecord } from '../../src/ports/event-log.ts';
import { logLike } from './log-like.ts';
import { MemoryRegister } from './memory-register.ts';

/** One process's way to a log that others write to as well. */
export type LogOfProcess = EventLog & { readonly shared: SharedLog };

/**
 * A log in memory as several processes see it: each hears of the others' records when `tell` is called, and decides at
 * once, or where turns are held when `give` is called.
 */
export class SharedMemoryLog {
  readonly #log: MemoryEventLog;
  readonly #listeners: { readonly writer: number; readonly hear: (records: readonly StoredRecord[]) => void }[] = [];
  readonly #told = new Map<number, number>();
  readonly #writers = new Map<string, number>();
  #waiting: (() => void)[] = [];
  readonly #registers = new Map<string, MemoryRegister>();
  #writerCount = 0;
  isHeld = false;

  constructor(log: MemoryEventLog) {
    this.#log = log;
  }

  /** The log of another process. */
  process(): LogOfProcess {
    const writer = this.#writerCount++;
    const shared: SharedLog = {
      onForeign: (hear) => {
        this.#listeners.push({ writer, hear });
        this.#told.set(writer, this.#log.statistics().headPosition);
      },
      register: (duty) => this.#register(duty),
      turn: () => (this.isHeld ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve()),
    };
    const log = logLike(this.#log, {
      append: async (draft) => {
        if (!this.#writers.has(draft.recordId)) this.#writers.set(draft.recordId, writer);
        try {
          return await this.#log.append(draft);
        } catch (error) {
          // Whoever is refused has seen what overtook it.
          await this.tell();
          throw error;
        }
      },
    });
    return Object.assign(log, { shared });
  }

  #register(duty: string): MemoryRegister {
    const register = this.#registers.get(duty) ?? new MemoryRegister();
    this.#registers.set(duty, register);
    return register;
  }

  /** Tells every process what the others wrote. */
  async tell(): Promise<void> {
    for (const { writer, hear } of this.#listeners) {
      const after = this.#told.get(writer) ?? 0;
      const records = await this.#log.readAll(after, 10_000);
      this.#told.set(writer, after + records.length);
      hear(records.filter(({ recordId }) => this.#writers.get(recordId) !== writer));
    }
  }

  /** Gives everybody who waits for it the turn. */
  give(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
