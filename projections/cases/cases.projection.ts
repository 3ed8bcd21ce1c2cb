import { type BaseCurrency, storedCurrency } from '../../src/domain/base-amount.ts';
import type { CaseChanged } from '../../src/domain/case-facts.ts';
import type { CurrencyOf } from '../../src/ports/currency.ts';
import type {
  ProjectedRecord,
  Projection,
  ProjectionSession,
  ProjectionTransaction,
} from '../../src/ports/projection.ts';
import type { StoreRow, StoreTables } from '../../src/ports/read-store.ts';
import { type CaseAlert, caseAlertOf } from './case-alerts.ts';
import {
  CASE_ALERTS_TABLE,
  CASE_CHANGES_TABLE,
  CASES_TABLE,
  CASES_VERSION,
  CURRENCY_TABLE,
  OPEN_CASES_TABLE,
} from './cases.model.ts';

/** Cases: what people have to look at, gathered by whom it is about, and what they did with it. */
export function casesProjection(currencyOf: CurrencyOf): Projection {
  return {
    name: 'console.cases',
    version: CASES_VERSION,
    tables: [CASES_TABLE, CASE_ALERTS_TABLE, CASE_CHANGES_TABLE, OPEN_CASES_TABLE, CURRENCY_TABLE],
    open: (tables) => new CasesSession(currencyOf, tables),
  };
}

class CasesSession implements ProjectionSession {
  readonly #currencyOf: CurrencyOf;
  #currency: BaseCurrency;

  constructor(currencyOf: CurrencyOf, tables: StoreTables) {
    this.#currencyOf = currencyOf;
    this.#currency = storedCurrency(tables.get(CURRENCY_TABLE.name, [1])?.rates);
  }

  project(record: ProjectedRecord, { tables }: ProjectionTransaction): void {
    switch (record.type) {
      case 'TransactionDecided':
      case 'SideEventRecorded':
      case 'AlertRaised':
      case 'CaseChanged':
      case 'RulesetPublished':
        break;
      default:
        return;
    }
    const { fact } = record;
    if (fact.type === 'RulesetPublished') {
      this.#currency = this.#currencyOf(fact.text);
      tables.put(CURRENCY_TABLE.name, { id: 1, rates: JSON.stringify(this.#currency) });
    } else if (fact.type === 'CaseChanged') {
      change(tables, record.position, fact);
    } else {
      const alert = caseAlertOf(fact, this.#currency);
      if (alert !== null) addAlert(tables, record.position, alert);
    }
  }
}

function addAlert(tables: StoreTables, position: number, alert: CaseAlert): void {
  const { subject, transactionId, outcome, score, amount, reasons, occurredAtMs } = alert;
  const key = `${subject.kind}:${subject.id}`;
  const open = tables.get(OPEN_CASES_TABLE.name, [key]);
  const before = open === null ? null : tables.get(CASES_TABLE.name, [Number(open.position)]);
  if (before === null) tables.put(OPEN_CASES_TABLE.name, { subject: key, position });
  const row = before ?? newCase(position, alert);
  const known = String(row.reasons ?? '');
  const all = new Set([...(known === '' ? [] : known.split(' ')), ...reasons]);
  tables.put(CASES_TABLE.name, {
    ...row,
    alerts: Number(row.alerts) + 1,
    score: Math.max(Number(row.score), score),
    amount: Number(row.amount) + amount,
    reasons: [...all].join(' '),
    last_alert_at: Math.max(Number(row.last_alert_at), occurredAtMs),
  });
  tables.put(CASE_ALERTS_TABLE.name, {
    case_id: row.case_id ?? null,
    position,
    transaction_id: transactionId,
    outcome,
    score,
    amount,
    reasons: reasons.join(' '),
    occurred_at: occurredAtMs,
  });
}

function newCase(position: number, { subject, occurredAtMs }: CaseAlert): StoreRow {
  return {
    position,
    case_id: String(position),
    subject_kind: subject.kind,
    subject_id: subject.id,
    status: 'open',
    opened_at: occurredAtMs,
    last_alert_at: occurredAtMs,
    alerts: 0,
    score: 0,
    amount: 0,
    reasons: '',
    notes: 0,
    revision: -1,
  };
}

/** What people do counts in the order of the log; a case that is not there is passed over. */
function change(tables: StoreTables, position: number, fact: CaseChanged): void {
  const { caseId, action, by, assignee, until, note, label, recordedAt } = fact;
  const row = tables.get(CASES_TABLE.name, [Number(caseId)]);
  if (row === null) return;
  const line = { case_id: caseId, position, action, by, assignee, until, note, label, recorded_at: recordedAt };
  tables.put(CASE_CHANGES_TABLE.name, line);
  const notes = Number(row.notes) + (note === '' ? 0 : 1);
  const revision = Number(row.revision) + 1;
  tables.put(CASES_TABLE.name, { ...row, notes, revision, ...effectOf(fact) });
  const subject = `${row.subject_kind}:${row.subject_id}`;
  const open = tables.get(OPEN_CASES_TABLE.name, [subject]);
  // What comes later is another case, unless this one has been followed by another already.
  if (action === 'resolve' && open?.position === row.position) tables.remove(OPEN_CASES_TABLE.name, [subject]);
  if (action === 'reopen' && open === null) {
    tables.put(OPEN_CASES_TABLE.name, { subject, position: row.position ?? null });
  }
}

/** What an action makes of a case, but for its notes. */
function effectOf({ action, by, assignee, until, label, recordedAt }: CaseChanged): StoreRow {
  const untilMs = until === null ? null : Date.parse(until);
  const at = Date.parse(recordedAt);
  switch (action) {
    case 'take':
      return { assignee, locked_until: untilMs };
    case 'release':
      return { assignee: null, locked_until: null };
    case 'assign':
      return { assignee, locked_until: null };
    case 'note':
      return {};
    case 'snooze':
      return { snoozed_until: untilMs, locked_until: null };
    case 'resolve':
      return { status: 'resolved', label, resolved_by: by, resolved_at: at, locked_until: null, snoozed_until: null };
    case 'reopen':
      return { status: 'open', label: null, resolved_by: null, resolved_at: null };
  }
}
