import type { Mode, Outcome } from '../domain/decision.ts';
import type { EntityKind, Position } from '../domain/entities.ts';
import type { LABELS } from '../domain/events.ts';

/** What is known, later, of a transaction. */
export type LabelName = (typeof LABELS)[number];

/** A page of a list: `position` is how much of the log is in it, `nextCursor` null on the last page. */
export type Page<Item> = {
  readonly position: Position;
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
};

/** Which page is asked for. A cursor belongs to the filters and the order that it was given with. */
export type PageQuery = { readonly limit: number; readonly cursor: string | null };

/** Event times at or after, and before; ms. Null for no bound. */
export type TimeRange = { readonly fromMs: number | null; readonly toMs: number | null };

export const DECISION_SORTS = ['occurredAt', 'amount', 'score', 'position'] as const;
export type DecisionSort = (typeof DECISION_SORTS)[number];

/** Filters of the list of decisions; null, or an empty list, for all. All of them have to hold. */
export type DecisionFilter = TimeRange & {
  readonly outcomes: readonly Outcome[];
  readonly modes: readonly Mode[];
  readonly cardId: string | null;
  readonly accountId: string | null;
  readonly deviceId: string | null;
  readonly merchantId: string | null;
  readonly ip: string | null;
  readonly country: string | null;
  /** A rule that hit, acting or in the shadow. */
  readonly rule: string | null;
  readonly label: LabelName | 'none' | null;
  /** Major units of the base currency. */
  readonly amountMin: number | null;
  readonly amountMax: number | null;
  /** Words that all have to begin some word of the decision: ids, rules, reason codes, countries. '' for all. */
  readonly search: string;
};

/** No filter: all decisions. */
export const ANY_DECISION: DecisionFilter = {
  outcomes: [],
  modes: [],
  cardId: null,
  accountId: null,
  deviceId: null,
  merchantId: null,
  ip: null,
  country: null,
  rule: null,
  label: null,
  amountMin: null,
  amountMax: null,
  fromMs: null,
  toMs: null,
  search: '',
};
export type DecisionQuery = DecisionFilter & PageQuery & { readonly sort: DecisionSort; readonly descending: boolean };

/** A decision in a list. `amount` is in major units of the base currency at the time; null without a rate. */
export type DecisionRow = {
  readonly position: Position;
  readonly transactionId: string;
  readonly outcome: Outcome;
  readonly score: number;
  readonly mode: Mode;
  readonly occurredAt: string;
  readonly decidedAt: string;
  readonly type: string;
  readonly channel: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly amount: number | null;
  readonly cardId: string;
  readonly accountId: string;
  readonly deviceId: string | null;
  readonly merchantId: string | null;
  readonly ip: string | null;
  readonly country: string | null;
  readonly mcc: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly reasons: readonly string[];
  readonly rules: readonly string[];
  readonly shadowRules: readonly string[];
  readonly rulesetVersion: string;
  readonly label: LabelName | null;
  /** True where the caller had been answered by the fallback policy, or late data revised what it was answered. */
  readonly superseded: boolean;
};

export const ALERT_SOURCES = ['decision', 'login', 'signal', 'view'] as const;
export type AlertSource = (typeof ALERT_SOURCES)[number];
export const ALERT_SORTS = ['occurredAt', 'score'] as const;
export type AlertSort = (typeof ALERT_SORTS)[number];

export type AlertFilter = TimeRange & {
  readonly sources: readonly AlertSource[];
  readonly outcomes: readonly Outcome[];
  readonly entityKind: EntityKind | null;
  readonly entityId: string | null;
  readonly scoreMin: number | null;
  readonly search: string;
};

/** No filter: all alerts. */
export const ANY_ALERT: AlertFilter = {
  sources: [],
  outcomes: [],
  entityKind: null,
  entityId: null,
  scoreMin: null,
  fromMs: null,
  toMs: null,
  search: '',
};
export type AlertQuery = AlertFilter & PageQuery & { readonly sort: AlertSort; readonly descending: boolean };

/** What a person should look at: a decision other than approve, or a login, signal or view that hit a rule. */
export type AlertRow = {
  readonly position: Position;
  readonly source: AlertSource;
  /** Id of the transaction, the event, or the row of the view. */
  readonly subjectId: string;
  readonly outcome: Outcome | null;
  readonly score: number;
  readonly reasons: readonly string[];
  readonly rules: readonly string[];
  readonly occurredAt: string;
  readonly cardId: string | null;
  readonly accountId: string | null;
  readonly deviceId: string | null;
  readonly merchantId: string | null;
  readonly ip: string | null;
  readonly amountMinor: number | null;
  readonly currency: string | null;
  readonly amount: number | null;
  /** The view, for an alert of one. */
  readonly view: string | null;
};

/** One thing that happened to an entity. `summary` says it in words; `values` has what belongs to the type. */
export type TimelineEntry = {
  readonly position: Position;
  readonly type: string;
  readonly id: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly summary: string;
  readonly values: Readonly<Record<string, string | number | boolean | null>>;
};
export type TimelineQuery = TimeRange &
  PageQuery & { readonly kind: EntityKind; readonly id: string; readonly types: readonly string[] };

/** An entity over all that the log has of it. Amounts are in major units of the base currency. */
export type EntityProfileRow = {
  readonly kind: EntityKind;
  readonly id: string;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly decisions: number;
  readonly approved: number;
  readonly challenged: number;
  readonly reviewed: number;
  readonly declined: number;
  readonly amount: number;
  readonly amountDeclined: number;
  readonly scoreMax: number;
  readonly logins: number;
  readonly loginsFailed: number;
  readonly signals: number;
  readonly fraudLabels: number;
  readonly legitimateLabels: number;
  readonly lastCountry: string | null;
};

/** An entity in a graph. `depth` is how many links it is away. */
export type LinkNode = {
  readonly kind: EntityKind;
  readonly id: string;
  readonly depth: number;
  readonly fraudLabels: number;
  readonly declined: number;
  readonly decisions: number;
  /** Entities that it is linked to; more than are shown where the graph was cut. */
  readonly degree: number;
};

/** Two entities that were seen together; times are event times. */
export type EntityLink = {
  readonly left: { readonly kind: EntityKind; readonly id: string };
  readonly right: { readonly kind: EntityKind; readonly id: string };
  readonly since: string;
  /** Day, UTC, on which they were last seen together. */
  readonly lastDay: string;
};
export type LinkGraph = {
  readonly position: Position;
  readonly nodes: readonly LinkNode[];
  readonly links: readonly EntityLink[];
  /** True where the bounds left nodes out. */
  readonly truncated: boolean;
};
export type LinkQuery = {
  readonly kind: EntityKind;
  readonly id: string;
  readonly depth: number;
  readonly nodesMax: number;
};

export const TRAFFIC_INTERVALS = ['1m', '1h', '1d'] as const;
export type TrafficInterval = (typeof TRAFFIC_INTERVALS)[number];
export type TrafficQuery = TimeRange & { readonly interval: TrafficInterval };

/** Decisions of one interval of event time. */
export type TrafficPoint = {
  readonly at: string;
  readonly decisions: number;
  readonly approved: number;
  readonly challenged: number;
  readonly reviewed: number;
  readonly declined: number;
  readonly fallbacks: number;
  readonly alerts: number;
  readonly amount: number;
  readonly amountDeclined: number;
};

/** Decisions of one country within the range. */
export type CountryTraffic = { readonly country: string; readonly decisions: number; readonly declined: number };
export type TrafficSeries = {
  readonly position: Position;
  readonly interval: TrafficInterval;
  readonly points: readonly TrafficPoint[];
  readonly countries: readonly CountryTraffic[];
};

/** Answers of one second; percentiles are interpolated within histogram buckets, ms. Null where none was given. */
export type LatencyPoint = {
  readonly at: string;
  readonly answers: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
};

/** One rule under one version of the ruleset. */
export type RuleStatistics = {
  readonly rulesetVersion: string;
  readonly ruleId: string;
  /** Decisions that it acted on, and those that it would have under another state. */
  readonly hits: number;
  readonly shadowHits: number;
  readonly failures: number;
  /** Sum of declined amounts that it hit, major units of the base currency. */
  readonly amountStopped: number;
  readonly fraudLabels: number;
  readonly legitimateLabels: number;
  /** Labelled hits that were fraud; null before the first label. */
  readonly precision: number | null;
  /** Shadow hits whose outcome is more severe than what was decided. */
  readonly shadowDisagreements: number;
  /** Decisions that only this rule hit. */
  readonly soleHits: number;
};
export type RuleOverlap = {
  readonly rulesetVersion: string;
  readonly leftRule: string;
  readonly rightRule: string;
  readonly both: number;
};
export type RuleReport = {
  readonly position: Position;
  readonly rules: readonly RuleStatistics[];
  readonly overlaps: readonly RuleOverlap[];
};

export const FEED_TYPES = ['decision', 'alert', 'happening'] as const;
export type FeedType = (typeof FEED_TYPES)[number];

/** What the log brought, as a stream tells it: `data` is JSON. */
export type FeedItem = { readonly position: Position; readonly type: FeedType; readonly data: string };
/** `position`: everything of these types up to here is in the items, and in those of the pages before. */
export type FeedPage = { readonly position: Position; readonly items: readonly FeedItem[] };
export type FeedQuery = { readonly after: Position; readonly types: readonly FeedType[]; readonly limit: number };

/** What the lists of analysts are read from. Methods reject with READ_STORE_FAILED, or REQUEST_INVALID for a cursor. */
export interface ConsoleReads {
  decisions(query: DecisionQuery): Promise<Page<DecisionRow>>;
  /** Null where there is no such decision, or not yet. */
  decision(transactionId: string): Promise<{ readonly position: Position; readonly row: DecisionRow | null }>;
  alerts(query: AlertQuery): Promise<Page<AlertRow>>;
  timeline(query: TimelineQuery): Promise<Page<TimelineEntry>>;
  entity(
    kind: EntityKind,
    id: string,
  ): Promise<{ readonly position: Position; readonly profile: EntityProfileRow | null }>;
  links(query: LinkQuery): Promise<LinkGraph>;
  traffic(query: TrafficQuery): Promise<TrafficSeries>;
  rules(rulesetVersion: string | null): Promise<RuleReport>;
  /** What came after a position, in the order of the log. */
  feed(query: FeedQuery): Promise<FeedPage>;
}
