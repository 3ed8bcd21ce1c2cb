import { type BaseCurrency, baseAmount, storedCurrency } from '../../src/domain/base-amount.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { EntityKind } from '../../src/domain/entities.ts';
import type { EntitySideEvent, Transaction } from '../../src/domain/events.ts';
import type { CurrencyOf } from '../../src/ports/currency.ts';
import type {
  ProjectedRecord,
  Projection,
  ProjectionSession,
  ProjectionTransaction,
} from '../../src/ports/projection.ts';
import type { StoreTables } from '../../src/ports/read-store.ts';
import { CURRENCY_TABLE, ENTITIES_TABLE, ENTITIES_VERSION, THOUSANDTHS } from './entities.model.ts';
import { type Counter, type EntityChange, EntityChanges } from './entity-changes.ts';
import { LINKS_TABLE } from './links.model.ts';

const OUTCOME_COUNTERS = {
  approve: 'approved',
  challenge: 'challenged',
  review: 'reviewed',
  decline: 'declined',
} as const;

/** What each entity has done and met with over the whole log, and who shares what with whom. */
export function entitiesProjection(currencyOf: CurrencyOf): Projection {
  return {
    name: 'console.entities',
    version: ENTITIES_VERSION,
    tables: [ENTITIES_TABLE, LINKS_TABLE, CURRENCY_TABLE],
    open: (tables) => new EntitiesSession(currencyOf, tables),
  };
}

class EntitiesSession implements ProjectionSession {
  readonly #currencyOf: CurrencyOf;
  readonly #changes = new EntityChanges();
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
        this.#addDecision(fact.transaction, fact.decision, 1);
        return;
      case 'DecisionSuperseded':
        this.#addDecision(fact.transaction, fact.superseded, -1);
        this.#addDecision(fact.transaction, fact.decision, 1);
        return;
      case 'SideEventRecorded':
        this.#addSideEvent(fact.event);
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
    this.#changes.flush(tables);
  }

  #addDecision(transaction: Transaction, { outcome, score }: Decision, sign: 1 | -1): void {
    const { cardId, accountId, deviceId, merchantId, ip, amountMinor, currency, country } = transaction;
    const atMs = Date.parse(transaction.occurredAt);
    const amount = Math.round((baseAmount(amountMinor, currency, this.#currency) ?? 0) * THOUSANDTHS);
    const add = (kind: EntityKind, id: string | undefined): EntityChange | null => {
      if (id === undefined) return null;
      const change = this.#changes.of(kind, id, atMs);
      change.decisions += sign;
      change[OUTCOME_COUNTERS[outcome]] += sign;
      change.amount_thousandths += sign * amount;
      if (outcome === 'decline') change.amount_declined_thousandths += sign * amount;
      if (score > change.score_max) change.score_max = score;
      if (country !== undefined) change.last_country = country;
      return change;
    };
    const named = {
      card: add('card', cardId),
      account: add('account', accountId),
      device: add('device', deviceId),
      ip: add('ip', ip),
    };
    add('merchant', merchantId);
    this.#changes.link(named, atMs);
  }

  #addSideEvent(event: EntitySideEvent): void {
    const atMs = Date.parse(event.occurredAt);
    const count = (kind: EntityKind, id: string | undefined, ...counters: readonly Counter[]): EntityChange | null => {
      if (id === undefined) return null;
      const change = this.#changes.of(kind, id, atMs);
      for (const counter of counters) change[counter] += 1;
      return change;
    };
    switch (event.type) {
      case 'login':
      case 'signal': {
        const { accountId, deviceId, ip } = event;
        const counters: Counter[] = event.type === 'signal' ? ['signals'] : ['logins'];
        if (event.type === 'login' && event.status === 'failed') counters.push('logins_failed');
        const account = count('account', accountId, ...counters);
        const device = count('device', deviceId, ...counters);
        this.#changes.link({ card: null, account, device, ip: count('ip', ip, ...counters) }, atMs);
        return;
      }
      case 'label': {
        const counter = event.label === 'legitimate' ? 'legitimate_labels' : 'fraud_labels';
        count('card', event.cardId, counter);
        count('account', event.accountId, counter);
        count('device', event.deviceId, counter);
        count('merchant', event.merchantId, counter);
        return;
      }
      case 'reference':
        count(event.entity, event.entityId);
        return;
    }
  }
}
