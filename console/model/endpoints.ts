import type { Decision } from '../../src/domain/decision.ts';
import type {
  AlertRow,
  CountryTraffic,
  DecisionRow,
  EntityLink,
  EntityProfileRow,
  LatencyPoint,
  LinkNode,
  RuleOverlap,
  RuleStatistics,
  TimelineEntry,
  TrafficPoint,
} from '../../src/ports/console.ts';
import type { EntityReport, RulesetProblem, RulesetReport } from '../../src/ports/engine.ts';
import type { EntityHistory, EntityPoint, Explanation, HistoryCause } from '../../src/ports/laboratory.ts';
import type { AsOf } from '../../src/ports/projections.ts';
import { callJson, withQuery } from './api-call.ts';

export type {
  AlertRow,
  AsOf,
  CountryTraffic,
  Decision,
  DecisionRow,
  EntityHistory,
  EntityLink,
  EntityPoint,
  EntityReport,
  Explanation,
  HistoryCause,
  LatencyPoint,
  LinkNode,
  RuleStatistics,
  RulesetProblem,
  RulesetReport,
  TimelineEntry,
  TrafficPoint,
};

/** A page of a list, and how far it reflects the log. */
export type ListAnswer<Item> = {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  readonly asOf: AsOf;
};
export type Query = Readonly<Record<string, string | number | undefined>>;

/** Kinds of entities that have a page, and where the engine has how they stand. */
export const COLLECTIONS = {
  card: 'cards',
  account: 'accounts',
  device: 'devices',
  merchant: 'merchants',
  ip: 'ips',
} as const;
export type Kind = keyof typeof COLLECTIONS;

/** The kind that a part of an address names, or null. */
export function kindOf(name: string | undefined): Kind | null {
  return KINDS.find((kind) => kind === name) ?? null;
}
export const KINDS: readonly Kind[] = ['card', 'account', 'device', 'merchant', 'ip'];

/** A page of the decisions that fit. */
export function listDecisions(query: Query, signal?: AbortSignal): Promise<ListAnswer<DecisionRow>> {
  return callJson(withQuery('/v1/decisions', query), signalled(signal));
}

export type DecisionAnswer = { readonly row: DecisionRow; readonly decision: Decision; readonly asOf: AsOf };
/** One decision: its row, and the answer as it was given. 404 where the projections know of none. */
export function readDecision(id: string, signal?: AbortSignal): Promise<DecisionAnswer> {
  return callJson(`/v1/decisions/${encodeURIComponent(id)}`, signalled(signal));
}

/** Makes the decision once more from the log. 404 where the engine has no laboratory. */
export function readExplanation(id: string, signal?: AbortSignal): Promise<Explanation> {
  return callJson(`/v1/decisions/${encodeURIComponent(id)}/explanation`, signalled(signal));
}

/** A page of the alerts that fit. */
export function listAlerts(query: Query, signal?: AbortSignal): Promise<ListAnswer<AlertRow>> {
  return callJson(withQuery('/v1/alerts', query), signalled(signal));
}

export type StatisticsAnswer = {
  readonly interval: string;
  readonly points: readonly TrafficPoint[];
  readonly countries: readonly CountryTraffic[];
  readonly latency: readonly LatencyPoint[];
  readonly asOf: AsOf;
};
/** Traffic by interval of event time, by country, and how long answers took. */
export function readStatistics(query: Query, signal?: AbortSignal): Promise<StatisticsAnswer> {
  return callJson(withQuery('/v1/statistics', query), signalled(signal));
}

export type RuleStatisticsAnswer = {
  readonly rules: readonly RuleStatistics[];
  readonly overlaps: readonly RuleOverlap[];
  readonly asOf: AsOf;
};
/** How the rules of a version do. */
export function readRuleStatistics(query: Query, signal?: AbortSignal): Promise<RuleStatisticsAnswer> {
  return callJson(withQuery('/v1/statistics/rules', query), signalled(signal));
}

export type ProfileAnswer = { readonly profile: EntityProfileRow | null; readonly asOf: AsOf };
/** What the log has of an entity, counted. */
export function readProfile(kind: Kind, id: string, signal?: AbortSignal): Promise<ProfileAnswer> {
  return callJson(entityPath(kind, id), signalled(signal));
}

/** A page of what happened to an entity. */
export function readTimeline(
  kind: Kind,
  id: string,
  query: Query,
  signal?: AbortSignal,
): Promise<ListAnswer<TimelineEntry>> {
  return callJson(withQuery(`${entityPath(kind, id)}/timeline`, query), signalled(signal));
}

export type LinksAnswer = {
  readonly nodes: readonly LinkNode[];
  readonly links: readonly EntityLink[];
  readonly truncated: boolean;
  readonly asOf: AsOf;
};
/** The entities around one, as many links away as asked for. */
export function readLinks(kind: Kind, id: string, query: Query, signal?: AbortSignal): Promise<LinksAnswer> {
  return callJson(withQuery(`${entityPath(kind, id)}/links`, query), signalled(signal));
}

/** How the live actor stands: its status and what its windows hold. */
export function readActor(kind: Kind, id: string, signal?: AbortSignal): Promise<EntityReport> {
  return callJson(`/v1/${COLLECTIONS[kind]}/${encodeURIComponent(id)}`, signalled(signal));
}

/** How an entity came to be what it is. 404 where the engine has no laboratory. */
export function readHistory(kind: Kind, id: string, query: Query, signal?: AbortSignal): Promise<EntityHistory> {
  return callJson(withQuery(`${entityPath(kind, id)}/history`, query), signalled(signal));
}

/** The ruleset in force. */
export function readRuleset(signal?: AbortSignal): Promise<RulesetReport> {
  return callJson('/v1/ruleset', signalled(signal));
}

export type ValidationAnswer = { readonly valid: boolean; readonly problems: readonly RulesetProblem[] };
/** What is wrong with the text of a ruleset. */
export function validateRuleset(text: string, signal?: AbortSignal): Promise<ValidationAnswer> {
  return callJson('/v1/ruleset/validate', { method: 'POST', body: text, type: YAML_TYPE, ...signalled(signal) });
}

const YAML_TYPE = 'application/yaml';

function entityPath(kind: Kind, id: string): string {
  return `/v1/entities/${kind}/${encodeURIComponent(id)}`;
}

function signalled(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
