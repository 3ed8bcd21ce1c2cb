type Node<Item> = { readonly timeMs: number; readonly sequence: number; readonly item: Item };

/** Priority queue by time; equal times leave in the order in which they came. Binary heap, O(log n) each way. */
export class EventQueue<Item> {
  private readonly heap: Node<Item>[] = [];
  private sequence = 0;

  get size(): number {
    return this.heap.length;
  }

  /** Adds an item that is due at this time. */
  push(timeMs: number, item: Item): void {
    const node = { timeMs, sequence: this.sequence++, item };
    const heap = this.heap;
    let index = heap.length;
    heap.push(node);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !before(node, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = node;
  }

  /** Takes the earliest item out, or answers undefined where there is none. */
  pop(): { readonly timeMs: number; readonly item: Item } | undefined {
    const heap = this.heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length > 0) this.sink(last);
    return first;
  }

  private sink(node: Node<Item>): void {
    const heap = this.heap;
    let index = 0;
    for (;;) {
      const leftIndex = 2 * index + 1;
      const left = heap[leftIndex];
      if (left === undefined) break;
      const right = heap[leftIndex + 1];
      const rightWins = right !== undefined && before(right, left);
      const child = rightWins ? right : left;
      if (!before(child, node)) break;
      heap[index] = child;
      index = rightWins ? leftIndex + 1 : leftIndex;
    }
    heap[index] = node;
  }
}

function before<Item>(left: Node<Item>, right: Node<Item>): boolean {
  return left.timeMs < right.timeMs || (left.timeMs === right.timeMs && left.sequence < right.sequence);
}
