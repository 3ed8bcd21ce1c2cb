import type { TableSpec } from '../../src/ports/read-store.ts';

/** Changes whenever the same log would come to other rows. */
export const ENTITIES_VERSION = '1';

const integer = (name: string) => ({ name, type: 'integer' }) as const;
const real = (name: string) => ({ name, type: 'real' }) as const;
const text = (name: string) => ({ name, type: 'text' }) as const;

/** One row for each card, account, device, merchant and address that the log names. Amounts are in base currency. */
export const ENTITIES_TABLE: TableSpec = {
  name: 'entities',
  columns: [
    text('kind'),
    text('id'),
    integer('first_seen_at'),
    integer('last_seen_at'),
    integer('decisions'),
    integer('approved'),
    integer('challenged'),
    integer('reviewed'),
    integer('declined'),
    real('amount'),
    real('amount_declined'),
    real('score_max'),
    integer('logins'),
    integer('logins_failed'),
    integer('signals'),
    integer('fraud_labels'),
    integer('legitimate_labels'),
    text('last_country'),
  ],
  key: ['kind', 'id'],
  indexes: [],
};

/** The rates in force, one row with the id 1. */
export const CURRENCY_TABLE: TableSpec = {
  name: 'currency',
  columns: [integer('id'), text('rates')],
  key: ['id'],
  indexes: [],
};
