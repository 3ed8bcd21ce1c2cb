/** Entries from which the part that was taken is dropped. */
const DROP_MIN = 1024;

/** First in, first out; O(1) each on average. */
export class Fifo<Item> {
  #items: Item[] = [];
  #taken = 0;

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes the oldest; undefined where there is none. */
  shift(): Item | undefined {
    const item = this.#items[this.#taken];
    if (this.#taken === this.#items.length) return undefined;
    this.#taken++;
    if (this.#taken >= DROP_MIN && 2 * this.#taken >= this.#items.length) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }
}
