import { type BaseCurrency, baseAmount } from '../../src/domain/base-amount.ts';
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
import type { StoreRow, StoreTables } from '../../src/ports/read-store.ts';
import { CURRENCY_TABLE, ENTITIES_TABLE, ENTITIES_VERSION } from './entities.model.ts';

const TABLE = ENTITIES_TABLE.name;
const NO_CURRENCY: BaseCurrency = { base: '', rates: {} };

/** Rows that are kept in memory between batches; the oldest leave. */
const ROWS_MAX = 100_000;

type Counter =
  | 'decisions'
  | 'approved'
  | 'challenged'
  | 'reviewed'
  | 'declined'
  | 'amount'
  | 'amount_declined'
  | 'logins'
  | 'logins_failed'
  | 'signals'
  | 'fraud_labels'
  | 'legitimate_labels';

const COUNTERS: readonly Counter[] = [
  'decisions',
  'approved',
  'challenged',
  'reviewed',
  'declined',
  'amount',
  'amount_declined',
  'logins',
  'logins_failed',
  'signals',
  'fraud_labels',
  'legitimate_labels',
];

type Profile = Record<Counter | 'first_seen_at' | 'last_seen_at' | 'score_max', number> & {
  readonly kind: string;
  readonly id: string;
  last_country: string | null;
};

const OUTCOME_COUNTERS = {
  approve: 'approved',
  challenge: 'challenged',
  review: 'reviewed',
  decline: 'declined',
} as const;

/** What each entity has done and met with, over the whole log. */
export function entitiesProjection(currencyOf: CurrencyOf): Projection {
  return {
    name: 'console.entities',
    version: ENTITIES_VERSION,
    tables: [ENTITIES_TABLE, CURRENCY_TABLE],
    open: (tables) => new EntitiesSession(currencyOf, tables),
  };
}

class EntitiesSession implements ProjectionSession {
  readonly #currencyOf: CurrencyOf;
  readonly #profiles = new Map<string, Profile>();
  readonly #changed = new Set<Profile>();
  #currency: BaseCurrency;

  constructor(currencyOf: CurrencyOf, tables: StoreTables) {
    this.#currencyOf = currencyOf;
    const rates = tables.get(CURRENCY_TABLE.name, [1])?.rates;
    this.#currency = typeof rates === 'string' ? JSON.parse(rates) : NO_CURRENCY;
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
        this.#addSideEvent(tables, fact.event);
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
    for (const profile of this.#changed) tables.put(TABLE, profile satisfies StoreRow);
    this.#changed.clear();
    // The map gives its keys in the order in which they came.
    for (const key of this.#profiles.keys()) {
      if (this.#profiles.size <= ROWS_MAX) break;
      this.#profiles.delete(key);
    }
  }

  #addDecision(tables: StoreTables, transaction: Transaction, { outcome, score }: Decision, sign: 1 | -1): void {
    const { cardId, accountId, deviceId, merchantId, ip, amountMinor, currency, country } = transaction;
    const atMs = Date.parse(transaction.occurredAt);
    const amount = baseAmount(amountMinor, currency, this.#currency) ?? 0;
    const add = (kind: EntityKind, id: string | undefined): void => {
      if (id === undefined) return;
      const profile = this.#profileOf(tables, kind, id, atMs);
      profile.decisions += sign;
      profile[OUTCOME_COUNTERS[outcome]] += sign;
      profile.amount += sign * amount;
      if (outcome === 'decline') profile.amount_declined += sign * amount;
      profile.score_max = Math.max(profile.score_max, score);
      if (country !== undefined) profile.last_country = country;
    };
    add('card', cardId);
    add('account', accountId);
    add('device', deviceId);
    add('merchant', merchantId);
    add('ip', ip);
  }

  #addSideEvent(tables: StoreTables, event: EntitySideEvent): void {
    const atMs = Date.parse(event.occurredAt);
    const count = (counters: readonly Counter[], ids: Partial<Record<EntityKind, string | undefined>>): void => {
      for (const kind of ['card', 'account', 'device', 'merchant', 'ip'] as const) {
        const id = ids[kind];
        if (id === undefined) continue;
        const profile = this.#profileOf(tables, kind, id, atMs);
        for (const counter of counters) profile[counter] += 1;
      }
    };
    const { type } = event;
    switch (type) {
      case 'login': {
        const { accountId: account, deviceId: device, ip, status } = event;
        count(status === 'failed' ? ['logins', 'logins_failed'] : ['logins'], { account, device, ip });
        return;
      }
      case 'signal':
        count(['signals'], { account: event.accountId, device: event.deviceId, ip: event.ip });
        return;
      case 'label': {
        const { cardId: card, accountId: account, deviceId: device, merchantId: merchant, label } = event;
        count([label === 'legitimate' ? 'legitimate_labels' : 'fraud_labels'], { card, account, device, merchant });
        return;
      }
      case 'reference':
        count([], { [event.entity]: event.entityId });
        return;
    }
  }

  #profileOf(tables: StoreTables, kind: EntityKind, id: string, atMs: number): Profile {
    const key = `${kind} ${id}`;
    let profile = this.#profiles.get(key);
    if (profile === undefined) {
      profile = profileOf(kind, id, tables.get(TABLE, [kind, id]), atMs);
      this.#profiles.set(key, profile);
    }
    this.#changed.add(profile);
    profile.first_seen_at = Math.min(profile.first_seen_at, atMs);
    profile.last_seen_at = Math.max(profile.last_seen_at, atMs);
    return profile;
  }
}

function profileOf(kind: EntityKind, id: string, row: StoreRow | null, atMs: number): Profile {
  const number = (column: string, absent: number): number => {
    const value = row?.[column];
    return typeof value === 'number' ? value : absent;
  };
  const country = row?.last_country;
  const profile: Profile = {
    kind,
    id,
    first_seen_at: number('first_seen_at', atMs),
    last_seen_at: number('last_seen_at', atMs),
    decisions: 0,
    approved: 0,
    challenged: 0,
    reviewed: 0,
    declined: 0,
    amount: 0,
    amount_declined: 0,
    score_max: number('score_max', 0),
    logins: 0,
    logins_failed: 0,
    signals: 0,
    fraud_labels: 0,
    legitimate_labels: 0,
    last_country: typeof country === 'string' ? country : null,
  };
  for (const counter of COUNTERS) profile[counter] = number(counter, 0);
  return profile;
}
