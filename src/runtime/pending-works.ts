import { hash53 } from '../domain/hash.ts';
import type { AuthorizeWork } from './authorize-work.ts';

const FIRST_CAPACITY = 256;

/** A chain of works in the order of their arrival. */
type Link = { readonly work: AuthorizeWork; readonly hash: number; older: Link | null; newer: Link | null };

/**
 * Commands under way by transaction id, in the order of arrival. Open addressing with linear probing in one array that
 * is used over and over, links cut when they are taken out: a `Map` with such a coming and going leaves a chain of
 * dead tables behind, by which every command outlives the young generation (measured: half of what was promoted).
 * All operations are O(1).
 */
export class PendingWorks {
  size = 0;
  #links: (Link | null)[] = Array(FIRST_CAPACITY).fill(null);
  #oldest: Link | null = null;
  #newest: Link | null = null;

  /** The command that arrived first. */
  get oldest(): AuthorizeWork | null {
    return this.#oldest === null ? null : this.#oldest.work;
  }

  get(transactionId: string): AuthorizeWork | undefined {
    return this.#links[this.#placeOf(hashOf(transactionId), transactionId)]?.work;
  }

  /** Adds a command whose id has none. */
  add(work: AuthorizeWork): void {
    if (2 * this.size >= this.#links.length) this.#grow();
    const link: Link = { work, hash: hashOf(idOf(work)), older: this.#newest, newer: null };
    this.#links[this.#placeOf(link.hash, idOf(work))] = link;
    if (this.#newest === null) this.#oldest = link;
    else this.#newest.newer = link;
    this.#newest = link;
    this.size += 1;
  }

  /** Takes a command out; one that is not there is left alone. */
  delete(work: AuthorizeWork): void {
    const id = idOf(work);
    const place = this.#placeOf(hashOf(id), id);
    const link = this.#links[place] ?? null;
    if (link === null) return;
    this.#unlink(link);
    this.#links[place] = null;
    this.#closeGap(place);
    this.size -= 1;
  }

  /** Every command, oldest first. One that is taken out meanwhile is not visited; the one visited may be. */
  *[Symbol.iterator](): Generator<AuthorizeWork> {
    for (let link = this.#oldest; link !== null; ) {
      const { newer } = link;
      yield link.work;
      link = newer;
    }
  }

  /** Where a command is, or where it would go. */
  #placeOf(hash: number, transactionId: string): number {
    const mask = this.#links.length - 1;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const link = this.#links[place] ?? null;
      if (link === null || (link.hash === hash && idOf(link.work) === transactionId)) return place;
    }
  }

  /** Moves the links behind a free place forward, so that each is still found from the place of its hash on. */
  #closeGap(gap: number): void {
    const mask = this.#links.length - 1;
    let free = gap;
    for (let place = (gap + 1) & mask; ; place = (place + 1) & mask) {
      const link = this.#links[place] ?? null;
      if (link === null) return;
      const distance = (place - (link.hash & mask)) & mask;
      if (distance < ((place - free) & mask)) continue;
      this.#links[free] = link;
      this.#links[place] = null;
      free = place;
    }
  }

  #unlink(link: Link): void {
    if (link.older === null) this.#oldest = link.newer;
    else link.older.newer = link.newer;
    if (link.newer === null) this.#newest = link.older;
    else link.newer.older = link.older;
    link.older = null;
    link.newer = null;
  }

  #grow(): void {
    const before = this.#links;
    this.#links = Array(2 * before.length).fill(null);
    for (const link of before) if (link !== null) this.#links[this.#placeOf(link.hash, idOf(link.work))] = link;
    before.fill(null);
  }
}

function idOf(work: AuthorizeWork): string {
  return work.command.transaction.transactionId;
}

/** 32 bits of the id's hash, as a signed integer. */
function hashOf(transactionId: string): number {
  return hash53(transactionId) | 0;
}
