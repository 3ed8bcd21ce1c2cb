import { OUTCOMES } from '../../src/domain/decision.ts';
import { readPage } from '../../src/domain/list-page.ts';
import { Conditions } from '../../src/domain/row-selection.ts';
import { nameAt, numberAt, numberOrNull, textAt, textOrNull, timeAt, wordsAt } from '../../src/domain/stored-values.ts';
import type { AlertQuery, AlertRow, AlertSort, AlertSource, Page } from '../../src/ports/console.ts';
import type { ProjectionReader } from '../../src/ports/projection-reader.ts';
import type { StoreRow } from '../../src/ports/read-store.ts';
import { ALERTS_TABLE } from './alerts.model.ts';

const SORT_COLUMNS: Readonly<Record<AlertSort, string>> = { occurredAt: 'occurred_at', score: 'score' };
const SOURCES: readonly [AlertSource, ...AlertSource[]] = ['decision', 'login', 'signal', 'view'];

/** A page of alerts. Throws REQUEST_INVALID for a cursor that is none. */
export function readAlerts(reader: ProjectionReader, query: AlertQuery): Page<AlertRow> {
  const conditions = new Conditions()
    .oneOf('source', query.sources)
    .oneOf('outcome', query.outcomes)
    .search(query.search);
  if (query.entityKind !== null) {
    conditions.equal(query.entityKind === 'ip' ? 'ip' : `${query.entityKind}_id`, query.entityId);
  }
  const { descending, cursor, limit } = query;
  const ranges = [
    { column: 'occurred_at', from: query.fromMs, to: query.toMs },
    { column: 'score', from: query.scoreMin, to: null },
  ];
  const order = { conditions, ranges, sort: SORT_COLUMNS[query.sort], descending, cursor, limit };
  return readPage(reader, ALERTS_TABLE, order, alertRowOf);
}

/** The rows after a position, oldest first. */
export function readAlertsAfter(reader: ProjectionReader, after: number, limit: number): readonly AlertRow[] {
  const sql = `SELECT * FROM ${reader.table('alerts')} WHERE position > ? ORDER BY position LIMIT ?`;
  return reader.all(sql, [after, limit]).map(alertRowOf);
}

function alertRowOf(row: StoreRow): AlertRow {
  return {
    position: numberAt(row, 'position'),
    source: nameAt(row, 'source', SOURCES),
    subjectId: textAt(row, 'subject_id'),
    outcome: row.outcome === null ? null : nameAt(row, 'outcome', OUTCOMES),
    score: numberAt(row, 'score'),
    reasons: wordsAt(row, 'reasons'),
    rules: wordsAt(row, 'rules'),
    occurredAt: timeAt(row, 'occurred_at'),
    cardId: textOrNull(row, 'card_id'),
    accountId: textOrNull(row, 'account_id'),
    deviceId: textOrNull(row, 'device_id'),
    merchantId: textOrNull(row, 'merchant_id'),
    ip: textOrNull(row, 'ip'),
    amountMinor: numberOrNull(row, 'amount_minor'),
    currency: textOrNull(row, 'currency'),
    amount: numberOrNull(row, 'amount'),
    view: textOrNull(row, 'view'),
  };
}
