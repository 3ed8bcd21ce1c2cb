import type { RuleFailure } from '../domain/decision.ts';
import { type ActorKind, ENTITY_KINDS, perActorKind } from '../domain/entities.ts';
import type { EventView } from '../domain/event-view.ts';
import type { FeatureSpec } from '../domain/features.ts';
import type { Attributes } from '../domain/stated-facts.ts';
import type { RowValues, TableRows } from '../domain/tables.ts';
import { ListHits } from './list-hits.ts';
import type { SuppressionIndex } from './suppression-index.ts';

const NO_ATTRIBUTES: Attributes = Object.freeze({});

/** An event that says nothing, for a context before its first use. */
export const NO_EVENT: EventView = {
  source: 'transaction',
  id: '',
  type: '',
  occurredAtMs: 0,
  hour: Number.NaN,
  weekday: Number.NaN,
  amount: Number.NaN,
  amountMinor: 0,
  currency: '',
  channel: '',
  country: '',
  mcc: '',
  bin: '',
  binCountry: '',
  ipCountry: '',
  billingCountry: '',
  shippingCountry: '',
  cardId: '',
  accountId: '',
  deviceId: '',
  merchantId: '',
  payeeId: '',
  ip: '',
  avsResult: '',
  cvvResult: '',
  threeDSecureResult: '',
  status: '',
  latitude: Number.NaN,
  longitude: Number.NaN,
};

/** One entity as the rules see it. Call `clear` where an event names none of this kind: everything reads as nothing. */
export class EntityContext {
  present = false;
  status = '';
  /** True where the entity had events before this one. */
  known = false;
  homeCountry = '';
  fraudLabels = 0;
  attributes: Attributes = NO_ATTRIBUTES;
  /** Values in the ruleset's order of this kind's features; a window on the context's `features`. */
  readonly features: Float64Array;

  constructor(features: Float64Array) {
    this.features = features;
  }

  clear(): void {
    this.present = false;
    this.status = '';
    this.known = false;
    this.homeCountry = '';
    this.fraudLabels = 0;
    this.attributes = NO_ATTRIBUTES;
    this.features.fill(0);
  }
}

/** What an assessment reads. One is made per compiled ruleset and overwritten for each event. */
export class RuleContext {
  event: EventView = NO_EVENT;
  /** Event time, ms: what list entries and suppressions expire by. */
  nowMs = 0;
  /** Values of all features in the ruleset's order, what a decision's record keeps. */
  readonly features: Float64Array;
  /** The entity of each kind; those of keys that the ruleset keeps nothing by say nothing. */
  readonly entities: Readonly<Record<ActorKind, EntityContext>>;
  readonly card: EntityContext;
  readonly account: EntityContext;
  readonly device: EntityContext;
  readonly merchant: EntityContext;
  readonly ip: EntityContext;
  readonly listHits = new ListHits();
  suppressions: SuppressionIndex;
  /** The tables of the ruleset, in its order. */
  readonly tables: readonly TableRows[];
  /** Inputs that were missing for this event (no rate for a currency): each makes the decision degraded. */
  inputFailures: readonly RuleFailure[] = [];

  constructor(features: readonly FeatureSpec[], suppressions: SuppressionIndex, tables: readonly TableRows[] = []) {
    this.tables = tables;
    this.features = new Float64Array(features.length);
    this.suppressions = suppressions;
    this.entities = perActorKind((kind) => {
      const first = features.findIndex((feature) => feature.by === kind);
      const count = features.filter((feature) => feature.by === kind).length;
      return new EntityContext(this.features.subarray(Math.max(0, first), Math.max(0, first) + count));
    });
    this.card = this.entities.card;
    this.account = this.entities.account;
    this.device = this.entities.device;
    this.merchant = this.entities.merchant;
    this.ip = this.entities.ip;
  }

  /** The entity of a kind. */
  entity(kind: ActorKind): EntityContext {
    return this.entities[kind];
  }

  /** The row of a key of a table as of the event time; null where there was none. O(log versions of the key). */
  rowOf(table: number, key: string): RowValues | null {
    return this.tables[table]?.rowAt(key, this.nowMs) ?? null;
  }

  /** Statuses that no allow entry overrides: frozen, closed, locked or blocked. */
  hasHardStatus(): boolean {
    for (const kind of ENTITY_KINDS) if (HARD_STATUSES.has(this[kind].status)) return true;
    return false;
  }
}

const HARD_STATUSES: ReadonlySet<string> = new Set(['frozen', 'closed', 'locked', 'blocked']);
