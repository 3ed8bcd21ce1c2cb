const FIRST_CAPACITY = 256;

/**
 * First in, first out, in a ring that is used over and over. A place is cleared when its item is taken: nothing that
 * was answered is held on to, and so ordinary items never grow old in the eyes of the garbage collector.
 */
export class PendingQueue<Item> {
  #ring: (Item | null)[] = Array(FIRST_CAPACITY).fill(null);
  #first = 0;
  size = 0;

  push(item: Item): void {
    if (this.size === this.#ring.length) this.#grow();
    this.#ring[(this.#first + this.size) & (this.#ring.length - 1)] = item;
    this.size += 1;
  }

  /** Takes the oldest item; null where there is none. */
  shift(): Item | null {
    if (this.size === 0) return null;
    const item = this.#ring[this.#first] ?? null;
    this.#ring[this.#first] = null;
    this.#first = (this.#first + 1) & (this.#ring.length - 1);
    this.size -= 1;
    return item;
  }

  #grow(): void {
    const before = this.#ring;
    const inOrder = [...before.slice(this.#first), ...before.slice(0, this.#first)];
    this.#ring = [...inOrder, ...Array(before.length).fill(null)];
    this.#first = 0;
    before.fill(null);
  }
}
