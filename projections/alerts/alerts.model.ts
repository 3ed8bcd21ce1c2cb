import type { TableSpec } from '../../src/ports/read-store.ts';

/** Changes whenever the same log would come to other rows. */
export const ALERTS_VERSION = '1';

/** One row for each record that a person should look at. */
export const ALERTS_TABLE: TableSpec = {
  name: 'alerts',
  columns: [
    { name: 'position', type: 'integer' },
    { name: 'source', type: 'text' },
    { name: 'subject_id', type: 'text' },
    { name: 'outcome', type: 'text' },
    { name: 'score', type: 'real' },
    { name: 'reasons', type: 'text' },
    { name: 'rules', type: 'text' },
    { name: 'occurred_at', type: 'integer' },
    { name: 'card_id', type: 'text' },
    { name: 'account_id', type: 'text' },
    { name: 'device_id', type: 'text' },
    { name: 'merchant_id', type: 'text' },
    { name: 'ip', type: 'text' },
    { name: 'amount_minor', type: 'integer' },
    { name: 'currency', type: 'text' },
    { name: 'amount', type: 'real' },
    { name: 'view', type: 'text' },
  ],
  key: ['position'],
  indexes: [['occurred_at'], ['score'], ['subject_id']],
  orders: ['occurred_at', 'score'],
  words: [
    'source',
    'subject_id',
    'outcome',
    'reasons',
    'rules',
    'card_id',
    'account_id',
    'device_id',
    'merchant_id',
    'ip',
    'currency',
    'view',
  ],
};

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
