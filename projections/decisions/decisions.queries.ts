import { MODES, OUTCOMES } from '../../src/domain/decision.ts';
import { type ListOrder, readPage } from '../../src/domain/list-page.ts';
import type { ListBounds } from '../../src/domain/list-statement.ts';
import { Conditions } from '../../src/domain/row-selection.ts';
import { nameAt, numberAt, numberOrNull, textAt, textOrNull, timeAt, wordsAt } from '../../src/domain/stored-values.ts';
import type { DecisionQuery, DecisionRow, DecisionSort, LabelName, Page } from '../../src/ports/console.ts';
import type { ProjectionReader } from '../../src/ports/projection-reader.ts';
import type { StoreRow } from '../../src/ports/read-store.ts';
import { DECISIONS_TABLE } from './decisions.model.ts';

const SORT_COLUMNS: Readonly<Record<DecisionSort, string>> = {
  occurredAt: 'occurred_at',
  amount: 'amount',
  score: 'score',
  position: 'position',
};

/** A page of decisions. Throws REQUEST_INVALID for a cursor that is none. */
export function readDecisions(reader: ProjectionReader, query: DecisionQuery, bounds?: ListBounds): Page<DecisionRow> {
  const { descending, cursor, limit } = query;
  const sort = SORT_COLUMNS[query.sort];
  const [outcome, ...others] = query.outcomes;
  const order: ListOrder = {
    conditions: conditionsOf(query),
    ranges: [
      { column: 'occurred_at', from: query.fromMs, to: query.toMs },
      { column: 'amount', from: query.amountMin, to: query.amountMax, isToIncluded: true },
    ],
    sort,
    // Scores follow outcomes: those of approved ones stand behind all others.
    leading: sort === 'score' && outcome !== undefined && !others.length ? { column: 'outcome', value: outcome } : null,
    descending,
    cursor,
    limit,
  };
  return readPage(reader, DECISIONS_TABLE, order, decisionRowOf, bounds);
}

function conditionsOf(query: DecisionQuery): Conditions {
  const conditions = new Conditions()
    .oneOf('outcome', query.outcomes)
    .oneOf('mode', query.modes)
    .equal('card_id', query.cardId)
    .equal('account_id', query.accountId)
    .equal('device_id', query.deviceId)
    .equal('merchant_id', query.merchantId)
    .equal('ip', query.ip)
    .equal('country', query.country)
    .has(['rules', 'shadow_rules'], query.rule)
    .search(query.search);
  if (query.label === 'none') conditions.add('r.label IS NULL');
  else conditions.equal('label', query.label);
  return conditions;
}

/** The decision of a transaction; null where there is none. */
export function readDecision(reader: ProjectionReader, transactionId: string): DecisionRow | null {
  const sql = `SELECT * FROM ${reader.table('decisions')} WHERE transaction_id = ?`;
  const [row] = reader.all(sql, [transactionId]);
  return row === undefined ? null : decisionRowOf(row);
}

const LABELS: readonly LabelName[] = ['fraud', 'legitimate', 'chargeback'];

/** The rows after a position, oldest first. */
export function readDecisionsAfter(reader: ProjectionReader, after: number, limit: number): readonly DecisionRow[] {
  const sql = `SELECT * FROM ${reader.table('decisions')} WHERE position > ? ORDER BY position LIMIT ?`;
  return reader.all(sql, [after, limit]).map(decisionRowOf);
}

function decisionRowOf(row: StoreRow): DecisionRow {
  const label = textOrNull(row, 'label');
  return {
    position: numberAt(row, 'position'),
    transactionId: textAt(row, 'transaction_id'),
    outcome: nameAt(row, 'outcome', OUTCOMES),
    score: numberAt(row, 'score'),
    mode: nameAt(row, 'mode', MODES),
    occurredAt: timeAt(row, 'occurred_at'),
    decidedAt: timeAt(row, 'decided_at'),
    type: textAt(row, 'type'),
    channel: textAt(row, 'channel'),
    amountMinor: numberAt(row, 'amount_minor'),
    currency: textAt(row, 'currency'),
    amount: numberOrNull(row, 'amount'),
    cardId: textAt(row, 'card_id'),
    accountId: textAt(row, 'account_id'),
    deviceId: textOrNull(row, 'device_id'),
    merchantId: textOrNull(row, 'merchant_id'),
    ip: textOrNull(row, 'ip'),
    country: textOrNull(row, 'country'),
    mcc: textOrNull(row, 'mcc'),
    latitude: numberOrNull(row, 'latitude'),
    longitude: numberOrNull(row, 'longitude'),
    reasons: wordsAt(row, 'reasons'),
    rules: wordsAt(row, 'rules'),
    shadowRules: wordsAt(row, 'shadow_rules'),
    rulesetVersion: textAt(row, 'ruleset_version'),
    label: LABELS.find((name) => name === label) ?? null,
    superseded: numberAt(row, 'superseded') === 1,
  };
}
