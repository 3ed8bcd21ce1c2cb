import type { Decision } from '../domain/decision.ts';
import type { Login, Transaction } from '../domain/events.ts';
import type {
  EntityReport,
  RulesetProblem,
  RulesetReport,
  SideEventReceipt,
  TableChange,
  TableReport,
  TableRowReport,
} from '../ports/engine.ts';
import type { AnswerRow, LateEvent, ProjectionReport, ViewChange, ViewReport } from '../ports/projections.ts';
import type { DraftDetail, DraftRow, RulesetShelfAnswer } from '../ports/ruleset-lab.ts';

/** One small story for the documentation: a purchase that is ten times what its card usually pays. */
export const TRANSACTION_EXAMPLE: Transaction = {
  transactionId: 'txn-1',
  type: 'purchase',
  occurredAt: '2026-01-31T13:45:00.250+02:00',
  cardId: 'card-tok-1',
  accountId: 'acc-1',
  deviceId: 'dev-1',
  merchantId: 'mer-1',
  ip: '192.0.2.17',
  amountMinor: 125_000,
  currency: 'EUR',
  channel: 'ecommerce',
  country: 'DE',
  mcc: '5732',
  avsResult: 'match',
  cvvResult: 'match',
  threeDSecureResult: 'authenticated',
};

export const DECISION_EXAMPLE: Decision = {
  transactionId: 'txn-1',
  outcome: 'review',
  score: 45,
  mode: 'full',
  responseCode: '59',
  reasons: [
    {
      code: 'AMOUNT_SPIKE',
      ruleId: 'amount-spike',
      outcome: 'review',
      score: 45,
      evidence: { 'event.amount': 1250, 'card.amount_mean_1h': 118.4, 'card.count_1h': 4 },
    },
  ],
  shadow: [],
  failures: [],
  responses: [],
  rulesetVersion: '9f2c1e7a',
  revisions: { 'card-card-tok-1': 17, 'account-acc-1': 42, 'device-dev-1': 8 },
  decidedAt: '2026-01-31T11:45:00.312Z',
};

export const LOGIN_EXAMPLE: Login = {
  type: 'login',
  eventId: 'evt-1',
  occurredAt: '2026-01-31T13:40:00+02:00',
  accountId: 'acc-1',
  deviceId: 'dev-1',
  ip: '192.0.2.17',
  status: 'failed',
};

export const RECEIPT_EXAMPLE: SideEventReceipt = { eventId: 'evt-1', repeated: false, alerts: ['PASSWORD_SPRAY'] };

export const ENTITY_EXAMPLE: EntityReport = {
  kind: 'card',
  id: 'card-tok-1',
  status: 'active',
  revision: 17,
  asOf: '2026-01-31T11:45:00.250Z',
  firstSeenAt: '2025-11-02T08:12:31.000Z',
  homeCountry: 'DE',
  fraudLabels: 0,
  windows: { count_1h: 4, amount_mean_1h: 118.4 },
  attributes: { issuedAt: '2025-11-01' },
  resident: true,
};

export const LIST_ENTRY_EXAMPLE = {
  list: 'block',
  kind: 'ip',
  value: '192.0.2.17',
  expiresAt: '2026-02-28T00:00:00.000Z',
  note: 'card testing, case 118',
} as const;

export const SUPPRESSION_EXAMPLE = {
  ruleId: 'amount-spike',
  kind: 'card',
  id: 'card-tok-1',
  until: '2026-02-01T00:00:00.000Z',
  note: 'the holder announced a large purchase',
  by: '',
} as const;

export const TABLE_EXAMPLE: TableReport = {
  name: 'country_risk',
  description: 'Scores of the risk team',
  columns: { score: 'number', tier: 'text' },
  keepMs: 7_776_000_000,
  rowCount: 249,
  versionCount: 803,
  revision: 1204,
  newestAt: '2026-01-31T00:00:00.000Z',
};

export const TABLE_ROW_EXAMPLE: TableRowReport = {
  table: 'country_risk',
  key: 'DE',
  asOf: '2026-01-31T11:45:00.250Z',
  since: '2026-01-01T00:00:00.000Z',
  revision: 1190,
  columns: { score: 12, tier: 'low' },
};

export const TABLE_CHANGE_EXAMPLE: TableChange = {
  revision: 1190,
  eventId: 'evt-2',
  key: 'DE',
  occurredAt: '2026-01-01T01:00:00+01:00',
  recordedAt: '2026-01-01T00:00:03.120Z',
  columns: { score: 12, tier: 'low' },
};

export const RULESET_TEXT_EXAMPLE = `name: example
currency: { base: EUR, rates: { USD: 0.92 } }
rules:
  - id: amount-spike
    when: event.amount > 1000.0
    outcome: review
    score: 45
    reason: AMOUNT_SPIKE
policy:
  thresholds: { challenge: 40, review: 60, decline: 85 }
  fallback:
    - { channel: contactless, amount_max: 50, outcome: approve }
    - { outcome: review }
`;

export const RULESET_EXAMPLE: RulesetReport = {
  version: '9f2c1e7a',
  name: 'example',
  publishedAt: '2026-01-30T09:00:00.000Z',
  rules: [{ id: 'amount-spike', on: 'transaction', state: 'active', outcome: 'review', reason: 'AMOUNT_SPIKE' }],
  featureCount: 0,
  text: RULESET_TEXT_EXAMPLE,
};

const DRAFT_ROW_EXAMPLE: DraftRow = {
  draftId: 'night-gambling',
  name: 'example',
  version: '0d5e0f6c9b1c4a7f8e2d3b4a59687761',
  problemCount: 0,
  authors: ['analyst-1'],
  note: 'Casinos after midnight',
  createdAt: '2026-01-30T09:00:00.000Z',
  changedAt: '2026-01-30T09:20:00.000Z',
  approvedBy: 'analyst-2',
  approvedAt: '2026-01-30T10:00:00.000Z',
  isInShadow: false,
  backtest: null,
  isInForce: false,
  publishedAt: null,
};

export const DRAFT_EXAMPLE: DraftDetail = {
  row: DRAFT_ROW_EXAMPLE,
  text: RULESET_TEXT_EXAMPLE,
  problems: [],
  history: [],
  backtest: null,
  shadow: null,
};

export const SHELF_EXAMPLE: RulesetShelfAnswer = {
  caller: 'analyst-2',
  inForce: '9f2c1e7a9b1c4a7f8e2d3b4a59687761',
  drafts: [DRAFT_ROW_EXAMPLE],
  publications: [
    {
      version: '9f2c1e7a9b1c4a7f8e2d3b4a59687761',
      publishedAt: '2026-01-30T09:00:00.000Z',
      source: 'draft',
      by: 'analyst-1',
      draftId: 'night-gambling',
      approvedBy: 'analyst-2',
      note: '',
    },
  ],
};

export const RULESET_PROBLEM_EXAMPLE: RulesetProblem = {
  line: 6,
  column: 14,
  field: 'rules[0].outcome',
  message: 'must be one of approve, challenge, review, decline',
};

export const VIEW_EXAMPLE: ViewReport = {
  name: 'device_health',
  description: 'How each device does, ten seconds at a time',
  from: 'metric',
  window: 'tumbling 10s',
  groupBy: ['deviceId'],
  columns: [
    { name: 'deviceId', type: 'text' },
    { name: 'window_start', type: 'number' },
    { name: 'window_end', type: 'number' },
    { name: 'latency_mean', type: 'number' },
    { name: 'high_latency', type: 'flag' },
  ],
  emit: 'changes',
  late: 'side_output',
  retainMs: 2_592_000_000,
  version: '0c9a1f0be1a2070d3b5c77aa90f1',
  state: 'live',
  position: 4711,
  watermark: '2026-01-31T11:44:55.250Z',
  rows: 360,
  events: 14_400,
  lateEvents: 2,
  droppedEvents: 2,
  corrections: 0,
};

export const VIEW_ROW_EXAMPLE: AnswerRow = {
  deviceId: 'dev-1',
  window_start: '2026-01-31T11:45:00.000Z',
  window_end: '2026-01-31T11:45:10.000Z',
  latency_mean: 140.5,
  high_latency: true,
};

export const CHANGE_EXAMPLE: ViewChange = {
  sequence: 118,
  position: 4711,
  kind: 'insert',
  rowId: '["dev-1",1769859900000]',
  corrects: null,
  before: null,
  after: VIEW_ROW_EXAMPLE,
};

export const LATE_EVENT_EXAMPLE: LateEvent = {
  view: 'device_health',
  position: 4702,
  recordId: 'e:evt-9',
  occurredAt: '2026-01-31T11:40:01.000Z',
  watermark: '2026-01-31T11:44:50.000Z',
  closedWindows: 1,
  policy: 'side_output',
};

export const PROJECTION_EXAMPLE: ProjectionReport = {
  name: 'device_health',
  version: '0c9a1f0be1a2070d3b5c77aa90f1',
  state: 'live',
  position: 4711,
  rebuildPosition: null,
};
