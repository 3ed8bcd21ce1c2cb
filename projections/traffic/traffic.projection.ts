import { type BaseCurrency, baseAmount, storedCurrency } from '../../src/domain/base-amount.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { Transaction } from '../../src/domain/events.ts';
import type { CurrencyOf } from '../../src/ports/currency.ts';
import type {
  ProjectedRecord,
  Projection,
  ProjectionSession,
  ProjectionTransaction,
} from '../../src/ports/projection.ts';
import type { StoreTables } from '../../src/ports/read-store.ts';
import { COUNTRIES_TABLE, CURRENCY_TABLE, MINUTES_TABLE, TRAFFIC_VERSION } from './traffic.model.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const COUNTERS = [
  'decisions',
  'approved',
  'challenged',
  'reviewed',
  'declined',
  'fallbacks',
  'alerts',
  'amount',
  'amount_declined',
] as const;
type Minute = Record<(typeof COUNTERS)[number], number>;
type Hour = { readonly at: number; readonly country: string; decisions: number; declined: number };

const OUTCOME_COUNTERS = {
  approve: 'approved',
  challenge: 'challenged',
  review: 'reviewed',
  decline: 'declined',
} as const;

/** How much is decided, when and where. */
export function trafficProjection(currencyOf: CurrencyOf): Projection {
  return {
    name: 'console.traffic',
    version: TRAFFIC_VERSION,
    tables: [MINUTES_TABLE, COUNTRIES_TABLE, CURRENCY_TABLE],
    open: (tables) => new TrafficSession(currencyOf, tables),
  };
}

class TrafficSession implements ProjectionSession {
  readonly #currencyOf: CurrencyOf;
  readonly #minutes = new Map<number, Minute>();
  readonly #hours = new Map<string, Hour>();
  #currency: BaseCurrency;

  constructor(currencyOf: CurrencyOf, tables: StoreTables) {
    this.#currencyOf = currencyOf;
    this.#currency = storedCurrency(tables.get(CURRENCY_TABLE.name, [1])?.rates);
  }

  project(record: ProjectedRecord, { tables }: ProjectionTransaction): void {
    switch (record.type) {
      case 'TransactionDecided':
      case 'DecisionSuperseded':
      case 'AlertRaised':
      case 'SideEventRecorded':
      case 'RulesetPublished':
        break;
      default:
        return;
    }
    const { fact } = record;
    switch (fact.type) {
      case 'TransactionDecided':
        this.#add(tables, fact.transaction, fact.decision, 1);
        return;
      case 'DecisionSuperseded':
        this.#add(tables, fact.transaction, fact.superseded, -1);
        this.#add(tables, fact.transaction, fact.decision, 1);
        return;
      case 'AlertRaised':
        if (fact.state === 'active') this.#minuteOf(tables, Date.parse(fact.occurredAt)).alerts += 1;
        return;
      case 'SideEventRecorded':
        if ((fact.assessment?.reasons.length ?? 0) === 0) return;
        this.#minuteOf(tables, Date.parse(fact.event.occurredAt)).alerts += 1;
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
    for (const [at, minute] of this.#minutes) tables.put(MINUTES_TABLE.name, { at, ...minute });
    for (const hour of this.#hours.values()) tables.put(COUNTRIES_TABLE.name, hour);
    this.#minutes.clear();
    this.#hours.clear();
  }

  #add(tables: StoreTables, transaction: Transaction, { outcome, mode }: Decision, sign: 1 | -1): void {
    const { amountMinor, currency, country = '' } = transaction;
    const atMs = Date.parse(transaction.occurredAt);
    const amount = baseAmount(amountMinor, currency, this.#currency) ?? 0;
    const minute = this.#minuteOf(tables, atMs);
    minute.decisions += sign;
    minute[OUTCOME_COUNTERS[outcome]] += sign;
    if (mode === 'fallback') minute.fallbacks += sign;
    if (outcome !== 'approve') minute.alerts += sign;
    minute.amount += sign * amount;
    if (outcome === 'decline') minute.amount_declined += sign * amount;
    const hour = this.#hourOf(tables, Math.floor(atMs / HOUR_MS) * HOUR_MS, country);
    hour.decisions += sign;
    if (outcome === 'decline') hour.declined += sign;
  }

  #minuteOf(tables: StoreTables, atMs: number): Minute {
    const at = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    const known = this.#minutes.get(at);
    if (known !== undefined) return known;
    const row = tables.get(MINUTES_TABLE.name, [at]);
    const minute: Minute = {
      decisions: 0,
      approved: 0,
      challenged: 0,
      reviewed: 0,
      declined: 0,
      fallbacks: 0,
      alerts: 0,
      amount: 0,
      amount_declined: 0,
    };
    for (const counter of COUNTERS) minute[counter] = Number(row?.[counter] ?? 0);
    this.#minutes.set(at, minute);
    return minute;
  }

  #hourOf(tables: StoreTables, at: number, country: string): Hour {
    const key = `${at} ${country}`;
    const known = this.#hours.get(key);
    if (known !== undefined) return known;
    const row = tables.get(COUNTRIES_TABLE.name, [at, country]);
    const hour = { at, country, decisions: Number(row?.decisions ?? 0), declined: Number(row?.declined ?? 0) };
    this.#hours.set(key, hour);
    return hour;
  }
}
