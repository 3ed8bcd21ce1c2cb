/** First in, first out, without moving the rest: a list with a head that is cut off now and then. */
export class PendingQueue<Item> {
  #items: Item[] = [];
  #first = 0;

  get size(): number {
    return this.#items.length - this.#first;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes the oldest items, at most `count`. */
  take(count: number): Item[] {
    const taken = this.#items.slice(this.#first, this.#first + count);
    this.#first += taken.length;
    if (this.#first > 1024 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return taken;
  }
}
