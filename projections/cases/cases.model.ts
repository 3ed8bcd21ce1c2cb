import type { TableSpec } from '../../src/ports/read-store.ts';

/** Changes whenever the same log would come to other rows. */
export const CASES_VERSION = '1';

const integer = (name: string) => ({ name, type: 'integer' }) as const;
const text = (name: string) => ({ name, type: 'text' }) as const;
const real = (name: string) => ({ name, type: 'real' }) as const;

/** One row for each case: the alerts about one account, card or device until somebody resolves it. */
export const CASES_TABLE: TableSpec = {
  name: 'cases',
  columns: [
    integer('position'),
    text('case_id'),
    text('subject_kind'),
    text('subject_id'),
    text('status'),
    integer('opened_at'),
    integer('last_alert_at'),
    integer('alerts'),
    real('score'),
    real('amount'),
    text('reasons'),
    text('assignee'),
    integer('locked_until'),
    integer('snoozed_until'),
    integer('notes'),
    text('label'),
    text('resolved_by'),
    integer('resolved_at'),
    integer('revision'),
  ],
  key: ['position'],
  indexes: [['case_id'], ['status', 'score']],
  words: ['case_id', 'subject_id', 'reasons', 'assignee', 'label'],
};

/** The alerts of a case; `transaction_id` is null for those of no decision. */
export const CASE_ALERTS_TABLE: TableSpec = {
  name: 'case_alerts',
  columns: [
    text('case_id'),
    integer('position'),
    text('transaction_id'),
    text('outcome'),
    real('score'),
    real('amount'),
    text('reasons'),
    integer('occurred_at'),
  ],
  key: ['case_id', 'position'],
  indexes: [],
};

/** What was done with a case: its audit trail. */
export const CASE_CHANGES_TABLE: TableSpec = {
  name: 'case_changes',
  columns: [
    text('case_id'),
    integer('position'),
    text('action'),
    text('by'),
    text('assignee'),
    text('until'),
    text('note'),
    text('label'),
    text('recorded_at'),
  ],
  key: ['case_id', 'position'],
  indexes: [],
};

/** The open case of a subject. */
export const OPEN_CASES_TABLE: TableSpec = {
  name: 'open_cases',
  columns: [text('subject'), integer('position')],
  key: ['subject'],
  indexes: [],
};

/** The rates in force, one row with the id 1. */
export const CURRENCY_TABLE: TableSpec = {
  name: 'currency',
  columns: [integer('id'), text('rates')],
  key: ['id'],
  indexes: [],
};
