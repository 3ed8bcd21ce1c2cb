import type { ColumnFold, ColumnSpec, TableSpec } from '../../src/ports/read-store.ts';

/** Changes whenever the same log would come to other rows. */
export const ENTITIES_VERSION = '2';

const integer = (name: string, fold: ColumnFold): ColumnSpec => ({ name, type: 'integer', fold });
const real = (name: string, fold: ColumnFold): ColumnSpec => ({ name, type: 'real', fold });

/**
 * One row for each card, account, device, merchant and address that the log names, by the order in which it names them
 * first: those that come together stand together, so that an event changes one page of the file and not five. Amounts
 * are in thousandths of the base currency, whole numbers: their sum is the same in whatever parts it is added up.
 */
export const ENTITIES_TABLE: TableSpec = {
  name: 'entities',
  columns: [
    { name: 'number', type: 'integer' },
    { name: 'kind', type: 'text' },
    { name: 'id', type: 'text' },
    integer('first_seen_at', 'min'),
    integer('last_seen_at', 'max'),
    integer('decisions', 'sum'),
    integer('approved', 'sum'),
    integer('challenged', 'sum'),
    integer('reviewed', 'sum'),
    integer('declined', 'sum'),
    real('amount_thousandths', 'sum'),
    real('amount_declined_thousandths', 'sum'),
    real('score_max', 'max'),
    integer('logins', 'sum'),
    integer('logins_failed', 'sum'),
    integer('signals', 'sum'),
    integer('fraud_labels', 'sum'),
    integer('legitimate_labels', 'sum'),
    { name: 'last_country', type: 'text', fold: 'last' },
  ],
  key: ['number'],
  numbered: ['id', 'kind'],
  indexes: [],
  shownAs:
    'SELECT kind, id, first_seen_at, last_seen_at, decisions, approved, challenged, reviewed, declined, ' +
    'amount_thousandths / 1000.0 AS amount, amount_declined_thousandths / 1000.0 AS amount_declined, score_max, ' +
    'logins, logins_failed, signals, fraud_labels, legitimate_labels, last_country FROM {entities}',
};

/** Thousandths of an amount: as many as any currency has. */
export const THOUSANDTHS = 1000;

/** The rates in force, one row with the id 1. */
export const CURRENCY_TABLE: TableSpec = {
  name: 'currency',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'rates', type: 'text' },
  ],
  key: ['id'],
  indexes: [],
};
