/** A binary heap: the least item first. `push` and `pop` are O(log n), `peek` O(1). */
export class BinaryHeap<Item> {
  readonly #items: Item[] = [];
  readonly #isLess: (left: Item, right: Item) => boolean;

  constructor(isLess: (left: Item, right: Item) => boolean) {
    this.#isLess = isLess;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    const items = this.#items;
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = items[parentIndex];
      if (parent === undefined || !this.#isLess(item, parent)) break;
      items[index] = parent;
      index = parentIndex;
    }
    items[index] = item;
  }

  pop(): Item | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return least;
    this.#sink(last);
    return least;
  }

  /** Takes every item out, in no order. */
  drain(): Item[] {
    return this.#items.splice(0);
  }

  #sink(item: Item): void {
    const items = this.#items;
    let index = 0;
    for (;;) {
      const left = items[2 * index + 1];
      const right = items[2 * index + 2];
      const isRightLess = left !== undefined && right !== undefined && this.#isLess(right, left);
      const child = isRightLess ? right : left;
      if (child === undefined || !this.#isLess(child, item)) break;
      items[index] = child;
      index = 2 * index + (isRightLess ? 2 : 1);
    }
    items[index] = item;
  }
}
