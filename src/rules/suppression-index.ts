import type { EventView } from '../domain/event-view.ts';
import type { Suppression } from '../domain/lists.ts';

function keyOf(ruleId: string, kind: string, id: string): string {
  return `${ruleId}\n${kind}\n${id}`;
}

/** Rules that are switched off for one entity until an event time. Every operation is O(1). */
export class SuppressionIndex {
  readonly #suppressions = new Map<string, Suppression>();

  get size(): number {
    return this.#suppressions.size;
  }

  /** Sets a suppression, or replaces the one of the same rule and entity. */
  set(suppression: Suppression): void {
    this.#suppressions.set(keyOf(suppression.ruleId, suppression.kind, suppression.id), suppression);
  }

  /** Removes a suppression; answers whether it was there. */
  remove(ruleId: string, kind: string, id: string): boolean {
    return this.#suppressions.delete(keyOf(ruleId, kind, id));
  }

  /** Whether a rule is switched off for an entity that the event names, at that event time (ms; the end is open). */
  isSuppressed(ruleId: string, event: EventView, nowMs: number): boolean {
    if (this.#suppressions.size === 0) return false;
    return (
      this.#covers(ruleId, 'card', event.cardId, nowMs) ||
      this.#covers(ruleId, 'account', event.accountId, nowMs) ||
      this.#covers(ruleId, 'device', event.deviceId, nowMs) ||
      this.#covers(ruleId, 'merchant', event.merchantId, nowMs) ||
      this.#covers(ruleId, 'ip', event.ip, nowMs)
    );
  }

  /** Every suppression, also those whose time is over. */
  entries(): Suppression[] {
    return [...this.#suppressions.values()];
  }

  /** Forgets the suppressions that ended before an event time. O(size). Answers how many. */
  prune(beforeMs: number): number {
    let removed = 0;
    for (const [key, suppression] of this.#suppressions) {
      if (suppression.untilMs > beforeMs) continue;
      this.#suppressions.delete(key);
      removed += 1;
    }
    return removed;
  }

  #covers(ruleId: string, kind: string, id: string, nowMs: number): boolean {
    if (id === '') return false;
    const suppression = this.#suppressions.get(keyOf(ruleId, kind, id));
    return suppression !== undefined && nowMs < suppression.untilMs;
  }
}
