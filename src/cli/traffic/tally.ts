import { createHash } from 'node:crypto';
import { type Decision, type Mode, OUTCOMES, type Outcome } from '../../domain/decision.ts';
import { LatencyDigest } from '../latency-digest.ts';
import type { TrafficItem } from './traffic-item.ts';

/** Transactions of one kind and what became of them. Stopped means every outcome but approve. */
export type GroupCount = {
  readonly transactions: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly stopped: number;
  /** Sums by currency, minor units. */
  readonly valueMinor: Readonly<Record<string, number>>;
  readonly stoppedValueMinor: Readonly<Record<string, number>>;
};

/** How well a verdict fits the labels; null where it is not defined (nothing to divide by). */
export type Quality = { readonly precision: number | null; readonly recall: number | null };

/** The decisions on labelled transactions. `declined` counts only what was declined outright. */
export type LabelledReport = {
  readonly fraud: GroupCount;
  readonly legitimate: GroupCount;
  readonly fraudGroups: Readonly<Record<string, GroupCount>>;
  readonly stopped: Quality;
  readonly declined: Quality;
};

/** Everything that is counted while traffic is played. */
export type TrafficReport = {
  readonly transactions: number;
  readonly sideEvents: number;
  readonly refused: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly modes: Readonly<Record<Mode, number>>;
  readonly labelled: LabelledReport | null;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  readonly rulesetVersions: readonly string[];
  /** SHA-256 over what was decided, in the order of the input. */
  readonly decisionHash: string;
};

type Group = {
  outcomes: Record<Outcome, number>;
  valueMinor: Record<string, number>;
  stoppedValueMinor: Record<string, number>;
};

function createGroup(): Group {
  return { outcomes: { approve: 0, challenge: 0, review: 0, decline: 0 }, valueMinor: {}, stoppedValueMinor: {} };
}

function total(outcomes: Readonly<Record<Outcome, number>>): number {
  return OUTCOMES.reduce((sum, outcome) => sum + outcomes[outcome], 0);
}

function toCount(group: Group): GroupCount {
  const transactions = total(group.outcomes);
  return { transactions, ...group, stopped: transactions - group.outcomes.approve };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function qualityOf(caught: number, wrong: number, fraud: number): Quality {
  return { precision: share(caught, caught + wrong), recall: share(caught, fraud) };
}

/** Adds up the answers to played traffic. Refunds count as transactions like all others. */
export class Tally {
  readonly #hash = createHash('sha256');
  readonly #outcomes = createGroup().outcomes;
  readonly #modes: Record<Mode, number> = { full: 0, degraded: 0, fallback: 0 };
  readonly #fraud = createGroup();
  readonly #legitimate = createGroup();
  readonly #fraudGroups = new Map<string, Group>();
  readonly #versions = new Set<string>();
  readonly #latency = new LatencyDigest();
  #sideEvents = 0;
  #refused = 0;

  /** Adds a decision; the order of the calls is the order of the hash. */
  addDecision(item: TrafficItem, decision: Decision, latencyMs: number): void {
    const { transactionId, outcome, score, mode, reasons, rulesetVersion } = decision;
    this.#hash.update(`${JSON.stringify([transactionId, outcome, score, reasons, rulesetVersion])}\n`);
    this.#latency.add(latencyMs);
    this.#outcomes[outcome]++;
    this.#modes[mode]++;
    this.#versions.add(rulesetVersion);
    const { truth } = item;
    if (truth === null) return;
    addTo(truth.fraud ? this.#fraud : this.#legitimate, item, outcome);
    if (!truth.fraud) return;
    const group = this.#fraudGroups.get(truth.group) ?? createGroup();
    this.#fraudGroups.set(truth.group, group);
    addTo(group, item, outcome);
  }

  /** Counts a side event that was recorded. */
  addSideEvent(): void {
    this.#sideEvents++;
  }

  /** Counts an event that the engine refused. */
  addRefusal(): void {
    this.#refused++;
  }

  /** What was counted so far. Ends the hash: call once. */
  report(): TrafficReport {
    const latency = this.#latency;
    return {
      transactions: total(this.#outcomes),
      sideEvents: this.#sideEvents,
      refused: this.#refused,
      outcomes: this.#outcomes,
      modes: this.#modes,
      labelled: this.#labelled(),
      latencyMs: {
        p50: latency.quantile(0.5),
        p95: latency.quantile(0.95),
        p99: latency.quantile(0.99),
        max: latency.max,
      },
      rulesetVersions: [...this.#versions],
      decisionHash: this.#hash.digest('hex'),
    };
  }

  #labelled(): LabelledReport | null {
    const fraud = toCount(this.#fraud);
    const legitimate = toCount(this.#legitimate);
    if (fraud.transactions + legitimate.transactions === 0) return null;
    const groups = [...this.#fraudGroups].sort(([left], [right]) => (left < right ? -1 : 1));
    return {
      fraud,
      legitimate,
      fraudGroups: Object.fromEntries(groups.map(([name, group]) => [name, toCount(group)])),
      stopped: qualityOf(fraud.stopped, legitimate.stopped, fraud.transactions),
      declined: qualityOf(fraud.outcomes.decline, legitimate.outcomes.decline, fraud.transactions),
    };
  }
}

function addTo(group: Group, item: TrafficItem, outcome: Outcome): void {
  group.outcomes[outcome]++;
  const { currency, amountMinor } = item;
  group.valueMinor[currency] = (group.valueMinor[currency] ?? 0) + amountMinor;
  if (outcome === 'approve') return;
  group.stoppedValueMinor[currency] = (group.stoppedValueMinor[currency] ?? 0) + amountMinor;
}
