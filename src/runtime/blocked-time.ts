/** How long a full queue has held its source, in all. Times in ms of one monotonic clock. */
export class BlockedTime {
  #totalMs = 0;
  /** Since when it has been held; null while it is not. */
  #fromMs: number | null = null;

  /** The queue is full, and whoever feeds it waits or is sent away. Nothing where that was so before. */
  begin(nowMs: number): void {
    this.#fromMs ??= nowMs;
  }

  /** The queue takes something again. */
  end(nowMs: number): void {
    if (this.#fromMs === null) return;
    this.#totalMs += nowMs - this.#fromMs;
    this.#fromMs = null;
  }

  /** Whether the source is held now. */
  get isBlocked(): boolean {
    return this.#fromMs !== null;
  }

  /** The time up to now, with what is not over. */
  totalMs(nowMs: number): number {
    return this.#totalMs + (this.#fromMs === null ? 0 : nowMs - this.#fromMs);
  }
}
