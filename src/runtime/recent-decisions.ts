import type { AuthorizeAnswer } from '../ports/engine.ts';

/** What was answered lately, to answer a retry without asking the log. */
export type RecentDecision = { readonly text: string; readonly answer: AuthorizeAnswer };

/**
 * The last answers by transaction id, bounded. Two generations: when the young one is full the old one goes, so an
 * entry lives for one to two times `entriesMax / 2` answers and nothing is reordered on a hit. O(1).
 */
export class RecentDecisions {
  readonly #entriesMax: number;
  #young = new Map<string, RecentDecision>();
  #old = new Map<string, RecentDecision>();

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get(transactionId: string): RecentDecision | undefined {
    return this.#young.get(transactionId) ?? this.#old.get(transactionId);
  }

  set(transactionId: string, decision: RecentDecision): void {
    if (this.#young.size * 2 >= this.#entriesMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(transactionId, decision);
  }
}
