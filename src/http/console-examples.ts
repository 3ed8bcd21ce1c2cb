import type { CaseRow } from '../ports/cases.ts';
import type {
  AlertRow,
  DecisionRow,
  EntityLink,
  EntityProfileRow,
  LatencyPoint,
  LinkNode,
  RuleOverlap,
  RuleStatistics,
  TimelineEntry,
  TrafficPoint,
} from '../ports/console.ts';

/** The purchase of the other examples, as analysts find it. */
export const DECISION_ROW_EXAMPLE: DecisionRow = {
  position: 4711,
  transactionId: 'txn-1',
  outcome: 'review',
  score: 45,
  mode: 'full',
  occurredAt: '2026-01-31T11:45:00.250Z',
  decidedAt: '2026-01-31T11:45:00.312Z',
  type: 'purchase',
  channel: 'ecommerce',
  amountMinor: 125_000,
  currency: 'EUR',
  amount: 1250,
  cardId: 'card-tok-1',
  accountId: 'acc-1',
  deviceId: 'dev-1',
  merchantId: 'mer-1',
  ip: '192.0.2.17',
  country: 'DE',
  mcc: '5732',
  latitude: null,
  longitude: null,
  reasons: ['AMOUNT_SPIKE'],
  rules: ['amount-spike'],
  shadowRules: [],
  rulesetVersion: '9f2c1e7a',
  label: null,
  superseded: false,
};

export const ALERT_ROW_EXAMPLE: AlertRow = {
  position: 4711,
  source: 'decision',
  subjectId: 'txn-1',
  outcome: 'review',
  score: 45,
  reasons: ['AMOUNT_SPIKE'],
  rules: ['amount-spike'],
  occurredAt: '2026-01-31T11:45:00.250Z',
  cardId: 'card-tok-1',
  accountId: 'acc-1',
  deviceId: 'dev-1',
  merchantId: 'mer-1',
  ip: '192.0.2.17',
  amountMinor: 125_000,
  currency: 'EUR',
  amount: 1250,
  view: null,
};

export const TIMELINE_EXAMPLE: TimelineEntry = {
  position: 4702,
  type: 'login',
  id: 'evt-1',
  occurredAt: '2026-01-31T11:40:00.000Z',
  recordedAt: '2026-01-31T11:40:00.121Z',
  summary: 'Login failed',
  values: { accountId: 'acc-1', deviceId: 'dev-1', ip: '192.0.2.17', status: 'failed' },
};

export const PROFILE_EXAMPLE: EntityProfileRow = {
  kind: 'card',
  id: 'card-tok-1',
  firstSeenAt: '2025-11-02T08:12:31.000Z',
  lastSeenAt: '2026-01-31T11:45:00.250Z',
  decisions: 18,
  approved: 17,
  challenged: 0,
  reviewed: 1,
  declined: 0,
  amount: 3262.8,
  amountDeclined: 0,
  scoreMax: 45,
  logins: 0,
  loginsFailed: 0,
  signals: 0,
  fraudLabels: 0,
  legitimateLabels: 0,
  lastCountry: 'DE',
};

export const NODE_EXAMPLE: LinkNode = {
  kind: 'device',
  id: 'dev-1',
  depth: 1,
  fraudLabels: 2,
  declined: 3,
  decisions: 9,
  degree: 6,
};

export const LINK_EXAMPLE: EntityLink = {
  left: { kind: 'card', id: 'card-tok-1' },
  right: { kind: 'device', id: 'dev-1' },
  since: '2025-11-02T08:12:31.000Z',
  lastDay: '2026-01-31',
};

export const TRAFFIC_EXAMPLE: TrafficPoint = {
  at: '2026-01-31T11:45:00.000Z',
  decisions: 1260,
  approved: 1241,
  challenged: 8,
  reviewed: 7,
  declined: 4,
  fallbacks: 0,
  alerts: 19,
  amount: 81_211.4,
  amountDeclined: 912.5,
};

export const LATENCY_EXAMPLE: LatencyPoint = {
  at: '2026-01-31T11:45:01.000Z',
  answers: 21,
  p50Ms: 1.9,
  p95Ms: 4.1,
  p99Ms: 7.8,
};

export const RULE_EXAMPLE: RuleStatistics = {
  rulesetVersion: '9f2c1e7a',
  ruleId: 'amount-spike',
  hits: 212,
  shadowHits: 0,
  failures: 0,
  amountStopped: 0,
  fraudLabels: 31,
  legitimateLabels: 12,
  precision: 0.720_930_232_558_139_5,
  shadowDisagreements: 0,
  soleHits: 167,
};

export const OVERLAP_EXAMPLE: RuleOverlap = {
  rulesetVersion: '9f2c1e7a',
  leftRule: 'amount-spike',
  rightRule: 'new-device-high-amount',
  both: 45,
};

export const CASE_ROW_EXAMPLE: CaseRow = {
  caseId: '4711',
  subject: { kind: 'account', id: 'acc-1' },
  status: 'open',
  openedAt: '2026-01-31T11:45:00.250Z',
  lastAlertAt: '2026-01-31T11:45:00.250Z',
  alerts: 1,
  score: 45,
  priority: 47,
  amount: 1250,
  reasons: ['AMOUNT_SPIKE'],
  assignee: null,
  lockedUntil: null,
  snoozedUntil: null,
  notes: 0,
  label: null,
  resolvedBy: null,
  resolvedAt: null,
  revision: -1,
};
