import type { Duty } from '../../domain/duties.ts';
import { isPalisadeError } from '../../domain/errors.ts';
import type { Clock, TimerHandle } from '../../ports/clock.ts';
import type { Standing } from '../../ports/cluster.ts';
import type { DutyRegister } from '../../ports/event-log.ts';
import type { Logger } from '../../ports/logger.ts';
import type { Random } from '../../ports/random.ts';
import { DutySession } from './duty-session.ts';

/** How often it is looked whose the duty is, ms. */
const LOOK_MS = 500;
/** How long whoever has a duty is given to finish what is under way and let go of it, ms. */
const LETTING_GO_MS = 2_000;
/**
 * How long the register has to stand still before a node that is not told who is chosen takes the duty, ms: whoever
 * has it notes that every two seconds, and sends nothing where it has not spoken with the register for as long.
 */
const STANDING_STILL_MS = 10_000;

/** The work of a duty while a node has it. */
export type DutyWork = { close(): Promise<void> };

export type DutyParts = {
  readonly duty: Duty;
  readonly register: DutyRegister;
  /**
   * Whose the duty should be by what was heard after a monotonic time; `unknown` where nothing was heard since then.
   * A hint: the register fences.
   */
  readonly standing: (heardAfterMs: number) => Standing;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Begins the work. Where it rejects, the duty is given up, and taken again later. */
  readonly begin: (session: DutySession) => Promise<DutyWork>;
};

/**
 * Does a duty while it is this node's. The members of the cluster say whose it should be; the register in the log says
 * whose it is. A node that loses it there stops, and takes it again only by news of the cluster that is younger than
 * the loss: so a node that was cut off does not fight for it. While nothing is known of the members, a duty of which
 * nothing is noted any more goes to whoever is first.
 */
export class DutyKeeper {
  readonly #parts: DutyParts;
  #held: { readonly session: DutySession; readonly work: DutyWork } | null = null;
  #lostAtMs = Number.NEGATIVE_INFINITY;
  /** What this node waits for, that a holder lets go or that the register stands still, and since when. */
  #waits: { readonly mark: string; readonly sinceMs: number } | null = null;
  #timer: TimerHandle | null = null;
  #looking: Promise<void> = Promise.resolve();
  #trouble = '';
  #isClosed = false;

  constructor(parts: DutyParts) {
    this.#parts = parts;
  }

  /** Whether the node has the duty. */
  get isHeld(): boolean {
    return this.#held !== null && !this.#held.session.isLost;
  }

  /** Begins to look whose the duty is. */
  start(): void {
    this.#looking = this.#look();
  }

  /** Gives the duty up; the node does not take it again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#looking;
    await this.#drop('it shuts down');
  }

  async #look(): Promise<void> {
    try {
      await this.#lookOnce();
      this.#trouble = '';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#trouble) {
        this.#parts.logger.warn('Whose a duty of the cluster is cannot be told, or it cannot be begun', {
          duty: this.#parts.duty,
          reason,
        });
      }
      this.#trouble = reason;
      // What could not be read was not seen to stand still.
      this.#waits = null;
    }
    if (this.#isClosed) return;
    this.#timer = this.#parts.clock.schedule(LOOK_MS, () => {
      this.#looking = this.#look();
    });
  }

  async #lookOnce(): Promise<void> {
    const { standing } = this.#parts;
    const held = this.#held;
    if (held === null) {
      const own = standing(this.#lostAtMs);
      if (own === 'other') this.#waits = null;
      else await this.#take(own === 'self');
      return;
    }
    if (standing(Number.NEGATIVE_INFINITY) === 'other') return await this.#drop('another node is to have it');
    if (!held.session.isLost) await held.session.stay();
    if (held.session.isLost) await this.#drop('another node has taken it over');
  }

  async #take(isChosen: boolean): Promise<void> {
    const { register, clock, random, logger, duty, begin } = this.#parts;
    const kept = await register.read();
    const holder = kept?.entry.holder ?? '';
    const hasWaited = isChosen
      ? holder === '' || this.#hasWaited(holder, LETTING_GO_MS)
      : this.#hasWaited(`revision ${kept?.revision ?? -1}`, STANDING_STILL_MS);
    if (!hasWaited) return;
    const entry = { position: 0, recordId: '', ...kept?.entry, holder: random.id() };
    let session: DutySession;
    try {
      session = await DutySession.begin(register, clock, entry, kept?.revision ?? -1);
    } catch (error) {
      // Somebody else was first, and is given time as well.
      if (isPalisadeError(error, 'LOG_REVISION_CONFLICT')) return;
      throw error;
    }
    this.#waits = null;
    try {
      this.#held = { session, work: await begin(session) };
    } catch (error) {
      await session.end();
      throw error;
    }
    logger.info('This node has taken a duty over', { duty, position: entry.position });
  }

  #hasWaited(mark: string, forMs: number): boolean {
    const nowMs = this.#parts.clock.monotonicMs();
    if (this.#waits?.mark !== mark) this.#waits = { mark, sinceMs: nowMs };
    return nowMs - this.#waits.sinceMs >= forMs;
  }

  async #drop(reason: string): Promise<void> {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#lostAtMs = this.#parts.clock.monotonicMs();
    try {
      await held.work.close();
    } finally {
      await held.session.end();
    }
    this.#parts.logger.info('This node has given a duty up', { duty: this.#parts.duty, reason });
  }
}
