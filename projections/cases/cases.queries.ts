import { CASE_ACTIONS } from '../../src/domain/case-facts.ts';
import { OUTCOMES } from '../../src/domain/decision.ts';
import { Conditions } from '../../src/domain/row-selection.ts';
import {
  amountAt,
  cursorNumbers,
  nameAt,
  numberAt,
  numberOrNull,
  textAt,
  textOrNull,
  timeAt,
  wordsAt,
} from '../../src/domain/stored-values.ts';
import type { CaseDetail, CasePage, CaseQuery, CaseRow, CaseSort } from '../../src/ports/cases.ts';
import type { ProjectionReader } from '../../src/ports/projection-reader.ts';
import type { StoreRow } from '../../src/ports/read-store.ts';

const KINDS = ['account', 'card', 'device'] as const;
const LABELS = ['fraud', 'legitimate', 'chargeback'] as const;
const HOUR_MS = 3_600_000;

/** The most that waiting adds to the score of a case, at a point an hour. */
const AGE_POINTS_MAX = 50;
const LINES_MAX = 500;

/** Risk and age of a case at a time, which is the first value that a statement binds. */
const PRIORITY = `(r.score + max(0, min(${AGE_POINTS_MAX}, (?1 - r.last_alert_at) / ${HOUR_MS}.0)))`;

/** What cases are ordered by. */
const PLACES: Readonly<Record<CaseSort, string>> = {
  priority: PRIORITY,
  openedAt: 'r.opened_at',
  lastAlertAt: 'r.last_alert_at',
  amount: 'r.amount',
  score: 'r.score',
};

/** Where a page ended, and the time at which its priorities were told. */
type CaseEnd = { readonly place: number; readonly position: number; readonly atMs: number };

/** A page of the cases that meet the filters; of equal ones the oldest first. O(cases that meet the filters). */
export function readCases(reader: ProjectionReader, query: CaseQuery): CasePage {
  const { sort, descending, limit, cursor, nowMs } = query;
  const end = cursor === null ? null : caseEndOf(cursor);
  // Later pages are of the moment of the first: else cases that rise in between would be passed over.
  const atMs = end?.atMs ?? nowMs;
  const conditions = conditionsOf(query);
  const match = conditions.match();
  const words = reader.words('cases');
  const isIn = match === null ? '' : ` AND r.position IN (SELECT rowid FROM ${words} WHERE ${words} MATCH ?)`;
  const values = match === null ? conditions.values : [...conditions.values, match];
  const from = `FROM ${reader.table('cases')} r WHERE ${conditions.sql}${isIn}`;
  const [direction, comparison] = descending ? ['DESC', '<'] : ['ASC', '>'];
  const place = PLACES[sort];
  const isAfter = `${place} ${comparison}= ? AND (${place} ${comparison} ? OR r.position > ?)`;
  const rows = reader.all(
    `SELECT r.*, ${PRIORITY} AS priority, ${place} AS place ${from} AND ${end === null ? '1' : isAfter}
      ORDER BY ${place} ${direction}, r.position LIMIT ${limit + 1}`,
    [atMs, ...values, ...(end === null ? [] : [end.place, end.place, end.position])],
  );
  const [counted = {}] = reader.all(`SELECT count(*) AS n ${from}`, values);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    position: reader.position,
    total: numberAt(counted, 'n'),
    items: rows.slice(0, limit).map(caseRowOf),
    nextCursor: last === undefined ? null : JSON.stringify([numberAt(last, 'place'), numberAt(last, 'position'), atMs]),
  };
}

function caseEndOf(cursor: string): CaseEnd {
  const [place = 0, position = 0, atMs = 0] = cursorNumbers(cursor, 3);
  return { place, position, atMs };
}

function conditionsOf(query: CaseQuery): Conditions {
  const conditions = new Conditions()
    .equal('subject_kind', query.kind, false)
    .equal('assignee', query.assignee, false)
    .equal('subject_id', query.subjectId)
    .oneOf('case_id', query.caseIds, false)
    .has(['reasons'], query.reason)
    .search(query.search);
  if (query.status !== 'all') conditions.equal('status', query.status, false);
  if (query.scoreMin !== null) conditions.add('r.score >= ?', query.scoreMin);
  if (query.fromMs !== null) conditions.add('r.last_alert_at >= ?', query.fromMs);
  if (query.toMs !== null) conditions.add('r.last_alert_at < ?', query.toMs);
  if (query.isWaiting) {
    conditions.add('coalesce(r.locked_until, 0) <= ?', query.nowMs);
    conditions.add('coalesce(r.snoozed_until, 0) <= ?', query.nowMs);
  }
  return conditions;
}

/** One case with its alerts and its history, and its priority at a time; null where there is none. */
export function readCase(reader: ProjectionReader, caseId: string, nowMs: number): CaseDetail | null {
  const sql = `SELECT r.*, ${PRIORITY} AS priority FROM ${reader.table('cases')} r WHERE r.case_id = ?2`;
  const [row] = reader.all(sql, [nowMs, caseId]);
  if (row === undefined) return null;
  const lines = (table: string): readonly StoreRow[] =>
    reader.all(`SELECT * FROM ${reader.table(table)} WHERE case_id = ? ORDER BY position DESC LIMIT ${LINES_MAX}`, [
      caseId,
    ]);
  return {
    position: reader.position,
    row: caseRowOf(row),
    alerts: lines('case_alerts').map((alert) => ({
      position: numberAt(alert, 'position'),
      transactionId: textOrNull(alert, 'transaction_id'),
      outcome: alert.outcome === null ? null : nameAt(alert, 'outcome', OUTCOMES),
      score: numberAt(alert, 'score'),
      amount: numberAt(alert, 'amount'),
      reasons: wordsAt(alert, 'reasons'),
      occurredAt: timeAt(alert, 'occurred_at'),
    })),
    history: lines('case_changes').map((change) => ({
      position: numberAt(change, 'position'),
      action: nameAt(change, 'action', CASE_ACTIONS),
      by: textAt(change, 'by'),
      assignee: textOrNull(change, 'assignee'),
      until: textOrNull(change, 'until'),
      note: textAt(change, 'note'),
      label: labelAt(change),
      recordedAt: textAt(change, 'recorded_at'),
    })),
  };
}

function labelAt(row: StoreRow): CaseRow['label'] {
  return LABELS.find((label) => label === row.label) ?? null;
}

function timeOrNull(row: StoreRow, column: string): string | null {
  return numberOrNull(row, column) === null ? null : timeAt(row, column);
}

function caseRowOf(row: StoreRow): CaseRow {
  return {
    caseId: textAt(row, 'case_id'),
    subject: { kind: nameAt(row, 'subject_kind', KINDS), id: textAt(row, 'subject_id') },
    status: nameAt(row, 'status', ['open', 'resolved']),
    openedAt: timeAt(row, 'opened_at'),
    lastAlertAt: timeAt(row, 'last_alert_at'),
    alerts: numberAt(row, 'alerts'),
    score: numberAt(row, 'score'),
    priority: numberAt(row, 'priority'),
    amount: amountAt(row, 'amount'),
    reasons: wordsAt(row, 'reasons'),
    assignee: textOrNull(row, 'assignee'),
    lockedUntil: timeOrNull(row, 'locked_until'),
    snoozedUntil: timeOrNull(row, 'snoozed_until'),
    notes: numberAt(row, 'notes'),
    label: labelAt(row),
    resolvedBy: textOrNull(row, 'resolved_by'),
    resolvedAt: timeOrNull(row, 'resolved_at'),
    revision: numberAt(row, 'revision'),
  };
}
