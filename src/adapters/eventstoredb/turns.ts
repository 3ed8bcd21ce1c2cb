/** A process that wrote nothing for so long is passed over, ms. */
const ACTIVE_MS = 500;
/** Bounds of the time that a process is given to take its turn, ms. */
const SLOT_MS_MIN = 3;
const SLOT_MS_MAX = 250;
/** A turn may take so much longer than it usually does. */
const SLOT_SHARE = 1.5;
/** What a turn that was taken away makes of the usual time: the others may be as slow. */
const OVERTAKEN_FACTOR = 1.5;
/** Weight of the newest turn in the usual one. */
const NEWEST_WEIGHT = 0.2;
const FIRST_TURN_MS = 8;

/**
 * Whose turn it is to append to the journal, so that processes do not overtake each other all the time: after a process
 * appended, the next in the ring of those that wrote lately goes at once, the one after it when that one lets its slot
 * pass, and so on; who has just appended goes last. Nobody is told anything: each sees the same journal. It is a
 * courtesy: the journal's revision alone decides who wins.
 */
export class Turns {
  readonly #self: string;
  readonly #seenMs = new Map<string, number>();
  #last: string;
  #lastMs = Number.NEGATIVE_INFINITY;
  #usualMs = FIRST_TURN_MS;

  constructor(self: string) {
    this.#self = self;
    this.#last = self;
  }

  /** Takes note of an append. Times are monotonic, ms. */
  appended(writer: string, nowMs: number): void {
    this.#last = writer;
    this.#lastMs = nowMs;
    if (writer !== this.#self) this.#seenMs.set(writer, nowMs);
  }

  /** Takes note of how long a turn of this process took. */
  took(turnMs: number): void {
    this.#usualMs += (turnMs - this.#usualMs) * NEWEST_WEIGHT;
  }

  /** Takes note that another process did not wait for the end of a turn of this one. */
  wasOvertaken(): void {
    this.#usualMs = Math.min(SLOT_MS_MAX, this.#usualMs * OVERTAKEN_FACTOR);
  }

  /** Time until this process may go, ms; 0 where it may go now. O(processes). */
  waitMs(nowMs: number): number {
    const ring = [this.#self];
    for (const [writer, seenMs] of this.#seenMs) {
      if (nowMs - seenMs < ACTIVE_MS) ring.push(writer);
      else this.#seenMs.delete(writer);
    }
    if (ring.length === 1) return 0;
    ring.sort();
    const own = ring.indexOf(this.#self);
    const last = ring.indexOf(this.#last);
    const distance = last === -1 ? 1 : (own - last + ring.length) % ring.length || ring.length;
    const slotMs = Math.min(SLOT_MS_MAX, Math.max(SLOT_MS_MIN, this.#usualMs * SLOT_SHARE));
    return Math.max(0, this.#lastMs + (distance - 1) * slotMs - nowMs);
  }
}
