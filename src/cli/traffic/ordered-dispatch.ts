/** What is sent: `keys` name the entities that it touches. */
export type Keyed = { readonly keys: readonly string[] };

export type DispatchOptions<Item, Answer> = {
  /** Items under way at once. */
  readonly concurrency: number;
  /** Items taken in and not yet handed out; beyond it `hasRoom` is false. Bounds the memory. */
  readonly lookahead: number;
  readonly send: (item: Item) => Promise<Answer>;
  /** Called in the order in which the items came, whatever the order of the answers. */
  readonly onAnswer: (item: Item, answer: Answer) => void;
};

type Slot<Item, Answer> = {
  readonly item: Item;
  /** Earlier unanswered items that share an entity. */
  blockers: number;
  readonly followers: Slot<Item, Answer>[];
  answer: { readonly value: Answer } | null;
};

/**
 * Sends many items at once and yet in order for each entity: an item waits until every earlier item that shares a card,
 * account, device, merchant or address with it has been answered. O(keys) an item.
 */
export class OrderedDispatch<Item extends Keyed, Answer> {
  readonly #options: DispatchOptions<Item, Answer>;
  /** Last unanswered item of each entity. */
  readonly #tails = new Map<string, Slot<Item, Answer>>();
  #ready: Slot<Item, Answer>[] = [];
  #readyHead = 0;
  #taken: Slot<Item, Answer>[] = [];
  #takenHead = 0;
  #underWay = 0;
  #failure: { readonly error: unknown } | null = null;
  #wake: (() => void) | null = null;

  constructor(options: DispatchOptions<Item, Answer>) {
    this.#options = options;
  }

  /** Items taken in and not yet handed out. */
  get pending(): number {
    return this.#taken.length - this.#takenHead;
  }

  /** Takes an item in. Throws what `send` or `onAnswer` threw, once one of them has. */
  push(item: Item): void {
    this.#throwFailure();
    const slot: Slot<Item, Answer> = { item, blockers: 0, followers: [], answer: null };
    for (const key of item.keys) {
      const tail = this.#tails.get(key);
      if (tail !== undefined && tail !== slot) {
        tail.followers.push(slot);
        slot.blockers++;
      }
      this.#tails.set(key, slot);
    }
    this.#taken.push(slot);
    if (slot.blockers === 0) this.#ready.push(slot);
    this.#pump();
  }

  /** Resolves when less than `lookahead` items are pending. Rejects as `push` throws. */
  async room(): Promise<void> {
    await this.#until(() => this.pending < this.#options.lookahead);
  }

  /** Resolves when every item was answered and handed out. Rejects as `push` throws. */
  async drained(): Promise<void> {
    await this.#until(() => this.pending === 0);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (this.#failure === null && !condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  #pump(): void {
    while (this.#failure === null && this.#underWay < this.#options.concurrency) {
      const slot = this.#ready[this.#readyHead];
      if (slot === undefined) break;
      this.#readyHead++;
      this.#underWay++;
      this.#options.send(slot.item).then(
        (answer) => this.#complete(slot, answer),
        (error: unknown) => this.#fail(error),
      );
    }
    if (this.#readyHead > 1024 && this.#readyHead * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#readyHead);
      this.#readyHead = 0;
    }
  }

  #complete(slot: Slot<Item, Answer>, value: Answer): void {
    this.#underWay--;
    slot.answer = { value };
    for (const key of slot.item.keys) if (this.#tails.get(key) === slot) this.#tails.delete(key);
    for (const follower of slot.followers) if (--follower.blockers === 0) this.#ready.push(follower);
    slot.followers.length = 0;
    this.#handOut();
    this.#pump();
    this.#notify();
  }

  #handOut(): void {
    try {
      for (;;) {
        const next = this.#taken[this.#takenHead];
        if (next === undefined || next.answer === null || this.#failure !== null) break;
        this.#takenHead++;
        this.#options.onAnswer(next.item, next.answer.value);
      }
    } catch (error) {
      this.#fail(error);
    }
    if (this.#takenHead > 1024 && this.#takenHead * 2 > this.#taken.length) {
      this.#taken = this.#taken.slice(this.#takenHead);
      this.#takenHead = 0;
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#notify();
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}
