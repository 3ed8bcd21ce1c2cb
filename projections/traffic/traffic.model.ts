import type { TableSpec } from '../../src/ports/read-store.ts';

/** Changes whenever the same log would come to other rows. */
export const TRAFFIC_VERSION = '1';

/** Decisions by minute of event time. Amounts are in major units of the base currency. */
export const MINUTES_TABLE: TableSpec = {
  name: 'minutes',
  columns: [
    { name: 'at', type: 'integer' },
    { name: 'decisions', type: 'integer' },
    { name: 'approved', type: 'integer' },
    { name: 'challenged', type: 'integer' },
    { name: 'reviewed', type: 'integer' },
    { name: 'declined', type: 'integer' },
    { name: 'fallbacks', type: 'integer' },
    { name: 'alerts', type: 'integer' },
    { name: 'amount', type: 'real' },
    { name: 'amount_declined', type: 'real' },
  ],
  key: ['at'],
  indexes: [],
};

/** Decisions by hour of event time and country; '' where no country was named. */
export const COUNTRIES_TABLE: TableSpec = {
  name: 'countries',
  columns: [
    { name: 'at', type: 'integer' },
    { name: 'country', type: 'text' },
    { name: 'decisions', type: 'integer' },
    { name: 'declined', type: 'integer' },
  ],
  key: ['at', 'country'],
  indexes: [],
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
