/** Something to do for a window, or a pane, of a group once the watermark has come so far. */
export type Timer = {
  readonly atMs: number;
  readonly kind: 'window' | 'pane';
  readonly group: string;
  readonly startMs: number;
};

function isBefore(left: Timer, right: Timer): boolean {
  if (left.atMs !== right.atMs) return left.atMs < right.atMs;
  // Rows are shown before the panes that they are made of go.
  if (left.kind !== right.kind) return left.kind === 'window';
  if (left.group !== right.group) return left.group < right.group;
  return left.startMs < right.startMs;
}

/** Timers by rising time, in one order whatever the order in which they were set; each is held once. A binary heap. */
export class TimerQueue {
  readonly #heap: Timer[] = [];
  readonly #held = new Set<string>();

  get size(): number {
    return this.#heap.length;
  }

  /** O(log n). */
  set(timer: Timer): void {
    const key = keyOf(timer);
    if (timer.atMs === Number.POSITIVE_INFINITY || this.#held.has(key)) return;
    this.#held.add(key);
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(timer, parent)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = timer;
  }

  /** The next timer whose time has come, taken out; null where there is none. O(log n). */
  takeDue(watermarkMs: number): Timer | null {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.atMs > watermarkMs) return null;
    this.#held.delete(keyOf(first));
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(timer: Timer): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      let smaller = left;
      if (right !== undefined && isBefore(right, left)) {
        child += 1;
        smaller = right;
      }
      if (!isBefore(smaller, timer)) break;
      heap[index] = smaller;
      index = child;
    }
    heap[index] = timer;
  }
}

function keyOf({ kind, group, startMs }: Timer): string {
  return `${kind === 'window' ? 'w' : 'p'}${startMs} ${group}`;
}
