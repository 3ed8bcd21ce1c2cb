import type { Revision } from '../../domain/entities.ts';
import { isPalisadeError, PalisadeError } from '../../domain/errors.ts';
import type { Checkpoint, CheckpointStore } from '../../ports/checkpoint-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DutyEntry, DutyRegister } from '../../ports/event-log.ts';

/** How long it holds that the duty was this session's, ms: a process that was stopped for longer asks first. */
const ASSURED_MS = 2_000;
/** How often it is noted that the duty is this session's, ms: nodes that hear nothing of each other see it by that. */
const SIGN_MS = 2_000;
const RETRY_MS = 250;

/**
 * One node's time with a duty, from taking it over to losing it. Its checkpoint is fenced: it is written only while
 * nobody else has taken the duty over.
 */
export class DutySession implements CheckpointStore {
  readonly #register: DutyRegister;
  readonly #clock: Clock;
  #revision: Revision;
  #entry: DutyEntry;
  #assuredAtMs: number;
  #notedAtMs: number;
  #isLost = false;
  #isEnded = false;
  #writing: Promise<unknown> = Promise.resolve();
  #looking: Promise<void> | null = null;

  private constructor(register: DutyRegister, clock: Clock, entry: DutyEntry, revision: Revision, atMs: number) {
    this.#register = register;
    this.#clock = clock;
    this.#entry = entry;
    this.#revision = revision;
    this.#assuredAtMs = atMs;
    this.#notedAtMs = atMs;
  }

  /** Takes a duty over from whoever had it at `revision`. Rejects with LOG_REVISION_CONFLICT, or LOG_UNAVAILABLE. */
  static async begin(
    register: DutyRegister,
    clock: Clock,
    entry: DutyEntry,
    expectedRevision: Revision,
  ): Promise<DutySession> {
    const atMs = clock.monotonicMs();
    return new DutySession(register, clock, entry, await register.write(entry, expectedRevision), atMs);
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  async read(): Promise<Checkpoint | null> {
    const { position, recordId } = this.#entry;
    return recordId === '' ? null : { position, recordId };
  }

  /** Rejects with LOG_REVISION_CONFLICT where the duty is another's. */
  write(checkpoint: Checkpoint): Promise<void> {
    return this.#note(checkpoint);
  }

  /** Asks whose the duty is, and at times notes that it is still this session's. Rejects with LOG_UNAVAILABLE. */
  async stay(): Promise<void> {
    if (this.#clock.monotonicMs() - this.#notedAtMs < SIGN_MS) return await this.look();
    try {
      await this.#note({});
    } catch (error) {
      if (!this.#isOver) throw error;
    }
  }

  /**
   * Whether the duty is still this session's: true at once where that was so a moment ago, or else the register is
   * asked. While it does not answer this waits; it resolves with false once the duty is lost or the session is over.
   */
  async assured(): Promise<boolean> {
    while (!this.#isOver) {
      if (this.#clock.monotonicMs() - this.#assuredAtMs < ASSURED_MS) return true;
      try {
        await this.look();
      } catch {
        await new Promise<void>((resolve) => this.#clock.schedule(RETRY_MS, resolve));
      }
    }
    return false;
  }

  /** Asks whose the duty is. Rejects with LOG_UNAVAILABLE. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Gives the duty up, so that the next one need not wait. */
  async end(): Promise<void> {
    if (this.#isOver) return;
    this.#isEnded = true;
    await this.#writing;
    // Where it is not noted, the next one waits a moment before it takes over.
    await this.#register.write({ ...this.#entry, holder: '' }, this.#revision).catch(() => {});
  }

  get #isOver(): boolean {
    return this.#isLost || this.#isEnded;
  }

  async #look(): Promise<void> {
    const atMs = this.#clock.monotonicMs();
    const kept = await this.#register.read();
    if (kept?.entry.holder === this.#entry.holder) this.#assuredAtMs = atMs;
    else this.#isLost = true;
  }

  #note(checkpoint: Partial<Checkpoint>): Promise<void> {
    const written = this.#writing.then(() => this.#write({ ...this.#entry, ...checkpoint }));
    this.#writing = written.catch(() => {});
    return written;
  }

  async #write(entry: DutyEntry): Promise<void> {
    if (this.#isOver) {
      throw new PalisadeError('LOG_REVISION_CONFLICT', 'Cannot note the duty as another node has it by now. Take it.');
    }
    const atMs = this.#clock.monotonicMs();
    try {
      this.#revision = await this.#register.write(entry, this.#revision);
      this.#entry = entry;
      this.#assuredAtMs = atMs;
      this.#notedAtMs = atMs;
    } catch (error) {
      if (!isPalisadeError(error, 'LOG_REVISION_CONFLICT')) throw error;
      const kept = await this.#register.read();
      if (kept?.entry.holder !== entry.holder) {
        this.#isLost = true;
        throw error;
      }
      // An earlier note was stored though its answer was lost.
      this.#revision = kept.revision;
      await this.#write(entry);
    }
  }
}
