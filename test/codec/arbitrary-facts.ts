import fc from 'fast-check';
import type { BacktestGroup, BacktestResult } from '../../src/domain/backtest-result.ts';
import { CASE_ACTIONS } from '../../src/domain/case-facts.ts';
import { type Assessment, type Decision, MODES, OUTCOMES, type Reason } from '../../src/domain/decision.ts';
import { DRAFT_ACTIONS, PUBLICATION_SOURCES, type PublicationOrigin } from '../../src/domain/draft-facts.ts';
import { ENTITY_KINDS } from '../../src/domain/entities.ts';
import {
  type EntitySideEvent,
  LABELS,
  LOGIN_STATUSES,
  SIGNAL_TYPES,
  STATUS_COMMANDS,
  type TableRow,
} from '../../src/domain/events.ts';
import { LIST_KINDS, LIST_NAMES } from '../../src/domain/lists.ts';
import type { Fact } from '../../src/domain/records.ts';
import { late, overtaken, revised } from './arbitrary-disorder.ts';
import { identifier, ipv4, location, occurredAt, transaction } from './support.ts';

/** Any well-formed text, quotes and backslashes and other scripts too. */
const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed());
/** Names that no object treats in a way of its own. */
const name = text.filter((value) => !['__proto__', 'constructor', 'prototype'].includes(value));
/** Finite and not -0: JSON.stringify writes that as 0. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const score = fc.oneof(
  fc.nat(100),
  fc.double({ min: 0, max: 100, noNaN: true }).map((value) => value + 0),
);
const outcome = fc.constantFrom(...OUTCOMES);
const scalar = fc.oneof(number, text, fc.boolean());
const noNullPrototype = { noNullPrototype: true } as const;

const origin: fc.Arbitrary<PublicationOrigin> = fc.record(
  {
    source: fc.constantFrom(...PUBLICATION_SOURCES),
    by: text,
    draftId: fc.option(text),
    approvedBy: fc.option(text),
    note: text,
  },
  noNullPrototype,
);

const count = fc.nat();
const group: fc.Arbitrary<BacktestGroup> = fc.record(
  {
    decisions: count,
    flipped: count,
    stricter: count,
    milder: count,
    fraudStopped: count,
    amountSaved: number,
    fraudMissed: count,
    amountLost: number,
    goodHurt: count,
    unlabelledHurt: count,
  },
  noNullPrototype,
);
const change = fc.record({ before: count, after: count }, noNullPrototype);
const backtestResult: fc.Arbitrary<BacktestResult> = fc.record(
  {
    draftVersion: text,
    records: count,
    total: group,
    rules: fc.constant([]),
    segments: fc.dictionary(name, group, { maxKeys: 2, ...noNullPrototype }),
    outcomes: fc.record({ approve: change, challenge: change, review: change, decline: change }, noNullPrototype),
    flips: fc.array(
      fc.record(
        {
          transactionId: text,
          before: outcome,
          after: outcome,
          amount: number,
          label: fc.option(text),
          rules: fc.array(text),
        },
        noNullPrototype,
      ),
      { maxLength: 2 },
    ),
    hash: text,
  },
  noNullPrototype,
);

const reason: fc.Arbitrary<Reason> = fc.record(
  {
    code: text,
    ruleId: text,
    outcome,
    score,
    evidence: fc.dictionary(name, scalar, { maxKeys: 4, ...noNullPrototype }),
  },
  noNullPrototype,
);
const assessmentMembers = {
  outcome,
  score,
  mode: fc.constantFrom(...MODES),
  reasons: fc.array(reason, { maxLength: 3 }),
  shadow: fc.array(reason, { maxLength: 2 }),
  failures: fc.array(fc.record({ ruleId: text, message: text, resolvedAs: outcome }, noNullPrototype), {
    maxLength: 2,
  }),
  responses: fc.array(text, { maxLength: 3 }),
};
const assessment: fc.Arbitrary<Assessment> = fc.record(assessmentMembers, noNullPrototype);

/** Any decision that can be written. */
export const decision: fc.Arbitrary<Decision> = fc.record(
  {
    transactionId: identifier,
    ...assessmentMembers,
    responseCode: fc.constantFrom('00', '05', '1A', '59'),
    rulesetVersion: text,
    revisions: fc.dictionary(name, fc.nat(), { maxKeys: 6, ...noNullPrototype }),
    decidedAt: occurredAt,
  },
  noNullPrototype,
);

/** Values of features: any double, with NaN, infinities and -0. */
export const features = fc.array(fc.double(), { maxLength: 12 });

const eventMembers = { eventId: identifier, occurredAt };
const sideEvent: fc.Arbitrary<EntitySideEvent> = fc.oneof(
  fc.record(
    {
      type: fc.constant('login' as const),
      ...eventMembers,
      accountId: identifier,
      deviceId: identifier,
      ip: ipv4,
      ipCountry: fc.constantFrom('DE', 'FR'),
      location,
      status: fc.constantFrom(...LOGIN_STATUSES),
      producer: identifier,
    },
    { requiredKeys: ['type', 'eventId', 'occurredAt', 'accountId', 'status'], ...noNullPrototype },
  ),
  fc.record(
    {
      type: fc.constant('signal' as const),
      ...eventMembers,
      deviceId: identifier,
      accountId: identifier,
      signal: fc.constantFrom(...SIGNAL_TYPES),
      ip: ipv4,
      producer: identifier,
    },
    { requiredKeys: ['type', 'eventId', 'occurredAt', 'signal'], ...noNullPrototype },
  ),
  fc.record(
    {
      type: fc.constant('reference' as const),
      ...eventMembers,
      entity: fc.constantFrom(...ENTITY_KINDS),
      entityId: identifier,
      attributes: fc.dictionary(name, scalar, { maxKeys: 4, ...noNullPrototype }),
      home: location,
      homeCountry: fc.constantFrom('DE', 'FR'),
      status: fc.constantFrom(...STATUS_COMMANDS),
      producer: identifier,
    },
    { requiredKeys: ['type', 'eventId', 'occurredAt', 'entity', 'entityId'], ...noNullPrototype },
  ),
  fc.record(
    {
      type: fc.constant('label' as const),
      ...eventMembers,
      transactionId: identifier,
      label: fc.constantFrom(...LABELS),
      cardId: identifier,
      accountId: identifier,
      deviceId: identifier,
      merchantId: identifier,
      producer: identifier,
    },
    { requiredKeys: ['type', 'eventId', 'occurredAt', 'transactionId', 'label', 'cardId'], ...noNullPrototype },
  ),
);

const tableRowMembers = { ...eventMembers, table: text, key: text };
const tableRow: fc.Arbitrary<TableRow> = fc.oneof(
  fc.record(
    {
      type: fc.constant('table_row' as const),
      ...tableRowMembers,
      columns: fc.dictionary(name, scalar, { maxKeys: 4, ...noNullPrototype }),
    },
    noNullPrototype,
  ),
  fc.record(
    {
      type: fc.constant('table_row' as const),
      ...tableRowMembers,
      removed: fc.constant(true as const),
      producer: identifier,
    },
    noNullPrototype,
  ),
);

const recordedAt = occurredAt;
const listKey = { list: fc.constantFrom(...LIST_NAMES), kind: fc.constantFrom(...LIST_KINDS), value: text };
const suppressionMembers = { ruleId: text, kind: text, id: text, untilMs: fc.integer(), note: text, by: text };

const values = fc.dictionary(name, scalar, { maxKeys: 4, ...noNullPrototype });
const place = fc.record(
  { view: text, rowId: text, group: values, windowStart: fc.option(occurredAt), windowEnd: fc.option(occurredAt) },
  noNullPrototype,
);
const causePosition = fc.nat();
const viewFact: fc.Arbitrary<Fact> = fc.oneof(
  fc.record(
    {
      type: fc.constant('MetricRecorded' as const),
      metric: fc.record(
        {
          type: fc.constant('metric' as const),
          ...eventMembers,
          deviceId: identifier,
          metrics: fc.dictionary(name, number, { maxKeys: 4, ...noNullPrototype }),
          producer: identifier,
        },
        { requiredKeys: ['type', 'eventId', 'occurredAt', 'deviceId', 'metrics'], ...noNullPrototype },
      ),
      recordedAt,
    },
    noNullPrototype,
  ),
  fc.record(
    {
      type: fc.constant('AlertRaised' as const),
      ruleId: text,
      state: fc.constantFrom('active' as const, 'shadow' as const),
      reason: text,
      score,
      responses: fc.array(text, { maxLength: 2 }),
      place,
      row: values,
      causePosition,
      occurredAt,
      rulesetVersion: text,
      recordedAt,
    },
    noNullPrototype,
  ),
  fc.record(
    {
      type: fc.constant('ResultCorrected' as const),
      place,
      corrects: fc.option(fc.nat()),
      before: fc.option(values),
      after: fc.option(values),
      causePosition,
      causeId: text,
      recordedAt,
    },
    noNullPrototype,
  ),
  fc.record(
    {
      type: fc.constant('EventDiverted' as const),
      view: text,
      causePosition,
      causeId: text,
      occurredAt,
      watermark: occurredAt,
      recordedAt,
    },
    noNullPrototype,
  ),
);

function maybeLate<Kind extends Fact>(
  facts: fc.Arbitrary<Kind>,
  more: fc.Arbitrary<Partial<Fact>> = overtaken,
): fc.Arbitrary<Fact> {
  return fc.tuple(facts, late, more).map(([one, ...others]): Fact => Object.assign({}, one, ...others));
}

/** Every kind of fact. */
export const fact: fc.Arbitrary<Fact> = fc.oneof(
  viewFact,
  maybeLate(
    fc.record({ type: fc.constant('TransactionDecided' as const), transaction, decision, features }, noNullPrototype),
  ),
  fc.record({ type: fc.constant('ApprovalUnheard' as const), transaction, recordedAt }, noNullPrototype),
  fc.record({ type: fc.constant('TableRowRecorded' as const), row: tableRow, recordedAt }, noNullPrototype),
  maybeLate(
    fc.record(
      { type: fc.constant('DecisionSuperseded' as const), transaction, superseded: decision, decision },
      noNullPrototype,
    ),
    revised,
  ),
  maybeLate(
    fc.record(
      {
        type: fc.constant('SideEventRecorded' as const),
        event: sideEvent,
        assessment: fc.option(assessment),
        rulesetVersion: text,
        recordedAt,
      },
      noNullPrototype,
    ),
  ),
  fc.record(
    {
      type: fc.constant('ListEntrySet' as const),
      entry: fc.record({ ...listKey, expiresAtMs: fc.option(fc.integer()), note: text }, noNullPrototype),
      recordedAt,
    },
    noNullPrototype,
  ),
  fc.record({ type: fc.constant('ListEntryRemoved' as const), ...listKey, recordedAt }, noNullPrototype),
  fc.record(
    {
      type: fc.constant('SuppressionSet' as const),
      suppression: fc.record(suppressionMembers, noNullPrototype),
      recordedAt,
    },
    noNullPrototype,
  ),
  fc.record(
    {
      type: fc.constant('CaseChanged' as const),
      caseId: text,
      action: fc.constantFrom(...CASE_ACTIONS),
      by: text,
      assignee: fc.option(text),
      until: fc.option(text),
      note: text,
      label: fc.option(fc.constantFrom(...LABELS)),
      recordedAt,
    },
    noNullPrototype,
  ),
  fc.record(
    { type: fc.constant('SuppressionRemoved' as const), ruleId: text, kind: text, id: text, recordedAt },
    noNullPrototype,
  ),
  fc.record(
    { type: fc.constant('RulesetPublished' as const), version: text, text, origin, recordedAt },
    { ...noNullPrototype, requiredKeys: ['type', 'version', 'text', 'recordedAt'] },
  ),
  fc.record(
    {
      type: fc.constant('DraftChanged' as const),
      draftId: text,
      action: fc.constantFrom(...DRAFT_ACTIONS),
      by: text,
      version: text,
      text: fc.option(text),
      note: text,
      result: fc.option(backtestResult),
      through: fc.option(fc.nat()),
      recordedAt,
    },
    noNullPrototype,
  ),
);
