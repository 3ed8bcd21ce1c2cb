import { ACTOR_KINDS, type ActorKind, type EntityKind, perActorKind } from '../domain/entities.ts';
import { ActorSlot } from './actor-slot.ts';

/** Every resident entity by kind and id, in order of use. All operations are O(1). */
export class Directory {
  readonly #slots: Readonly<Record<ActorKind, Map<string, ActorSlot>>> = perActorKind(() => new Map());
  #newest: ActorSlot | null = null;
  #oldest: ActorSlot | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The least recently used slot. */
  get oldest(): ActorSlot | null {
    return this.#oldest;
  }

  countByKind(): Record<EntityKind, number> & Partial<Record<ActorKind, number>> {
    const { card, account, device, merchant, ip, ...others } = this.#slots;
    const counts: Record<EntityKind, number> & Partial<Record<ActorKind, number>> = {
      card: card.size,
      account: account.size,
      device: device.size,
      merchant: merchant.size,
      ip: ip.size,
    };
    for (const kind of ACTOR_KINDS)
      if (kind in others && this.#slots[kind].size > 0) counts[kind] = this.#slots[kind].size;
    return counts;
  }

  find(kind: ActorKind, id: string): ActorSlot | undefined {
    return this.#slots[kind].get(id);
  }

  add(kind: ActorKind, id: string): ActorSlot {
    const slot = new ActorSlot(kind, id);
    this.#slots[kind].set(id, slot);
    this.#size += 1;
    this.#pushNewest(slot);
    return slot;
  }

  /** Marks a slot as used just now. */
  touch(slot: ActorSlot): void {
    if (slot === this.#newest || slot.discarded) return;
    this.#unlink(slot);
    this.#pushNewest(slot);
  }

  /** Takes a slot out; the entity is rehydrated into a new one when it is next needed. */
  remove(slot: ActorSlot): void {
    if (slot.discarded) return;
    slot.discarded = true;
    this.#slots[slot.kind].delete(slot.id);
    this.#size -= 1;
    this.#unlink(slot);
  }

  *slots(): Generator<ActorSlot> {
    for (const kind of ACTOR_KINDS) yield* this.#slots[kind].values();
  }

  #pushNewest(slot: ActorSlot): void {
    slot.older = this.#newest;
    slot.newer = null;
    if (this.#newest !== null) this.#newest.newer = slot;
    this.#newest = slot;
    this.#oldest ??= slot;
  }

  #unlink(slot: ActorSlot): void {
    if (slot.newer !== null) slot.newer.older = slot.older;
    else this.#newest = slot.older;
    if (slot.older !== null) slot.older.newer = slot.newer;
    else this.#oldest = slot.newer;
    slot.newer = null;
    slot.older = null;
  }
}
