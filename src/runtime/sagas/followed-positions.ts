import type { Position } from '../../domain/entities.ts';
import type { Clock } from '../../ports/clock.ts';
import { BlockedTime } from '../blocked-time.ts';

/**
 * How far the log is followed: every record up to `position` was looked at, and what it asked for is durable. Records
 * are seen in order and settled in any order.
 */
export class FollowedPositions {
  /** How long `room` has been waited for. */
  readonly blocked = new BlockedTime();
  #seen: Position;
  /** Records that are not settled, in the order of their positions, and how many things each still waits for. */
  readonly #open = new Map<Position, number>();
  #room: (() => void)[] = [];

  constructor(position: Position) {
    this.#seen = position;
  }

  get position(): Position {
    for (const oldest of this.#open.keys()) return oldest - 1;
    return this.#seen;
  }

  get seen(): Position {
    return this.#seen;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Notes that a record was seen, with this many things that have to be settled. Positions only grow. */
  see(position: Position, count: number): void {
    this.#seen = position;
    if (count > 0) this.#open.set(position, count);
  }

  /** One of the things that a record waits for is settled. */
  settle(position: Position): void {
    const left = (this.#open.get(position) ?? 1) - 1;
    if (left > 0) this.#open.set(position, left);
    else this.#open.delete(position);
    if (this.#room.length === 0) return;
    const waiting = this.#room;
    this.#room = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves once fewer than `max` records are open. */
  async room(max: number, clock: Clock): Promise<void> {
    this.blocked.begin(clock.monotonicMs());
    while (this.#open.size >= max) await new Promise<void>((resolve) => this.#room.push(resolve));
    this.blocked.end(clock.monotonicMs());
  }
}
