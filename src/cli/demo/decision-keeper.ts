import type { Decision } from '../../domain/decision.ts';
import { CAMPAIGN_KINDS, type CampaignKind } from '../../simulator/simulation-event.ts';
import type { TrafficItem } from '../traffic/traffic-item.ts';
import { strongestReasons } from './decision-words.ts';

/** A stopped payment of an attack. */
export type Example = { readonly item: TrafficItem; readonly decision: Decision; readonly kind: CampaignKind };

/** Looks at the decisions of a demo: keeps examples, and counts what honest payments were stopped for. */
export class DecisionKeeper {
  readonly #examples = new Map<CampaignKind, Example>();
  readonly #causes = new Map<string, number>();

  /** Strongest reason codes of the honest payments that were stopped, and how often. */
  get causes(): ReadonlyMap<string, number> {
    return this.#causes;
  }

  /** Takes one decision into account. Of each attack the stopped payment with the heaviest reasons is kept. */
  offer(item: TrafficItem, decision: Decision): void {
    const { truth } = item;
    if (truth === null || decision.outcome === 'approve') return;
    if (!truth.fraud) {
      const code = strongestReasons(decision)[0]?.code ?? 'NO_REASON';
      this.#causes.set(code, (this.#causes.get(code) ?? 0) + 1);
      return;
    }
    const kind = CAMPAIGN_KINDS.find((candidate) => candidate === truth.group);
    if (kind === undefined) return;
    const known = this.#examples.get(kind);
    if (known === undefined || weightOf(decision) > weightOf(known.decision)) {
      this.#examples.set(kind, { item, decision, kind });
    }
  }

  /** The examples with the largest amounts, each of another attack. */
  dearest(count: number): readonly Example[] {
    const examples = [...this.#examples.values()];
    examples.sort((left, right) => right.item.amountMinor - left.item.amountMinor);
    return examples.slice(0, count);
  }
}

function weightOf(decision: Decision): number {
  return strongestReasons(decision).reduce((sum, reason) => sum + reason.score, 0);
}
