import { type BaseCurrency, baseAmount, storedCurrency } from '../../src/domain/base-amount.ts';
import type { Decision, Reason } from '../../src/domain/decision.ts';
import type { Label, Transaction } from '../../src/domain/events.ts';
import type { CurrencyOf } from '../../src/ports/currency.ts';
import type {
  ProjectedRecord,
  Projection,
  ProjectionSession,
  ProjectionTransaction,
} from '../../src/ports/projection.ts';
import type { StoreRow, StoreTables } from '../../src/ports/read-store.ts';
import { CURRENCY_TABLE, DECISIONS_TABLE, DECISIONS_VERSION } from './decisions.model.ts';

const TABLE = DECISIONS_TABLE.name;

/** Every decision as a row that can be listed, filtered and searched. */
export function decisionsProjection(currencyOf: CurrencyOf): Projection {
  return {
    name: 'console.decisions',
    version: DECISIONS_VERSION,
    tables: [DECISIONS_TABLE, CURRENCY_TABLE],
    open: (tables) => new DecisionsSession(currencyOf, tables),
  };
}

class DecisionsSession implements ProjectionSession {
  readonly #currencyOf: CurrencyOf;
  #currency: BaseCurrency;

  constructor(currencyOf: CurrencyOf, tables: StoreTables) {
    this.#currencyOf = currencyOf;
    this.#currency = storedCurrency(tables.get(CURRENCY_TABLE.name, [1])?.rates);
  }

  project(record: ProjectedRecord, { tables }: ProjectionTransaction): void {
    switch (record.type) {
      case 'TransactionDecided':
      case 'DecisionSuperseded':
      case 'RulesetPublished':
      case 'SideEventRecorded':
        break;
      default:
        return;
    }
    const { fact } = record;
    switch (fact.type) {
      case 'TransactionDecided':
        tables.add(TABLE, this.#rowOf(record.position, fact.transaction, fact.decision));
        return;
      case 'DecisionSuperseded': {
        const before = findDecision(tables, fact.transaction.transactionId);
        const position = typeof before?.position === 'number' ? before.position : record.position;
        const row = this.#rowOf(position, fact.transaction, fact.decision);
        tables.put(TABLE, { ...row, amount: before?.amount ?? row.amount ?? null, superseded: 1 });
        return;
      }
      case 'SideEventRecorded':
        if (fact.event.type === 'label') setLabel(tables, fact.event);
        return;
      case 'RulesetPublished':
        this.#currency = this.#currencyOf(fact.text);
        tables.put(CURRENCY_TABLE.name, { id: 1, rates: JSON.stringify(this.#currency) });
        return;
      default:
        return;
    }
  }

  #rowOf(position: number, transaction: Transaction, decision: Decision): StoreRow {
    const { amountMinor, currency, location } = transaction;
    return {
      position,
      transaction_id: transaction.transactionId,
      outcome: decision.outcome,
      score: decision.score,
      mode: decision.mode,
      occurred_at: Date.parse(transaction.occurredAt),
      decided_at: Date.parse(decision.decidedAt),
      type: transaction.type,
      channel: transaction.channel,
      amount_minor: amountMinor,
      currency,
      amount: baseAmount(amountMinor, currency, this.#currency),
      card_id: transaction.cardId,
      account_id: transaction.accountId,
      device_id: transaction.deviceId ?? null,
      merchant_id: transaction.merchantId ?? null,
      ip: transaction.ip ?? null,
      country: transaction.country ?? null,
      mcc: transaction.mcc ?? null,
      latitude: location?.latitude ?? null,
      longitude: location?.longitude ?? null,
      reasons: joined(decision.reasons, ({ code }) => code),
      rules: joined(decision.reasons, ({ ruleId }) => ruleId),
      shadow_rules: joined(decision.shadow, ({ ruleId }) => ruleId),
      ruleset_version: decision.rulesetVersion,
      label: null,
      superseded: 0,
    };
  }
}

function joined(reasons: readonly Reason[], textOf: (reason: Reason) => string): string {
  return reasons.length === 0 ? '' : reasons.map(textOf).join(' ');
}

function findDecision(tables: StoreTables, transactionId: string): StoreRow | undefined {
  const where = [{ column: 'transaction_id', comparison: '=', value: transactionId } as const];
  return tables.select(TABLE, { where, orderBy: [], limit: 1 })[0];
}

/** The newest label counts. One about a transaction that was never decided says nothing here. */
function setLabel(tables: StoreTables, { transactionId, label }: Label): void {
  const row = findDecision(tables, transactionId);
  if (row !== undefined) tables.put(TABLE, { ...row, label });
}
