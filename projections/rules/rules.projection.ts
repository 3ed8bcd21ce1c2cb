import { type BaseCurrency, baseAmount, storedCurrency } from '../../src/domain/base-amount.ts';
import { type Decision, severityOf } from '../../src/domain/decision.ts';
import type { Label, Transaction } from '../../src/domain/events.ts';
import type { CurrencyOf } from '../../src/ports/currency.ts';
import type {
  ProjectedRecord,
  Projection,
  ProjectionSession,
  ProjectionTransaction,
} from '../../src/ports/projection.ts';
import type { StoreTables } from '../../src/ports/read-store.ts';
import { CURRENCY_TABLE, HITS_TABLE, OVERLAPS_TABLE, RULES_TABLE, RULES_VERSION } from './rules.model.ts';

const COUNTERS = [
  'hits',
  'shadow_hits',
  'failures',
  'amount_stopped',
  'fraud_labels',
  'legitimate_labels',
  'shadow_disagreements',
  'sole_hits',
] as const;
type Counts = { readonly ruleset_version: string; readonly rule_id: string } & Record<
  (typeof COUNTERS)[number],
  number
>;
type Overlap = {
  readonly ruleset_version: string;
  readonly left_rule: string;
  readonly right_rule: string;
  both: number;
};

/** How each rule does, by version of the ruleset. */
export function rulesProjection(currencyOf: CurrencyOf): Projection {
  return {
    name: 'console.rules',
    version: RULES_VERSION,
    tables: [RULES_TABLE, OVERLAPS_TABLE, HITS_TABLE, CURRENCY_TABLE],
    open: (tables) => new RulesSession(currencyOf, tables),
  };
}

class RulesSession implements ProjectionSession {
  readonly #currencyOf: CurrencyOf;
  readonly #counts = new Map<string, Counts>();
  readonly #overlaps = new Map<string, Overlap>();
  #currency: BaseCurrency;

  constructor(currencyOf: CurrencyOf, tables: StoreTables) {
    this.#currencyOf = currencyOf;
    this.#currency = storedCurrency(tables.get(CURRENCY_TABLE.name, [1])?.rates);
  }

  project(record: ProjectedRecord, { tables }: ProjectionTransaction): void {
    switch (record.type) {
      case 'TransactionDecided':
      case 'DecisionSuperseded':
      case 'SideEventRecorded':
      case 'RulesetPublished':
        break;
      default:
        return;
    }
    const { fact } = record;
    switch (fact.type) {
      case 'TransactionDecided':
        this.#addDecision(tables, fact.transaction, fact.decision, 1);
        return;
      case 'DecisionSuperseded':
        this.#addDecision(tables, fact.transaction, fact.superseded, -1);
        this.#addDecision(tables, fact.transaction, fact.decision, 1);
        return;
      case 'SideEventRecorded':
        if (fact.event.type === 'label') this.#addLabel(tables, fact.event);
        return;
      case 'RulesetPublished':
        this.#currency = this.#currencyOf(fact.text);
        tables.put(CURRENCY_TABLE.name, { id: 1, rates: JSON.stringify(this.#currency) });
        return;
      default:
        return;
    }
  }

  flush({ tables }: ProjectionTransaction): void {
    for (const counts of this.#counts.values()) tables.put(RULES_TABLE.name, counts);
    for (const overlap of this.#overlaps.values()) tables.put(OVERLAPS_TABLE.name, overlap);
    this.#counts.clear();
    this.#overlaps.clear();
  }

  #addDecision(tables: StoreTables, transaction: Transaction, decision: Decision, sign: 1 | -1): void {
    const { outcome, reasons, shadow, failures, rulesetVersion: version } = decision;
    if (reasons.length + shadow.length + failures.length === 0) return;
    const { transactionId, amountMinor, currency } = transaction;
    const amount = baseAmount(amountMinor, currency, this.#currency) ?? 0;
    for (const { ruleId } of reasons) {
      const counts = this.#countsOf(tables, version, ruleId);
      counts.hits += sign;
      if (outcome === 'decline') counts.amount_stopped += sign * amount;
      if (reasons.length === 1) counts.sole_hits += sign;
    }
    for (const { ruleId, outcome: wanted } of shadow) {
      const counts = this.#countsOf(tables, version, ruleId);
      counts.shadow_hits += sign;
      if (severityOf(wanted) > severityOf(outcome)) counts.shadow_disagreements += sign;
    }
    for (const { ruleId } of failures) this.#countsOf(tables, version, ruleId).failures += sign;
    const rules = [...new Set([...reasons, ...shadow].map(({ ruleId }) => ruleId))].sort();
    this.#addOverlaps(tables, version, rules, sign);
    if (sign < 0) tables.remove(HITS_TABLE.name, [transactionId]);
    else if (rules.length > 0) {
      const row = { transaction_id: transactionId, ruleset_version: version, rules: rules.join(' '), label: null };
      tables.put(HITS_TABLE.name, row);
    }
  }

  #addOverlaps(tables: StoreTables, version: string, rules: readonly string[], sign: 1 | -1): void {
    for (const [index, left] of rules.entries()) {
      for (const right of rules.slice(index + 1)) this.#overlapOf(tables, version, left, right).both += sign;
    }
  }

  /** The newest label of a transaction counts. */
  #addLabel(tables: StoreTables, { transactionId, label }: Label): void {
    const row = tables.get(HITS_TABLE.name, [transactionId]);
    if (row === null) return;
    const count = (name: string, by: 1 | -1): void => {
      for (const rule of String(row.rules).split(' ')) {
        const counts = this.#countsOf(tables, String(row.ruleset_version), rule);
        if (name === 'legitimate') counts.legitimate_labels += by;
        else counts.fraud_labels += by;
      }
    };
    if (typeof row.label === 'string') count(row.label, -1);
    count(label, 1);
    tables.put(HITS_TABLE.name, { ...row, label });
  }

  #countsOf(tables: StoreTables, version: string, ruleId: string): Counts {
    const key = `${version} ${ruleId}`;
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const row = tables.get(RULES_TABLE.name, [version, ruleId]);
    const counts: Counts = {
      ruleset_version: version,
      rule_id: ruleId,
      hits: 0,
      shadow_hits: 0,
      failures: 0,
      amount_stopped: 0,
      fraud_labels: 0,
      legitimate_labels: 0,
      shadow_disagreements: 0,
      sole_hits: 0,
    };
    for (const counter of COUNTERS) counts[counter] = Number(row?.[counter] ?? 0);
    this.#counts.set(key, counts);
    return counts;
  }

  #overlapOf(tables: StoreTables, version: string, left: string, right: string): Overlap {
    const key = `${version} ${left} ${right}`;
    const known = this.#overlaps.get(key);
    if (known !== undefined) return known;
    const row = tables.get(OVERLAPS_TABLE.name, [version, left, right]);
    const overlap = { ruleset_version: version, left_rule: left, right_rule: right, both: Number(row?.both ?? 0) };
    this.#overlaps.set(key, overlap);
    return overlap;
  }
}
