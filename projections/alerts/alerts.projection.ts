import { type BaseCurrency, baseAmount, storedCurrency } from '../../src/domain/base-amount.ts';
import type { Assessment, Decision } from '../../src/domain/decision.ts';
import type { EntitySideEvent, Transaction } from '../../src/domain/events.ts';
import type { AlertRaised } from '../../src/domain/records.ts';
import type { CurrencyOf } from '../../src/ports/currency.ts';
import type {
  ProjectedRecord,
  Projection,
  ProjectionSession,
  ProjectionTransaction,
} from '../../src/ports/projection.ts';
import type { StoreRow, StoreTables } from '../../src/ports/read-store.ts';
import { ALERTS_TABLE, ALERTS_VERSION, CURRENCY_TABLE } from './alerts.model.ts';

const TABLE = ALERTS_TABLE.name;

/** What people should look at: decisions other than approve, and logins, signals and views that hit a rule. */
export function alertsProjection(currencyOf: CurrencyOf): Projection {
  return {
    name: 'console.alerts',
    version: ALERTS_VERSION,
    tables: [ALERTS_TABLE, CURRENCY_TABLE],
    open: (tables) => new AlertsSession(currencyOf, tables),
  };
}

class AlertsSession implements ProjectionSession {
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
      case 'SideEventRecorded':
      case 'AlertRaised':
      case 'RulesetPublished':
        break;
      default:
        return;
    }
    const { fact } = record;
    switch (fact.type) {
      case 'TransactionDecided':
        if (fact.decision.outcome === 'approve') return;
        tables.put(TABLE, this.#ofDecision(record.position, fact.transaction, fact.decision));
        return;
      case 'DecisionSuperseded': {
        const { transactionId } = fact.transaction;
        tables.removeWhere(TABLE, [{ column: 'subject_id', comparison: '=', value: transactionId }]);
        if (fact.decision.outcome === 'approve') return;
        tables.put(TABLE, this.#ofDecision(record.position, fact.transaction, fact.decision));
        return;
      }
      case 'SideEventRecorded': {
        const row = ofSideEvent(record.position, fact.event, fact.assessment);
        if (row !== null) tables.put(TABLE, row);
        return;
      }
      case 'AlertRaised':
        if (fact.state === 'active') tables.put(TABLE, ofView(record.position, fact));
        return;
      case 'RulesetPublished':
        this.#currency = this.#currencyOf(fact.text);
        tables.put(CURRENCY_TABLE.name, { id: 1, rates: JSON.stringify(this.#currency) });
        return;
      default:
        return;
    }
  }

  #ofDecision(position: number, transaction: Transaction, { outcome, score, reasons }: Decision): StoreRow {
    const { amountMinor, currency } = transaction;
    return {
      position,
      source: 'decision',
      subject_id: transaction.transactionId,
      outcome,
      score,
      reasons: reasons.map(({ code }) => code).join(' '),
      rules: reasons.map(({ ruleId }) => ruleId).join(' '),
      occurred_at: Date.parse(transaction.occurredAt),
      card_id: transaction.cardId,
      account_id: transaction.accountId,
      device_id: transaction.deviceId ?? null,
      merchant_id: transaction.merchantId ?? null,
      ip: transaction.ip ?? null,
      amount_minor: amountMinor,
      currency,
      amount: baseAmount(amountMinor, currency, this.#currency),
    };
  }
}

function ofSideEvent(position: number, event: EntitySideEvent, assessment: Assessment | null): StoreRow | null {
  if (event.type !== 'login' && event.type !== 'signal') return null;
  if (assessment === null || assessment.reasons.length === 0) return null;
  return {
    position,
    source: event.type,
    subject_id: event.eventId,
    score: assessment.score,
    reasons: assessment.reasons.map(({ code }) => code).join(' '),
    rules: assessment.reasons.map(({ ruleId }) => ruleId).join(' '),
    occurred_at: Date.parse(event.occurredAt),
    account_id: event.accountId ?? null,
    device_id: event.deviceId ?? null,
    ip: event.ip ?? null,
  };
}

function ofView(position: number, { place, ruleId, reason, score, occurredAt }: AlertRaised): StoreRow {
  const idOf = (column: string): string | null => {
    const value = place.group[column];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    position,
    source: 'view',
    subject_id: place.rowId,
    score,
    reasons: reason,
    rules: ruleId,
    occurred_at: Date.parse(occurredAt),
    card_id: idOf('cardId'),
    account_id: idOf('accountId'),
    device_id: idOf('deviceId'),
    merchant_id: idOf('merchantId'),
    ip: idOf('ip'),
    view: place.view,
  };
}
