import type { EntityKind } from '../../src/domain/entities.ts';
import { numberAt, textOrNull, timeAt } from '../../src/domain/stored-values.ts';
import type { EntityProfileRow } from '../../src/ports/console.ts';
import type { ProjectionReader } from '../../src/ports/projection-reader.ts';
import { THOUSANDTHS } from './entities.model.ts';

/** The profile of an entity; null where nothing in the log names it. */
export function readEntityProfile(reader: ProjectionReader, kind: EntityKind, id: string): EntityProfileRow | null {
  const sql = `SELECT * FROM ${reader.table('entities')} WHERE kind = ? AND id = ?`;
  const [row] = reader.all(sql, [kind, id]);
  if (row === undefined) return null;
  return {
    kind,
    id,
    firstSeenAt: timeAt(row, 'first_seen_at'),
    lastSeenAt: timeAt(row, 'last_seen_at'),
    decisions: numberAt(row, 'decisions'),
    approved: numberAt(row, 'approved'),
    challenged: numberAt(row, 'challenged'),
    reviewed: numberAt(row, 'reviewed'),
    declined: numberAt(row, 'declined'),
    amount: numberAt(row, 'amount_thousandths') / THOUSANDTHS,
    amountDeclined: numberAt(row, 'amount_declined_thousandths') / THOUSANDTHS,
    scoreMax: numberAt(row, 'score_max'),
    logins: numberAt(row, 'logins'),
    loginsFailed: numberAt(row, 'logins_failed'),
    signals: numberAt(row, 'signals'),
    fraudLabels: numberAt(row, 'fraud_labels'),
    legitimateLabels: numberAt(row, 'legitimate_labels'),
    lastCountry: textOrNull(row, 'last_country'),
  };
}
