import type { TableSpec } from '../../src/ports/read-store.ts';

/** Changes whenever the same log would come to other rows. */
export const DECISIONS_VERSION = '1';

/** One row for each transaction, by the position of its record. Lists of texts are joined by a space. */
export const DECISIONS_TABLE: TableSpec = {
  name: 'decisions',
  columns: [
    { name: 'position', type: 'integer' },
    { name: 'transaction_id', type: 'text' },
    { name: 'outcome', type: 'text' },
    { name: 'score', type: 'real' },
    { name: 'mode', type: 'text' },
    { name: 'occurred_at', type: 'integer' },
    { name: 'decided_at', type: 'integer' },
    { name: 'type', type: 'text' },
    { name: 'channel', type: 'text' },
    { name: 'amount_minor', type: 'integer' },
    { name: 'currency', type: 'text' },
    { name: 'amount', type: 'real' },
    { name: 'card_id', type: 'text' },
    { name: 'account_id', type: 'text' },
    { name: 'device_id', type: 'text' },
    { name: 'merchant_id', type: 'text' },
    { name: 'ip', type: 'text' },
    { name: 'country', type: 'text' },
    { name: 'mcc', type: 'text' },
    { name: 'latitude', type: 'real' },
    { name: 'longitude', type: 'real' },
    { name: 'reasons', type: 'text' },
    { name: 'rules', type: 'text' },
    { name: 'shadow_rules', type: 'text' },
    { name: 'ruleset_version', type: 'text' },
    { name: 'label', type: 'text' },
    { name: 'superseded', type: 'integer' },
  ],
  key: ['position'],
  indexes: [['transaction_id'], ['occurred_at'], ['amount'], ['score'], ['outcome', 'score']],
  orders: ['occurred_at', 'amount', 'score'],
  words: [
    'transaction_id',
    'outcome',
    'channel',
    'currency',
    'card_id',
    'account_id',
    'device_id',
    'merchant_id',
    'ip',
    'country',
    'mcc',
    'reasons',
    'rules',
    'shadow_rules',
    'label',
    'mode',
  ],
};

/** The rates in force, one row with the id 1: amounts are what they were worth when they were decided about. */
export const CURRENCY_TABLE: TableSpec = {
  name: 'currency',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'rates', type: 'text' },
  ],
  key: ['id'],
  indexes: [],
};
