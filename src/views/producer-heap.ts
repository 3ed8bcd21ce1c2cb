/** How far one producer of events is. `place` is where it stands in the heap, -1 while it does not. */
export type Producer = { latestMs: number; recordedMs: number; place: number };

/** Producers by the largest event time that each has sent, the smallest first. A binary heap that knows its places. */
export class ProducerHeap {
  readonly #heap: Producer[] = [];

  get first(): Producer | undefined {
    return this.#heap[0];
  }

  /** Puts a producer in, or where it belongs once its time has grown. O(log n). */
  put(producer: Producer): void {
    if (producer.place === -1) {
      producer.place = this.#heap.length;
      this.#heap.push(producer);
      this.#rise(producer);
    } else this.#sink(producer);
  }

  /** Takes a producer out, where it is in. O(log n). */
  remove(producer: Producer): void {
    const { place } = producer;
    if (place === -1) return;
    producer.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === producer) return;
    this.#set(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  #set(producer: Producer, place: number): void {
    producer.place = place;
    this.#heap[place] = producer;
  }

  #rise(producer: Producer): void {
    let { place } = producer;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || parent.latestMs <= producer.latestMs) break;
      this.#set(parent, place);
      place = above;
    }
    this.#set(producer, place);
  }

  #sink(producer: Producer): void {
    let { place } = producer;
    for (;;) {
      const left = this.#heap[2 * place + 1];
      if (left === undefined) break;
      const right = this.#heap[2 * place + 2];
      const smaller = right !== undefined && right.latestMs < left.latestMs ? right : left;
      if (smaller.latestMs >= producer.latestMs) break;
      const below = smaller.place;
      this.#set(smaller, place);
      place = below;
    }
    this.#set(producer, place);
  }
}
