import type { BacktestGroup, BacktestResult, BacktestRule, FlippedDecision } from '../../domain/backtest-result.ts';
import { type Decision, OUTCOMES, type Outcome, severityOf } from '../../domain/decision.ts';
import type { Transaction } from '../../domain/events.ts';
import { hash53 } from '../../domain/hash.ts';
import type { Ruleset } from '../../rules/mod.ts';

const FLIPS_SHOWN = 200;

/** One decision of the draft beside the one that was answered. `amount` is in major units of the base currency. */
export type ComparedDecision = {
  readonly transaction: Transaction;
  readonly before: Decision;
  readonly after: Decision;
  readonly amount: number;
};

/** What is kept of a decision until its label is known. */
type Kept = {
  readonly before: Outcome;
  readonly after: Outcome;
  readonly amount: number;
  readonly segments: readonly string[];
  readonly rules: readonly string[];
  readonly shadowRules: readonly string[];
};

type Group = { -readonly [Name in keyof BacktestGroup]: BacktestGroup[Name] };
type RuleCounts = { -readonly [Name in keyof BacktestRule]: BacktestRule[Name] };

/** What decisions came to, but for their number. */
type Sums = {
  readonly total: Group;
  readonly segments: Map<string, Group>;
  readonly rules: Map<string, RuleCounts>;
  readonly flips: FlippedDecision[];
};

function newGroup(): Group {
  return {
    decisions: 0,
    flipped: 0,
    stricter: 0,
    milder: 0,
    fraudStopped: 0,
    amountSaved: 0,
    fraudMissed: 0,
    amountLost: 0,
    goodHurt: 0,
    unlabelledHurt: 0,
  };
}

/** Adds up a backtest: counts as decisions come, and what needs their labels at the end. */
export class BacktestTally {
  readonly #ruleset: Ruleset;
  readonly #keptMax: number;
  /** What the decisions that are kept no longer came to. */
  readonly #settled: Sums;
  readonly #kept = new Map<string, Kept>();
  readonly #labels = new Map<string, string>();
  readonly #segments = new Map<string, number>();
  readonly #outcomes = new Map<Outcome, { before: number; after: number }>(
    OUTCOMES.map((outcome) => [outcome, { before: 0, after: 0 }]),
  );
  readonly #hashes: [number, number] = [1, 2];
  #decisions = 0;

  /** `keptMax` bounds the decisions whose labels are waited for: the oldest are summed up as they are then labelled. */
  constructor(ruleset: Ruleset, keptMax = Number.POSITIVE_INFINITY) {
    this.#ruleset = ruleset;
    this.#keptMax = keptMax;
    this.#settled = { total: newGroup(), segments: new Map(), rules: this.#newRules(), flips: [] };
  }

  /** Takes the next decision. What neither flipped nor was hit is only counted. */
  add({ transaction, before, after, amount }: ComparedDecision): void {
    const { transactionId, channel, country } = transaction;
    const segments = [`channel:${channel}`, `country:${country ?? 'none'}`];
    this.#decisions += 1;
    for (const segment of segments) this.#segments.set(segment, (this.#segments.get(segment) ?? 0) + 1);
    this.#count(before.outcome, 'before');
    this.#count(after.outcome, 'after');
    const rules = after.reasons.map(({ ruleId }) => ruleId);
    this.#hash(`${transactionId} ${after.outcome} ${after.score} ${rules.join(',')}`);
    const shadowRules = after.shadow.map(({ ruleId }) => ruleId);
    if (before.outcome === after.outcome && rules.length + shadowRules.length === 0) return;
    const kept = { before: before.outcome, after: after.outcome, amount, segments, rules, shadowRules };
    this.#kept.set(transactionId, kept);
    if (this.#kept.size > this.#keptMax) this.#settleOldest();
  }

  /** The newest label of a transaction counts. */
  label({ transactionId, label }: { readonly transactionId: string; readonly label: string }): void {
    this.#labels.set(transactionId, label);
  }

  result(records: number): BacktestResult {
    const settled = this.#settled;
    const segments = new Map<string, Group>();
    for (const [name, decisions] of [...this.#segments].sort(byName)) {
      segments.set(name, { ...(settled.segments.get(name) ?? newGroup()), decisions });
    }
    const sums: Sums = {
      total: { ...settled.total, decisions: this.#decisions },
      segments,
      rules: new Map([...settled.rules].map(([id, counts]) => [id, { ...counts }])),
      flips: [...settled.flips],
    };
    for (const [transactionId, kept] of this.#kept) this.#addTo(sums, transactionId, kept);
    const { total, rules, flips } = sums;
    const outcomes = { approve: zero(), challenge: zero(), review: zero(), decline: zero() };
    for (const [outcome, counts] of this.#outcomes) outcomes[outcome] = { ...counts };
    const hash = this.#hashes.map((each) => each.toString(16).padStart(14, '0')).join('');
    return {
      draftVersion: this.#ruleset.version,
      records,
      total,
      rules: [...rules.values()],
      segments: Object.fromEntries(segments),
      outcomes,
      flips,
      hash,
    };
  }

  #addTo({ total, segments, rules, flips }: Sums, transactionId: string, kept: Kept): void {
    const label = this.#labels.get(transactionId) ?? null;
    addTo(total, kept, label);
    for (const name of kept.segments) {
      const group = segments.get(name) ?? newGroup();
      segments.set(name, group);
      addTo(group, kept, label);
    }
    addToRules(rules, kept, label);
    const { before, after, amount } = kept;
    if (before === after || flips.length >= FLIPS_SHOWN) return;
    flips.push({ transactionId, before, after, amount, label, rules: kept.rules });
  }

  #settleOldest(): void {
    for (const [transactionId, kept] of this.#kept) {
      this.#addTo(this.#settled, transactionId, kept);
      this.#kept.delete(transactionId);
      this.#labels.delete(transactionId);
      return;
    }
  }

  #newRules(): Map<string, RuleCounts> {
    const counts = { hits: 0, shadowHits: 0, soleHits: 0, fraudHits: 0, legitimateHits: 0 };
    const effects = { fraudStopped: 0, amountSaved: 0, goodHurt: 0 };
    return new Map(
      this.#ruleset.rules
        .filter(({ on }) => on === 'transaction')
        .map(({ id: ruleId, state }) => [ruleId, { ruleId, state, ...counts, ...effects }]),
    );
  }

  #count(outcome: Outcome, side: 'before' | 'after'): void {
    const counts = this.#outcomes.get(outcome);
    if (counts !== undefined) counts[side] += 1;
  }

  #hash(text: string): void {
    this.#hashes[0] = hash53(`${this.#hashes[0]} ${text}`);
    this.#hashes[1] = hash53(`${this.#hashes[1]} ${text}`);
  }
}

function zero(): { before: number; after: number } {
  return { before: 0, after: 0 };
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}

function isFraud(label: string | null): boolean {
  return label !== null && label !== 'legitimate';
}

function addTo(group: Group, { before, after, amount }: Kept, label: string | null): void {
  if (before === after) return;
  group.flipped += 1;
  const isStricter = severityOf(after) > severityOf(before);
  if (isStricter) group.stricter += 1;
  else group.milder += 1;
  if (isFraud(label) && after === 'decline') {
    group.fraudStopped += 1;
    group.amountSaved += amount;
  }
  if (isFraud(label) && before === 'decline') {
    group.fraudMissed += 1;
    group.amountLost += amount;
  }
  if (isStricter && label === 'legitimate') group.goodHurt += 1;
  if (isStricter && label === null) group.unlabelledHurt += 1;
}

function addToRules(rules: ReadonlyMap<string, RuleCounts>, kept: Kept, label: string | null): void {
  const isStricter = severityOf(kept.after) > severityOf(kept.before);
  for (const ruleId of kept.rules) {
    const counts = rules.get(ruleId);
    if (counts === undefined) continue;
    counts.hits += 1;
    if (kept.rules.length === 1) counts.soleHits += 1;
    if (isFraud(label)) counts.fraudHits += 1;
    if (label === 'legitimate') counts.legitimateHits += 1;
    if (isStricter && label === 'legitimate') counts.goodHurt += 1;
    if (isStricter && isFraud(label) && kept.after === 'decline') {
      counts.fraudStopped += 1;
      counts.amountSaved += kept.amount;
    }
  }
  for (const ruleId of kept.shadowRules) {
    const counts = rules.get(ruleId);
    if (counts !== undefined) counts.shadowHits += 1;
  }
}
