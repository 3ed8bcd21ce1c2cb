import type { EntityKind } from '../../src/domain/entities.ts';
import type { StoreRow, StoreTables } from '../../src/ports/read-store.ts';
import { ENTITIES_TABLE } from './entities.model.ts';
import { DAY_MS, LINKS_TABLE } from './links.model.ts';

/** Counters of an entity; amounts in thousandths. */
export type Counter =
  | 'decisions'
  | 'approved'
  | 'challenged'
  | 'reviewed'
  | 'declined'
  | 'amount_thousandths'
  | 'amount_declined_thousandths'
  | 'logins'
  | 'logins_failed'
  | 'signals'
  | 'fraud_labels'
  | 'legitimate_labels';

/** What a batch adds to one entity. */
export type EntityChange = Record<Counter | 'first_seen_at' | 'last_seen_at' | 'score_max', number> & {
  readonly kind: EntityKind;
  readonly id: string;
  last_country: string | null;
};

/** Entities that one event names. */
export type NamedTogether = {
  readonly card: EntityChange | null;
  readonly account: EntityChange | null;
  readonly device: EntityChange | null;
  readonly ip: EntityChange | null;
};

type LinkChange = NamedTogether & { since: number; lastDay: number };

/** What a batch says of entities and of who is seen with whom: added up, so that each row is written once. */
export class EntityChanges {
  readonly #byKind: Readonly<Record<EntityKind, Map<string, EntityChange>>> = {
    card: new Map(),
    account: new Map(),
    device: new Map(),
    merchant: new Map(),
    ip: new Map(),
  };
  /** In the order in which the log names them. */
  #order: EntityChange[] = [];
  readonly #links = new Map<string, LinkChange>();

  /** The change of an entity that an event of a time names. */
  of(kind: EntityKind, id: string, atMs: number): EntityChange {
    const known = this.#byKind[kind].get(id);
    if (known === undefined) {
      const change = unchanged(kind, id, atMs);
      this.#byKind[kind].set(id, change);
      this.#order.push(change);
      return change;
    }
    if (atMs < known.first_seen_at) known.first_seen_at = atMs;
    if (atMs > known.last_seen_at) known.last_seen_at = atMs;
    return known;
  }

  /** Notes that an event named these together; one by itself is linked to nobody. */
  link(named: NamedTogether, atMs: number): void {
    const { card, account, device, ip } = named;
    const count = Number(card !== null) + Number(account !== null) + Number(device !== null) + Number(ip !== null);
    if (count < 2) return;
    const key = `${card?.id ?? ''}\n${account?.id ?? ''}\n${device?.id ?? ''}\n${ip?.id ?? ''}`;
    const lastDay = Math.floor(atMs / DAY_MS) * DAY_MS;
    const known = this.#links.get(key);
    if (known === undefined) {
      this.#links.set(key, { card, account, device, ip, since: atMs, lastDay });
      return;
    }
    if (atMs < known.since) known.since = atMs;
    if (lastDay > known.lastDay) known.lastDay = lastDay;
  }

  /** Writes all, and begins anew. */
  flush(tables: StoreTables): void {
    const numbers = new Map<EntityChange | null, number>([[null, 0]]);
    for (const change of this.#order) {
      numbers.set(change, tables.fold(ENTITIES_TABLE.name, change satisfies StoreRow));
    }
    for (const { card, account, device, ip, since, lastDay } of this.#links.values()) {
      tables.fold(LINKS_TABLE.name, {
        card: numbers.get(card) ?? 0,
        account: numbers.get(account) ?? 0,
        device: numbers.get(device) ?? 0,
        ip: numbers.get(ip) ?? 0,
        since,
        last_day: lastDay,
      });
    }
    for (const changes of Object.values(this.#byKind)) changes.clear();
    this.#order = [];
    this.#links.clear();
  }
}

function unchanged(kind: EntityKind, id: string, atMs: number): EntityChange {
  return {
    kind,
    id,
    first_seen_at: atMs,
    last_seen_at: atMs,
    decisions: 0,
    approved: 0,
    challenged: 0,
    reviewed: 0,
    declined: 0,
    amount_thousandths: 0,
    amount_declined_thousandths: 0,
    score_max: 0,
    logins: 0,
    logins_failed: 0,
    signals: 0,
    fraud_labels: 0,
    legitimate_labels: 0,
    last_country: null,
  };
}
